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
from engine.batches import Batch, Int64, Pieces, cut_pieces, epoch_order, n_batches
from engine.checkpoint import CheckpointFolder, LoadedModel, load_model, load_progress, save_checkpoint
from engine.composer import compose_poem
from engine.config import ComposeConfig, TrainConfig
from engine.corpus.library import open_corpus
from engine.corpus.tokens import TokenizedCorpus, open_tokens
from engine.devices import choose_device, device_name, mixed_precision, use_threads
from engine.errors import ComposeError, CorpusError, RunError, StudioError
from engine.evaluate import tally_batches
from engine.loss import linear_cross_entropy
from engine.model import PoemModel
from engine.optimizers import learning_rate, make_optimizer, set_learning_rate
from engine.run_folder import CHECKPOINTS, LR, PAUSE, SAVE, STOP, ControlFiles, RunWriter, write_config
from engine.vocabulary import PAD, Vocabulary

EVENT_PERIOD_S = 0.1
PAUSE_POLL_S = 0.1
SAMPLE_CHARS = 80


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
        write_config(folder, config)
        for event in train(config, folder, resume=resume, stop_requested=stop_requested):
            on_record(writer.append(event))
            step = getattr(event, "step", step)
            reason = event.reason if isinstance(event, events.RunFinished) else reason
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
    use_threads(config.n_threads)
    device = choose_device(config.device)
    torch.manual_seed(config.seed)

    checkpoints = CheckpointFolder(folder / CHECKPOINTS)
    checkpoint = checkpoints.find("last") if resume else None
    corpus = open_tokens(open_corpus(config.corpus), config.min_count)
    pieces, validation = _pieces(corpus, config)
    model, optimizer, progress = _restore(checkpoint, corpus.vocabulary, config, device)
    if progress.best_step is not None and checkpoints.path_of(progress.best_step).is_dir():
        checkpoints.point("best", progress.best_step)  # a kill may have come between a checkpoint and its naming

    n_steps_per_epoch = n_batches(pieces, config.batch_poems)
    total_steps = min(config.n_epochs * n_steps_per_epoch, config.max_steps or 10**12)
    control = ControlFiles(folder)
    control.clear()
    meter = _Meter(device)
    yield events.RunStarted(
        pid=os.getpid(),
        config=config.to_dict(),
        n_params=model.n_params(),
        vocab_size=len(corpus.vocabulary),
        total_steps=total_steps,
        n_chars_per_epoch=pieces.n_targets,
        device=device_name(device),
        resumed_from_step=progress.step if checkpoint else None,
    )

    def save(*, is_best: bool = False) -> events.CheckpointSaved:
        path = checkpoints.path_of(progress.step)
        about = _about(config, corpus, progress, folder.name)
        save_checkpoint(path, model, corpus.vocabulary, about, optimizer, asdict(progress))
        checkpoints.point("last", progress.step)
        if is_best:
            checkpoints.point("best", progress.step)
        checkpoints.prune()
        return events.CheckpointSaved(step=progress.step, path=f"{CHECKPOINTS}/{path.name}", is_best=is_best)

    order, order_epoch = epoch_order(pieces, config.batch_poems, config.seed, 0), 0
    while progress.step < total_steps:
        epoch, position = divmod(progress.step, n_steps_per_epoch)
        if epoch != order_epoch:
            order, order_epoch = epoch_order(pieces, config.batch_poems, config.seed, epoch), epoch
        batch = pieces.batch(order[position])

        # One step: batch → features → loss and its gradients → clipped → weights moved.
        rate = learning_rate(config, progress.peak_lr, progress.step, total_steps)
        set_learning_rate(optimizer, rate)
        model.train()
        loss, features = _loss(model, batch, config, device)
        loss.backward()  # type: ignore[no-untyped-call]
        grad_norm = torch.nn.utils.clip_grad_norm_(model.parameters(), config.clip_norm or math.inf)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        progress.step += 1
        meter.add(loss.detach(), grad_norm.detach(), batch.n_targets)

        is_last = progress.step == total_steps
        validates = is_last or progress.step % config.validate_every == 0
        saves = is_last or progress.step % config.checkpoint_every == 0
        compares = is_last or progress.step % config.compare_every == 0
        wishes = control.requests() if meter.is_due() else frozenset()
        stops = STOP in wishes or stop_requested()

        if meter.is_due() or validates or saves or stops:
            step_event = meter.read(progress, epoch, rate)
            yield step_event
            if not _is_sane(step_event.loss_nats, len(corpus.vocabulary)):
                yield events.RunFinished(step=progress.step, reason="diverged")
                return
        if compares:
            yield _compare(model, features, batch, corpus.vocabulary, progress.step)
        improved = False
        if validates:
            tally = tally_batches(model, _in_order(validation, config), corpus.vocabulary, device, config.chunk_rows)
            improved = progress.note_validation(tally.nats_per_han)
            yield events.Validated(
                step=progress.step, val_nats_per_han=tally.nats_per_han, train_nats=progress.take_train_nats()
            )
            yield from _samples(model, corpus.vocabulary, config, progress.step)
        if saves or improved or stops or SAVE in wishes:
            yield save(is_best=improved)
        if stops:
            control.take_back(STOP)
            yield events.RunFinished(step=progress.step, reason="stopped")
            return
        yield from _obey(control, wishes, progress, stop_requested)
        if validates or saves or wishes:
            meter.restart_clock()

    yield events.RunFinished(step=progress.step, reason="completed")


