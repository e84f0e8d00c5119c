"""Data-parallel training by several processes, on one machine or many, started by `torchrun`.

Every rank holds the whole model and takes its shard of each batch; gradients are summed over all ranks before each step, so that
neither batch nor result depends on the world size. The main process (rank 0) writes the run folder, validates and reads the control
files; it broadcasts the next action to the follower ranks after every step.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from numpy.typing import NDArray
from torch import Tensor

from engine.system.processes import is_single_machine, local_rank, restart_count, world_size

Rows = NDArray[np.int64]

# Long, because ranks wait for each other during validations and pauses; a dead rank is noticed by its broken connection.
TIMEOUT = timedelta(days=7)


class NextAction(IntEnum):
    """Action after a step, decided by the main process."""

    CONTINUE = 0
    STOP = 1
    RETURN_TO_BEST = 2


@dataclass(frozen=True, slots=True)
class Workers:
    """The process group of a training. `control_group` carries the next actions, on the CPU with any device."""

    rank: int = 0
    size: int = 1
    control_group: Any = None

    def shard(self, rows: Rows) -> Rows:
        """This rank's rows of a batch; may be empty."""
        return rows[self.rank :: self.size]

    def all_reduce(self, parameters: Sequence[torch.nn.Parameter], nats: Tensor) -> Tensor:
        """Sum the gradients over all ranks in place, and a scalar of nats; returns the summed scalar.

        It is one message, because with small models the number of messages costs more than their size.
        """
        if self.size == 1:
            return nats
        gradients = [p.grad if p.grad is not None else torch.zeros_like(p) for p in parameters]
        together = torch.cat([*(gradient.flatten() for gradient in gradients), nats.to(gradients[0].dtype).view(1)])
        dist.all_reduce(together)
        parts = torch.split(together[:-1], [gradient.numel() for gradient in gradients])
        for parameter, part in zip(parameters, parts, strict=True):
            parameter.grad = part.view_as(parameter)
        return together[-1]

    def broadcast(self, action: NextAction, peak_lr: float) -> None:
        """Send the next action and the peak learning rate to all followers; called by the main process only."""
        if self.size > 1:
            dist.broadcast(torch.tensor([float(action), peak_lr], dtype=torch.float64), src=0, group=self.control_group)

    def receive(self) -> tuple[NextAction, float]:
        """Wait for the next action and the peak learning rate from the main process."""
        message = torch.zeros(2, dtype=torch.float64)
        dist.broadcast(message, src=0, group=self.control_group)
        return NextAction(int(message[0])), float(message[1])


def local_device(device: torch.device) -> torch.device:
    """The GPU of this process among those of its machine."""
    if device.type != "cuda" or world_size() == 1:
        return device
    return torch.device("cuda", local_rank())


@contextmanager
def join_workers(device: torch.device) -> Iterator[Workers]:
    """Context manager: join the process group for the block; without `torchrun` it is a group of one."""
    if world_size() == 1:
        yield Workers()
        return
    if device.type == "cuda":
        torch.cuda.set_device(device)
    store, rank, size = next(dist.rendezvous("env://", timeout=TIMEOUT))  # type: ignore[attr-defined]
    if is_single_machine():
        # torchrun's store outlives a restart; the prefix hides the entries of dead workers from the new ones.
        store = dist.PrefixStore(f"start-{restart_count()}", store)  # type: ignore[attr-defined]
    backend = "nccl" if device.type == "cuda" else "gloo"
    dist.init_process_group(backend, store=store, rank=rank, world_size=size, timeout=TIMEOUT)
    try:
        yield Workers(dist.get_rank(), dist.get_world_size(), dist.new_group(backend="gloo", timeout=TIMEOUT))
    finally:
        dist.destroy_process_group()
