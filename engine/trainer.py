"""Training: one story from the corpus to the last checkpoint, told as events.

Shapes: B pieces in a batch, T characters, F features, N = characters of a batch that are no padding.
"""

import math
import os
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

import engine
from engine import events
from engine.batches import Batch, Int64, Pieces, cut_pieces, epoch_order, in_order, n_batches
from engine.checkpoint import CheckpointFolder, load_model, load_progress, save_checkpoint
from engine.config import TrainConfig
from engine.corpus.library import open_corpus
from engine.corpus.tokens import TokenizedCorpus, open_tokens
from engine.devices import choose_device, device_name, mixed_precision, use_threads
from engine.errors import CorpusError, RunError, StudioError
from engine.evaluate import tally_batches
from engine.loss import linear_cross_entropy
from engine.model import PoemModel
from engine.model_store import find_model
from engine.optimizers import learning_rate, make_optimizer, set_learning_rate
from engine.progress import Meter, Progress
from engine.run_folder import CHECKPOINTS, LR, PAUSE, SAVE, STOP, ControlFiles, RunWriter, write_config
from engine.showing import compare, samples
from engine.vocabulary import PAD, Vocabulary
from engine.warm_start import start_from

PAUSE_POLL_S = 0.1


def run_training(
    config: TrainConfig,
    folder: Path,
    *,
    resume: bool = False,
    on_record: Callable[[events.Record], None] = lambda record: None,
    stop_requested: Callable[[], bool] = lambda: False,
) -> str:
    """Train into a run folder: every event is appended there, then handed to `on_record`.

    Returns:
        why it ended: completed, stopped or diverged.

    Raises:
        StudioError: for anything that a person can mend; it is also written to the run as `run_failed`.
    """
    writer = RunWriter(folder)
    step, reason = 0, "stopped"
    try:
        if resume:
            ControlFiles(folder).clear()  # what an earlier life of the run was asked for and did not do
        write_config(folder, config)
        writer.log(
            f"{time.strftime('%Y-%m-%d %H:%M:%S')} {'resumed' if resume else 'started'} by process {os.getpid()}"
        )
        for event in train(config, folder, resume=resume, stop_requested=stop_requested):
            on_record(writer.append(event))
            step = getattr(event, "step", step)
            reason = event.reason if isinstance(event, events.RunFinished) else reason
        writer.log(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {reason} at step {step}")
    except Exception as error:
        writer.log(traceback.format_exc())
        message = str(error) if isinstance(error, StudioError) else f"{type(error).__name__}: {error}"
        on_record(writer.append(events.RunFailed(step=step, kind=type(error).__name__, message=message)))
        raise
    finally:
        writer.close()
    return reason


def train(
    config: TrainConfig, folder: Path, *, resume: bool = False, stop_requested: Callable[[], bool] = lambda: False
) -> Iterator[events.Event]:
    """Train until the last step, a stop request or divergence, yielding what happens; checkpoints go to `folder`."""
    training = _set_up(config, folder, resume=resume)
    progress, meter, control = training.progress, training.meter, training.control
    yield training.started

    for epoch, batch in training.batches():
        rate, features = training.update(batch)

        is_last = progress.step == training.total_steps
        validates = is_last or progress.step % config.validate_every == 0
        saves = is_last or progress.step % config.checkpoint_every == 0
        compares = is_last or progress.step % config.compare_every == 0
        looks_up = meter.is_due() or validates or saves
        wishes = control.requests() if looks_up else frozenset()
        stops = STOP in wishes or stop_requested()

        if looks_up or stops:
            step_event = meter.read(progress, epoch, rate)
            yield step_event
            if not _is_sane(step_event.loss_nats, len(training.vocabulary)):
                yield events.RunFinished(step=progress.step, reason="diverged")
                return
        if compares:
            yield compare(training.model, features, batch, training.vocabulary, progress.step)
        improved = False
        if validates:
            nats_per_han = training.validate()
            improved = progress.note_validation(nats_per_han)
            yield events.Validated(
                step=progress.step, val_nats_per_han=nats_per_han, train_nats=progress.take_train_nats()
            )
            yield from samples(training.model, training.vocabulary, config, progress.step)
        if saves or improved or stops or SAVE in wishes:
            yield training.save(is_best=improved)
        if stops:
            control.take_back(STOP)
            yield events.RunFinished(step=progress.step, reason="stopped")
            return
        yield from _obey(control, wishes, progress, stop_requested)
        if validates or saves or wishes:
            meter.restart_clock()

    yield events.RunFinished(step=progress.step, reason="completed")


@dataclass(slots=True)
class _Training:
    """All that a training holds in its hands."""

    config: TrainConfig
    device: torch.device
    corpus: TokenizedCorpus
    pieces: Pieces
    validation: Pieces
    model: PoemModel
    optimizer: torch.optim.Optimizer
    progress: Progress
    checkpoints: CheckpointFolder
    control: ControlFiles
    meter: Meter
    total_steps: int
    started: events.RunStarted

    @property
    def vocabulary(self) -> Vocabulary:
        return self.corpus.vocabulary

    def batches(self) -> Iterator[tuple[int, Batch]]:
        """Epoch and batch, from where the training stands to its last step."""
        batch_poems, seed = self.config.batch_poems, self.config.seed
        steps_per_epoch = n_batches(self.pieces, batch_poems)
        while self.progress.step < self.total_steps:
            epoch, position = divmod(self.progress.step, steps_per_epoch)
            parts = self.pieces.told_parts(self.config.header_share, seed, epoch)
            for rows in epoch_order(self.pieces, batch_poems, seed, epoch, parts)[position:]:
                if self.progress.step == self.total_steps:
                    return
                yield epoch, self.pieces.batch(rows, parts)

    def update(self, batch: Batch) -> tuple[float, Tensor]:
        """One step: batch → features → loss and its gradients → clipped → weights moved.

        Returns:
            the learning rate of the step, and the features (N, F) that the loss was made from.
        """
        rate = learning_rate(self.config, self.progress.peak_lr, self.progress.step, self.total_steps)
        set_learning_rate(self.optimizer, rate)
        self.model.train()
        loss, features = _loss(self.model, batch, self.config.chunk_rows, self.device)
        loss.backward()  # type: ignore[no-untyped-call]
        grad_norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.config.clip_norm or math.inf)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.progress.step += 1
        self.meter.add(loss.detach(), grad_norm.detach(), batch.n_targets)
        return rate, features

    def validate(self) -> float:
        """Nats per Han character of the held-out poems."""
        batches = in_order(self.validation, self.config.batch_poems)
        tally = tally_batches(self.model, batches, self.vocabulary, self.device, self.config.chunk_rows)
        return tally.nats_per_han

    def save(self, *, is_best: bool) -> events.CheckpointSaved:
        """Write a checkpoint, then let `last` (and `best`) name it, then remove old ones."""
        step = self.progress.step
        path = self.checkpoints.path_of(step)
        save_checkpoint(path, self.model, self.vocabulary, self._about(), self.optimizer, asdict(self.progress))
        self.checkpoints.point("last", step)
        if is_best:
            self.checkpoints.point("best", step)
        self.checkpoints.prune()
        return events.CheckpointSaved(step=step, path=f"{CHECKPOINTS}/{path.name}", is_best=is_best)

    def _about(self) -> dict[str, object]:
        """What a model remembers of its making."""
        source, progress = self.corpus.corpus, self.progress
        return {
            "name": self.checkpoints.folder.parent.name,
            "corpus": {
                "name": source.name,
                "source": source.source,
                "licence": source.licence,
                "sha256": source.sha256,
                "n_poems": source.n_poems,
            },
            "training": self.config.to_dict(),
            "steps": progress.step,
            "n_chars_seen": progress.n_chars,
            "figures": {"val_nats_per_han": progress.best_nats if progress.step == progress.best_step else None},
            "made_with": {"engine": engine.__version__, "torch": torch.__version__},
        }


def _set_up(config: TrainConfig, folder: Path, *, resume: bool) -> _Training:
    """Open the corpus, make or load the model, and find the place to go on from."""
    use_threads(config.n_threads)
    device = choose_device(config.device)
    torch.manual_seed(config.seed)

    checkpoints = CheckpointFolder(folder / CHECKPOINTS)
    checkpoint = checkpoints.find("last") if resume else None
    corpus = open_tokens(open_corpus(config.corpus), config.min_count, with_headers=config.header_share > 0)
    pieces, validation = _pieces(corpus, config)
    model, optimizer, progress = _restore(checkpoint, corpus, config, device)
    if progress.best_step is not None and checkpoints.path_of(progress.best_step).is_dir():
        checkpoints.point("best", progress.best_step)  # a kill may have come between a checkpoint and its naming

    total_steps = config.n_epochs * n_batches(pieces, config.batch_poems)
    if config.max_steps is not None:
        total_steps = min(total_steps, config.max_steps)
    started = events.RunStarted(
        pid=os.getpid(),
        config=config.to_dict(),
        n_params=model.n_params(),
        vocab_size=len(corpus.vocabulary),
        total_steps=total_steps,
        n_chars_per_epoch=pieces.n_targets,
        device=device_name(device),
        resumed_from_step=progress.step if checkpoint else None,
    )
    return _Training(
        config, device, corpus, pieces, validation, model, optimizer, progress,
        checkpoints, ControlFiles(folder), Meter(device), total_steps, started,
    )  # fmt: skip


