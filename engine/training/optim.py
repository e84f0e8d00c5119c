"""Optimisers and learning-rate schedules."""

import inspect
import math

import torch
from torch.optim import Optimizer

from engine.config.schema import TrainConfig
from engine.model.char_rnn import CharRNN

# A batch is some 1,500 characters: a second moment over the last hundred steps follows the loss more closely than the usual thousand.
BETAS = (0.9, 0.99)


# PyTorch's optimisers load its compiler, only to tell it to leave them alone: a second at the start of every training.
# Nothing is compiled here, so the functions below these decorators are called instead.
for _decorated in (Optimizer.add_param_group, Optimizer.zero_grad, Optimizer.state_dict, Optimizer.load_state_dict):
    _eager = inspect.unwrap(_decorated)
    _eager.__dynamo_disable = _eager


def make_optimizer(model: CharRNN, config: TrainConfig) -> Optimizer:
    """AdamW (Loshchilov and Hutter 2019) or RMSprop (Hinton 2012)."""
    parameters = list(model.parameters())
    if config.optimizer == "rmsprop":
        return torch.optim.RMSprop(parameters, lr=config.learning_rate)
    # One kernel for all parameters: six million of them step in milliseconds.
    fused = parameters[0].device.type in ("cpu", "cuda")
    return torch.optim.AdamW(
        parameters, lr=config.learning_rate, betas=BETAS, weight_decay=config.weight_decay, fused=fused
    )


@torch.no_grad()
def update_parameters(optimizer: Optimizer) -> None:
    """Perform one step of the optimiser and clear the gradients, as `optimizer.step()` does, without loading PyTorch's compiler."""
    # Profiles find the step by this name, as they find PyTorch's own.
    with torch.profiler.record_function("Optimizer.step"):
        inspect.unwrap(type(optimizer).step)(optimizer)
    optimizer.zero_grad(set_to_none=True)


def learning_rate(config: TrainConfig, peak: float, step: int, total_steps: int) -> float:
    """The learning rate of the update after `step` finished ones.

    Linear warm-up, then constant, or a half cosine down to `final_lr_fraction` of the peak at the last step (Loshchilov and Hutter 2017).
    """
    warmup = min(config.warmup_steps, total_steps)
    if step < warmup:
        return peak * (step + 1) / warmup
    if config.schedule == "constant":
        return peak
    progress = (step - warmup) / max(1, total_steps - warmup)
    floor = config.final_lr_fraction
    return peak * (floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * min(1.0, progress))))


def set_learning_rate(optimizer: Optimizer, rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate
