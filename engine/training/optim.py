"""How gradients become steps, and how the learning rate moves."""

import math

import torch

from engine.config import TrainConfig
from engine.model.char_rnn import N_GATES, CharRNN
from engine.training.muon import Muon


def make_optimizer(model: CharRNN, config: TrainConfig) -> torch.optim.Optimizer:
    """AdamW (Loshchilov and Hutter 2019), RMSprop (Hinton 2012), or Muon (Jordan 2024) with AdamW."""
    parameters = list(model.parameters())
    if config.optimizer == "rmsprop":
        return torch.optim.RMSprop(parameters, lr=config.learning_rate)
    # One kernel for all weights: six million weights step in milliseconds.
    fused = parameters[0].device.type in ("cpu", "cuda")
    # A batch is some 1,500 characters: a second moment over the last hundred of them follows the loss more closely
    # than the usual thousand.
    betas = (0.9, 0.99)
    if config.optimizer == "muon":
        matrices = [(w_ih, w_hh) for w_ih, w_hh, *_ in model.recurrent.all_weights]
        theirs = {id(matrix) for layer in matrices for matrix in layer}
        others = [parameter for parameter in parameters if id(parameter) not in theirs]
        return Muon(
            others, matrices, N_GATES[model.config.cell],
            lr=config.learning_rate, betas=betas, weight_decay=config.weight_decay, fused=fused,
        )  # fmt: skip
    return torch.optim.AdamW(
        parameters, lr=config.learning_rate, betas=betas, weight_decay=config.weight_decay, fused=fused
    )


def learning_rate(config: TrainConfig, peak: float, step: int, total_steps: int) -> float:
    """The rate for the update after `step` finished ones: a linear warm-up, then a half cosine down to
    `final_lr_fraction` of the peak at the last step (Loshchilov and Hutter 2017), or constant."""
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
