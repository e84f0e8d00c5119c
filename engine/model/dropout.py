"""Dropout (Srivastava et al. 2014), with masks that a processor draws quickly.

PyTorch draws a number for each activation, one after another on one core: a seventh of a training step of `studio` in 16 bits. Here
four activations share a number of 64 bits, each with 16 bits of its own.
"""

import torch
from torch import Tensor, nn

BITS = 16


def dropout(x: Tensor, rate: float, *, training: bool) -> Tensor:
    """While training, set each activation to 0 with probability `rate` and scale the others by 1 / (1 − rate); any shape."""
    if not training or rate == 0:
        return x
    if x.device.type != "cpu":
        return nn.functional.dropout(x, rate)
    return x * _mask(x, rate)


def _mask(x: Tensor, rate: float) -> Tensor:
    """0 or the scale 1 / (1 − rate), in x's shape and type; the rate is rounded to a multiple of 2⁻¹⁶."""
    n_dropped = round(rate * 2**BITS)
    draws = torch.empty(-(-x.numel() * BITS // 64), dtype=torch.int64).random_(-(2**63), None)
    stays: Tensor = draws.view(torch.int16)[: x.numel()].view(x.shape) >= n_dropped - 2 ** (BITS - 1)
    return stays.to(x.dtype).mul_(2**BITS / (2**BITS - n_dropped))
