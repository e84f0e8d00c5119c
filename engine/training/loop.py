"""The training loop. Yields an event for every logged step, validation, probe, preview, sample and checkpoint."""

import json
import math
import os
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from engine.config.schema import TrainConfig
from engine.evaluation.likelihood import TargetCounts, unknown_nats
from engine.model.devices import choose_device, usable_cores, use_threads
from engine.runs import events
from engine.runs.event_log import RunWriter
from engine.runs.folder import LR, PAUSE, SAMPLE, SAVE, STOP, ControlFiles, write_config
from engine.system.errors import Message, StudioError
from engine.system.processes import is_main_process, local_world_size
from engine.training.build import build_trainer
from engine.training.distributed import NextAction, Workers, join_workers, local_device
from engine.training.preview import sampled_poems, teacher_forced_preview
from engine.training.progress import Progress
from engine.training.trainer import StepResult, Trainer

PAUSE_POLL_S = 0.1
EVENT_PERIOD_S = 0.1


def run_training(
    config: TrainConfig,
    folder: Path,
    *,
    resume: bool = False,
    on_record: Callable[[events.Record], None] = lambda record: None,
    stop_requested: Callable[[], bool] = lambda: False,
) -> str:
    """Train into a run folder: each event is appended to `events.jsonl`, then passed to `on_record`.

    Returns:
        Why the training ended: completed, stopped or diverged.

    Raises:
        StudioError: for an error that the user can correct. Every error is also written to the run as a `run_failed` event.
    """
    if not is_main_process():
        with _workers_and_device(config) as (workers, device):
            return train_as_worker(build_trainer(config, folder, workers, device, resume=resume))
    writer = RunWriter(folder)
    step, reason = 0, "stopped"
    try:
        if resume:
            ControlFiles(folder).clear()  # requests left from before the interruption
        write_config(folder, config)
        writer.log(
            f"{time.strftime('%Y-%m-%d %H:%M:%S')} {'resumed' if resume else 'started'} by process {os.getpid()}"
        )
        with _workers_and_device(config) as (workers, device):
            trainer = build_trainer(config, folder, workers, device, resume=resume)
            for event in train(trainer, stop_requested):
                on_record(writer.append(event))
                step = getattr(event, "step", step)
                reason = event.reason if isinstance(event, events.RunFinished) else reason
        writer.log(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {reason} at step {step}")
    except Exception as error:
        writer.log(traceback.format_exc())
        message = str(error) if isinstance(error, StudioError) else f"{type(error).__name__}: {error}"
        wording = json.dumps(message.to_dict(), ensure_ascii=False) if isinstance(message, Message) else ""
        failure = events.RunFailed(step=step, kind=type(error).__name__, message=message, wording=wording)
        on_record(writer.append(failure))
        raise
    finally:
        writer.close()
    return reason


@contextmanager
def _workers_and_device(config: TrainConfig) -> Iterator[tuple[Workers, torch.device]]:
    """Context manager: set the number of threads, join the process group, and yield it with this process's device."""
    use_threads(config.n_threads or max(1, usable_cores() // local_world_size()))
    device = local_device(choose_device(config.device))
    with join_workers(device) as workers:
        yield workers, device


def train(  # noqa: C901 - the training loop is one story, read from top to bottom
    trainer: Trainer, stop_requested: Callable[[], bool] = lambda: False
) -> Iterator[events.Event]:
    """Train until the last step, a stop request or a divergence. Yields the events of the run and writes its checkpoints."""
    config, control, workers = trainer.config, trainer.control, trainer.workers
    yield trainer.started
    if trainer.progress.step == 0:
        yield trainer.probe()  # the initial weights

    meter = Meter(trainer.device, unknown_nats(trainer.vocabulary))
    for batch in trainer.batches():
        dtype = trainer.dtype
        result = trainer.update(batch)
        meter.add(result, batch.global_targets)
        if trainer.dtype != dtype:
            yield events.Control(step=trainer.progress.step, what="continued in float32")

        progress = trainer.progress
        is_last = progress.step == trainer.total_steps
        validates = is_last or progress.step % config.validate_every == 0
        saves = is_last or progress.step % config.checkpoint_every == 0
        compares = is_last or progress.step % config.compare_every == 0
        should_poll = meter.is_due() or validates or saves
        requests = control.requests() if should_poll else frozenset()
        stops = STOP in requests or stop_requested()

        if should_poll or stops:
            step_event = meter.read(progress, batch.epoch, trainer.epochs_done, result.lr)
            yield step_event
            if trainer.resources.is_due():
                yield trainer.resources.read(progress.step)
            if not _is_sane(step_event.loss_nats, len(trainer.vocabulary)):
                returned = trainer.return_to_best()
                workers.broadcast(
                    NextAction.STOP if returned is None else NextAction.RETURN_TO_BEST, trainer.progress.peak_lr
                )
                if returned is None:
                    yield events.RunFinished(step=progress.step, reason="diverged")
                    return
                yield returned
                meter = Meter(trainer.device, unknown_nats(trainer.vocabulary))
                continue
        if compares:
            yield teacher_forced_preview(trainer.model, result.features, batch.local, trainer.vocabulary, progress.step)
        improved = False
        if validates:
            nats_per_han = trainer.validate()
            improved = progress.note_validation(nats_per_han)
            per_char, per_han = progress.pop_train_nats()
            yield events.Validated(
                step=progress.step, val_nats_per_han=nats_per_han, train_nats=per_char, train_nats_per_han=per_han
            )
            yield trainer.probe()
        if validates or SAMPLE in requests:
            yield from sampled_poems(trainer.model, trainer.vocabulary, config, progress.step)
        if validates and progress.should_stop_early(config.early_stop):
            yield events.Control(step=progress.step, what="no longer improving", value=progress.n_worse)
            stops = True
        if saves or improved or stops or SAVE in requests:
            yield trainer.save(is_best=improved)
        if stops and not is_last:
            control.acknowledge(STOP)
            workers.broadcast(NextAction.STOP, progress.peak_lr)
            yield events.RunFinished(step=progress.step, reason="stopped")
            return
        yield from _handle_commands(trainer, requests, stop_requested)
        if validates or saves or requests:
            meter.restart_clock()
        workers.broadcast(NextAction.CONTINUE, progress.peak_lr)
        trainer.resources.mark_phase()

    yield events.RunFinished(step=trainer.progress.step, reason="completed")


def train_as_worker(trainer: Trainer) -> str:
    """Train as a follower rank: take every step, and after it the action that the main process broadcasts.

    Returns:
        Why the training ended: completed or stopped.
    """
    for batch in trainer.batches():
        trainer.update(batch)
        action, trainer.progress.peak_lr = trainer.workers.receive()
        if action is NextAction.STOP:
            return "stopped"
        if action is NextAction.RETURN_TO_BEST:
            trainer.return_to_best()
    return "completed"


def _is_sane(loss_nats: float, vocab_size: int) -> bool:
    """Whether a loss is finite and below three times ln V, the loss of a uniform distribution."""
    return math.isfinite(loss_nats) and loss_nats < 3 * math.log(vocab_size)


def _handle_commands(
    trainer: Trainer, requests: frozenset[str], stop_requested: Callable[[], bool]
) -> Iterator[events.Event]:
    """Handle the requests of the control folder. A pause blocks until it is withdrawn; saving and sampling work meanwhile."""
    control, progress = trainer.control, trainer.progress
    yield from _acknowledge(control, requests, progress)
    if PAUSE in requests:
        yield events.Control(step=progress.step, what="paused")
        while PAUSE in (now := control.requests()) and STOP not in now and not stop_requested():
            if SAMPLE in now:
                yield from sampled_poems(trainer.model, trainer.vocabulary, trainer.config, progress.step)
            if SAVE in now:
                yield trainer.save(is_best=False)
            yield from _acknowledge(control, now, progress)
            time.sleep(PAUSE_POLL_S)
        control.acknowledge(PAUSE)
        yield events.Control(step=progress.step, what="resumed")


def _acknowledge(control: ControlFiles, requests: frozenset[str], progress: Progress) -> Iterator[events.Control]:
    """Acknowledge handled requests, and set a requested learning rate."""
    if SAVE in requests:
        control.acknowledge(SAVE)
        yield events.Control(step=progress.step, what="saved on request")
    if SAMPLE in requests:
        control.acknowledge(SAMPLE)
        yield events.Control(step=progress.step, what="sampled on request")
    if LR in requests and (rate := control.take_lr()) is not None:
        progress.peak_lr = rate
        yield events.Control(step=progress.step, what=events.LR_CHANGED, value=rate)


class Meter:
    """Sums over the steps since the last reading. They stay on the device, so that only `read` synchronises with it.

    `unknown_nats`: additional nats per Han target outside the vocabulary.
    """

    def __init__(self, device: torch.device, unknown_nats: float) -> None:
        self._unknown_nats = unknown_nats
        # Float64 is cheap on a CPU only; for the few steps between readings float32 is exact enough.
        self._dtype = torch.float64 if device.type == "cpu" else torch.float32
        self._device = device
        self._clear()
        self.restart_clock()

    def _clear(self) -> None:
        self._nats = torch.zeros((), dtype=self._dtype, device=self._device)
        self._grad_norm = torch.zeros((), device=self._device)
        self._n_steps = 0
        self._counts = TargetCounts(0, 0, 0)

    def restart_clock(self) -> None:
        """Exclude the time since the last reading from the speed, after a validation, a pause or a checkpoint."""
        self._since_s = time.perf_counter()

    def add(self, result: StepResult, counts: TargetCounts) -> None:
        self._nats += result.loss_nats * counts.n_chars
        self._grad_norm += result.grad_norm
        self._n_steps += 1
        self._counts = TargetCounts(*map(sum, zip(self._counts, counts, strict=True)))

    def is_due(self) -> bool:
        return time.perf_counter() - self._since_s >= EVENT_PERIOD_S

    def read(self, progress: Progress, epoch: int, epochs_done: float, rate: float) -> events.Step:
        """Return the means since the last reading as an event, add the sums to `progress`, and reset them."""
        nats, n_steps, (n_chars, n_han, n_unknown) = float(self._nats), self._n_steps, self._counts
        all_nats = nats + n_unknown * self._unknown_nats
        progress.n_chars += n_chars
        progress.train_nats_sum += nats
        progress.train_chars += n_chars
        progress.train_all_nats_sum += all_nats
        progress.train_han += n_han
        elapsed_s = time.perf_counter() - self._since_s
        event = events.Step(
            step=progress.step,
            epoch=epoch,
            loss_nats=nats / n_chars,
            lr=rate,
            grad_norm=float(self._grad_norm) / n_steps,
            chars_per_s=n_chars / max(elapsed_s, 1e-9),
            n_chars=progress.n_chars,
            epochs_done=round(epochs_done, 6),
            loss_nats_per_han=all_nats / n_han if n_han else None,
        )
        self._clear()
        self.restart_clock()
        return event