def _pieces(corpus: TokenizedCorpus, config: TrainConfig) -> tuple[Pieces, Pieces]:
    """What is trained on, and what is held out: the first `n_val_poems` of the validation split, whole poems."""
    training = _short_enough(corpus, corpus.indices("train"), config)
    validation = _short_enough(corpus, corpus.indices("validation"), config)[: config.n_val_poems]
    if not len(training) or not len(validation):
        raise CorpusError(
            f"No poem of {corpus.corpus.name} to learn from, or none to judge by, has at most {config.longest_poem} characters.",
            "Choose a larger longest_poem, or bring more poems.",
        )
    whole = int(corpus.lengths(validation).max())
    return cut_pieces(corpus, training, config.max_chars), cut_pieces(corpus, validation, whole)


def _short_enough(corpus: TokenizedCorpus, poems: Int64, config: TrainConfig) -> Int64:
    if config.longest_poem is None:
        return poems
    # G and E are no characters of the poem.
    return poems[corpus.lengths(poems) - 2 <= config.longest_poem]


def _restore(
    checkpoint: Path | None, corpus: TokenizedCorpus, config: TrainConfig, device: torch.device
) -> tuple[PoemModel, torch.optim.Optimizer, Progress]:
    """A new model with its optimiser, or those of a checkpoint."""
    if checkpoint is None:
        model = PoemModel(config.model, len(corpus.vocabulary)).to(device)
        if config.start_from is not None:
            start_from(model, corpus.vocabulary, load_model(find_model(config.start_from), device))
        return model, make_optimizer(model, config), Progress(peak_lr=config.learning_rate)
    loaded = load_model(checkpoint, device)
    if loaded.header["corpus"]["sha256"] != corpus.corpus.sha256 or loaded.vocabulary != corpus.vocabulary:
        raise RunError(
            f"The corpus {corpus.corpus.name} is no longer the one that this run was trained on.",
            "Bring the old corpus back, or start a new run.",
        )
    optimizer = make_optimizer(loaded.model, config)
    return loaded.model, optimizer, Progress(**load_progress(checkpoint, optimizer))


def _loss(model: PoemModel, batch: Batch, chunk_rows: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Mean nats a character of a batch, and the features (N, F) that it was made from."""
    x = torch.from_numpy(batch.x).to(device, non_blocking=True)
    with mixed_precision(device):
        features, _ = model.features(x)  # (B, T) -> (B, T, F)
    # The output layer is much of the work: no padding goes through it.
    places = np.flatnonzero(batch.y != PAD)
    targets = torch.from_numpy(batch.y.ravel()[places]).to(device, non_blocking=True)  # (N,)
    rows = torch.from_numpy(places).to(device, non_blocking=True)
    features = features.flatten(0, 1).index_select(0, rows)  # (B, T, F) -> (N, F)
    return linear_cross_entropy(features, model.output_weight, model.output_bias, targets, chunk_rows), features


def _is_sane(loss_nats: float, vocab_size: int) -> bool:
    """Whether a loss is finite and not far worse than knowing nothing, which costs ln V."""
    return math.isfinite(loss_nats) and loss_nats < 3 * math.log(vocab_size)


def _obey(
    control: ControlFiles, wishes: frozenset[str], progress: Progress, stop_requested: Callable[[], bool]
) -> Iterator[events.Control]:
    """Do what the control files ask for; a pause waits here."""
    if SAVE in wishes:
        control.take_back(SAVE)
        yield events.Control(step=progress.step, what="saved on request")
    if LR in wishes and (rate := control.take_lr()) is not None:
        progress.peak_lr = rate
        yield events.Control(step=progress.step, what="lr changed", value=rate)
    if PAUSE in wishes:
        yield events.Control(step=progress.step, what="paused")
        while PAUSE in (now := control.requests()) and STOP not in now and not stop_requested():
            time.sleep(PAUSE_POLL_S)
        control.take_back(PAUSE)
        yield events.Control(step=progress.step, what="resumed")
