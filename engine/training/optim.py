"""Optimisers and learning-rate schedules."""

import math

import torch

from engine.config import TrainConfig
from engine.model.char_rnn import CharRNN

# A batch is some 1,500 characters: a second moment over the last hundred steps follows the loss more closely than the usual thousand.
BETAS = (0.9, 0.99)


def make_optimizer(model: CharRNN, config: TrainConfig) -> torch.optim.Optimizer:
    """AdamW (Loshchilov and Hutter 2019) or RMSprop (Hinton 2012)."""
    parameters = list(model.parameters())
    if config.optimizer == "rmsprop":
        return torch.optim.RMSprop(parameters, lr=config.learning_rate)
    # One kernel for all parameters: six million of them step in milliseconds.
    fused = parameters[0].device.type in ("cpu", "cuda")
    return torch.optim.AdamW(
        parameters, lr=config.learning_rate, betas=BETAS, weight_decay=config.weight_decay, fused=fused
    )


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


def set_learning_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate
