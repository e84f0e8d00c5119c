"""Dropout (Srivastava et al. 2014), with masks that a processor draws quickly.

PyTorch draws a number for each activation, one after another on one core: a seventh of a training step of `studio` in 16 bits. Here
four activations share a number of 64 bits, each with 16 bits of its own.
"""

import torch
from torch import Tensor, nn

BITS = 16


def dropout(x: Tensor, share: float, *, training: bool) -> Tensor:
    """While training each activation is 0 with the chance `share`, and what stays is scaled so that its mean stays; any shape."""
    if not training or share == 0:
        return x
    if x.device.type != "cpu":
        return nn.functional.dropout(x, share)
    return x * _mask(x, share)


def _mask(x: Tensor, share: float) -> Tensor:
    """0, or the scale of what stays: x's shape and type. The share is met to the nearest of 2¹⁶."""
    n_dropped = round(share * 2**BITS)
    draws = torch.empty(-(-x.numel() * BITS // 64), dtype=torch.int64).random_(-(2**63), None)
    stays: Tensor = draws.view(torch.int16)[: x.numel()].view(x.shape) >= n_dropped - 2 ** (BITS - 1)
    return stays.to(x.dtype).mul_(2**BITS / (2**BITS - n_dropped))
