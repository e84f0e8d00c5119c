"""Resource use of a training: processor, memory, graphics card, and time per phase of a step."""

import time

import psutil
import torch

from engine.runs import events

PERIOD_S = 2.0
# Phases of a step, in order. The gradient of the output layer is made in the forward pass (`engine.model.fused_loss`).
PHASES = ("data", "forward", "backward", "optimizer")


class ResourceMeter:
    """Time per phase since the last reading. On a graphics card it ends when the kernels are launched, not when they finish."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._process = psutil.Process()
        self._process.cpu_percent()  # the first call only starts the count
        self._start()

    def _start(self) -> None:
        self._since_s = self._marked_s = time.perf_counter()
        self._spent_s = dict.fromkeys(PHASES, 0.0)

    def mark_phase(self, phase: str | None = None) -> None:
        """Add the time since the last mark to a phase; without a phase, discard it."""
        now_s = time.perf_counter()
        if phase is not None:
            self._spent_s[phase] += now_s - self._marked_s
        self._marked_s = now_s

    def is_due(self) -> bool:
        return time.perf_counter() - self._since_s >= PERIOD_S

    def read(self, step: int) -> events.Resources:
        """Return resource use since the last reading."""
        elapsed_s = time.perf_counter() - self._since_s
        event = events.Resources(
            step=step,
            cpu_percent=self._process.cpu_percent(),
            memory_bytes=self._process.memory_info().rss,
            gpu_percent=_gpu_percent(self._device),
            gpu_memory_bytes=torch.cuda.memory_allocated(self._device) if self._device.type == "cuda" else None,
            **{f"{phase}_share": spent_s / elapsed_s for phase, spent_s in self._spent_s.items()},
        )
        self._start()
        return event


def _gpu_percent(device: torch.device) -> float | None:
    """Utilisation of the graphics card in percent; None without one, or where its driver does not report it."""
    if device.type != "cuda":
        return None
    try:
        return float(torch.cuda.utilization(device))
    except Exception:  # noqa: BLE001 - NVML has errors of its own, in a package that need not be there
        return None