@dataclass(slots=True)
class Progress:
    """Where a training stands; a checkpoint keeps it, so that a resumed run goes on as if nothing had happened."""

    peak_lr: float
    step: int = 0
    n_chars: int = 0
    best_nats: float = math.inf
    best_step: int | None = None
    # Since the last validation: the sum over all characters, and how many they were.
    train_nats_sum: float = 0.0
    train_chars: int = 0

    def note_validation(self, nats_per_han: float) -> bool:
        """Remember a validation; says whether it is the best so far."""
        improved = nats_per_han < self.best_nats
        if improved:
            self.best_nats, self.best_step = nats_per_han, self.step
        return improved

    def take_train_nats(self) -> float:
        """Mean training loss in nats a character since the last validation; counting begins anew."""
        mean = self.train_nats_sum / max(1, self.train_chars)
        self.train_nats_sum, self.train_chars = 0.0, 0
        return mean


class _Meter:
    """Sums over the steps since the last reading. They stay on the device: reading is the loop's only wait for it."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._clear()
        self.restart_clock()

    def _clear(self) -> None:
        self._nats = torch.zeros(
            (), dtype=torch.float64 if self._device.type == "cpu" else torch.float32, device=self._device
        )
        self._grad_norm = torch.zeros((), device=self._device)
        self._n_steps = self._n_chars = 0

    def restart_clock(self) -> None:
        """Leave out of the speed what happened since the last reading: a validation, a pause, a checkpoint."""
        self._since_s = time.perf_counter()

    def add(self, loss: Tensor, grad_norm: Tensor, n_chars: int) -> None:
        self._nats += loss * n_chars
        self._grad_norm += grad_norm
        self._n_steps += 1
        self._n_chars += n_chars

    def is_due(self) -> bool:
        return time.perf_counter() - self._since_s >= EVENT_PERIOD_S

    def read(self, progress: Progress, epoch: int, rate: float) -> events.Step:
        """The means since the last reading as an event; the sums are added to `progress`."""
        nats, grad_norm = float(self._nats), float(self._grad_norm)
        n_steps, n_chars = self._n_steps, self._n_chars
        elapsed_s = time.perf_counter() - self._since_s
        progress.n_chars += n_chars
        progress.train_nats_sum += nats
        progress.train_chars += n_chars
        self._clear()
        self.restart_clock()
        return events.Step(
            step=progress.step,
            epoch=epoch,
            loss_nats=nats / n_chars,
            lr=rate,
            grad_norm=grad_norm / n_steps,
            chars_per_s=n_chars / max(elapsed_s, 1e-9),
        )


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
    checkpoint: Path | None, vocabulary: Vocabulary, config: TrainConfig, device: torch.device
) -> tuple[PoemModel, torch.optim.Optimizer, Progress]:
    """A new model with its optimiser, or those of a checkpoint."""
    if checkpoint is None:
        model = PoemModel(config.model, len(vocabulary)).to(device)
        return model, make_optimizer(model, config), Progress(peak_lr=config.learning_rate)
    loaded = load_model(checkpoint, device)
    if loaded.vocabulary != vocabulary:
        raise RunError(
            "The corpus is no longer the one that this run was trained on: its characters differ.",
            "Bring the old corpus back, or start a new run.",
        )
    model = loaded.model
    optimizer = make_optimizer(model, config)
    return model, optimizer, Progress(**load_progress(checkpoint, optimizer))


def _loss(model: PoemModel, batch: Batch, config: TrainConfig, device: torch.device) -> tuple[Tensor, Tensor]:
    """Mean nats a character of a batch, and the features (N, F) that it was made from."""
    x, y = (torch.from_numpy(grid).to(device, non_blocking=True) for grid in (batch.x, batch.y))
    with mixed_precision(device):
        features, _ = model.features(x)  # (B, T) -> (B, T, F)
    # The output layer is most of the work: no padding goes through it.
    places = torch.from_numpy(np.flatnonzero(batch.y != PAD)).to(device, non_blocking=True)
    features = features.flatten(0, 1).index_select(0, places)  # (B, T, F) -> (N, F)
    targets = y.flatten().index_select(0, places)  # (B, T) -> (N,)
    return linear_cross_entropy(features, model.output_weight, model.output_bias, targets, config.chunk_rows), features


def _is_sane(loss_nats: float, vocab_size: int) -> bool:
    """Whether a loss is finite and not far worse than knowing nothing, which costs ln V."""
    return math.isfinite(loss_nats) and loss_nats < 3 * math.log(vocab_size)


@torch.no_grad()
def _compare(model: PoemModel, features: Tensor, batch: Batch, vocabulary: Vocabulary, step: int) -> events.Compared:
    """The first piece of the batch: the likeliest character at each place beside the true one."""
    target = batch.y[0][batch.y[0] != PAD]
    probabilities = torch.softmax(model.logits(features[: len(target)].detach().float()), dim=1)  # (T, F) -> (T, V)
    guesses = probabilities.argmax(1).tolist()
    of_target = probabilities[torch.arange(len(target)), torch.from_numpy(target)].tolist()
    return events.Compared(
        step=step,
        prediction=_one_glyph_each(guesses, vocabulary),
        target=_one_glyph_each(target.tolist(), vocabulary),
        probability=tuple(round(probability, 4) for probability in of_target),
    )


def _one_glyph_each(indices: list[int], vocabulary: Vocabulary) -> str:
    """A character for every index, so that two texts stand aligned; an end is shown as E, as the experiment does."""
    return "".join(vocabulary.character(index) or "E" for index in indices)


def _in_order(pieces: Pieces, config: TrainConfig) -> Iterator[Batch]:
    """The batches of held-out poems, shortest first."""
    by_length = np.argsort(pieces.stops - pieces.starts, kind="stable")
    for first in range(0, len(by_length), config.batch_poems):
        yield pieces.batch(by_length[first : first + config.batch_poems])


def _samples(model: PoemModel, vocabulary: Vocabulary, config: TrainConfig, step: int) -> Iterator[events.Sampled]:
    """A poem for each begin character, with the same seeds every time, so that only the learning changes them."""
    model.eval()
    loaded = LoadedModel("sample", model, vocabulary, {})
    for offset, begin in enumerate(config.begin_characters):
        wish = ComposeConfig(
            begin=begin, seed=config.seed + offset, temperature=config.sample_temperature, max_chars=SAMPLE_CHARS
        )
        try:
            poem = compose_poem(loaded, wish)
        except ComposeError:
            continue  # a small corpus need not know every begin character
        yield events.Sampled(step=step, begin=begin, text=poem.text, seed=wish.seed, temperature=wish.temperature)


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


def _about(config: TrainConfig, corpus: TokenizedCorpus, progress: Progress, run: str) -> dict[str, object]:
    """What a model remembers of its making."""
    source = corpus.corpus
    return {
        "name": run,
        "corpus": {
            "name": source.name,
            "source": source.source,
            "licence": source.licence,
            "sha256": source.sha256,
            "n_poems": source.n_poems,
        },
        "training": config.to_dict(),
        "steps": progress.step,
        "n_chars_seen": progress.n_chars,
        "figures": {"val_nats_per_han": progress.best_nats if progress.step == progress.best_step else None},
        "made_with": {"engine": engine.__version__, "torch": torch.__version__},
    }
