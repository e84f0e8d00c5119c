"""The same training by several workers, on one machine or many, started by `torchrun`.

Every worker holds the whole model and takes its share of each batch's poems; the gradients are summed over all of them
before each step, so that neither the batch nor the result depends on how many there are. The first worker leads: it
alone writes the run folder, validates, and hears what the run is asked; the others hear from it after every step.
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

from engine.training.torchrun import is_single_machine, local_rank, restart_count, world_size

Rows = NDArray[np.int64]

# A worker waits for the others through a validation and a pause; one that died is noticed by its broken connection.
TIMEOUT = timedelta(days=7)


class NextAction(IntEnum):
    """What the lead says after a step."""

    CONTINUE = 0
    STOP = 1
    RETURN_TO_BEST = 2


@dataclass(frozen=True, slots=True)
class Workers:
    """The place of this process among the workers. `control_group` is a group for orders, on the processor whatever the device is."""

    rank: int = 0
    size: int = 1
    control_group: Any = None

    @property
    def is_main_process(self) -> bool:
        return self.rank == 0

    def shard(self, rows: Rows) -> Rows:
        """This worker's rows of a batch; they may be none."""
        return rows[self.rank :: self.size]

    def all_reduce(self, parameters: Sequence[torch.nn.Parameter], nats: Tensor) -> Tensor:
        """Add up the gradients of all workers, in place, and a sum of nats, which is returned.

        In one message: small models spend more time on many small ones than on their bytes.
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

    def broadcast(self, order: NextAction, peak_lr: float) -> None:
        """Say to all other workers what comes next; only the lead does."""
        if self.size > 1:
            dist.broadcast(torch.tensor([float(order), peak_lr], dtype=torch.float64), src=0, group=self.control_group)

    def receive(self) -> tuple[NextAction, float]:
        """Wait for the lead's word: what comes next, and the peak of the learning rate."""
        said = torch.zeros(2, dtype=torch.float64)
        dist.broadcast(said, src=0, group=self.control_group)
        return NextAction(int(said[0])), float(said[1])


def local_device(device: torch.device) -> torch.device:
    """The graphics card of this worker among those of its machine."""
    if device.type != "cuda" or world_size() == 1:
        return device
    return torch.device("cuda", local_rank())


@contextmanager
def join_workers(device: torch.device) -> Iterator[Workers]:
    """Join the other workers for as long as the block lasts; alone where `torchrun` did not start us."""
    if world_size() == 1:
        yield Workers()
        return
    if device.type == "cuda":
        torch.cuda.set_device(device)
    store, rank, size = next(dist.rendezvous("env://", timeout=TIMEOUT))  # type: ignore[attr-defined]
    if is_single_machine():
        # torchrun's store outlives a restart: what the dead workers left there must not be found by the new ones.
        store = dist.PrefixStore(f"start-{restart_count()}", store)  # type: ignore[attr-defined]
    backend = "nccl" if device.type == "cuda" else "gloo"
    dist.init_process_group(backend, store=store, rank=rank, world_size=size, timeout=TIMEOUT)
    try:
        yield Workers(dist.get_rank(), dist.get_world_size(), dist.new_group(backend="gloo", timeout=TIMEOUT))
    finally:
        dist.destroy_process_group()
