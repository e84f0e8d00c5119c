"""A training in hand: its corpus, model, optimiser and place, and what it does with a batch.

Shapes: B pieces in a batch, T characters, F features, N = characters of a batch that are no padding.
"""

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from torch import Tensor

import engine
from engine.config import TrainConfig
from engine.corpus.batching import Batch, Pieces, epoch_order, in_order
from engine.corpus.control_codes import control_code_tags
from engine.corpus.store import open_corpus
from engine.corpus.token_cache import TokenizedCorpus, open_tokens
from engine.corpus.vocabulary import PAD, Vocabulary
from engine.errors import RunError
from engine.evaluation.likelihood import tally_batches
from engine.evaluation.target_counts import TargetCounts, count_targets, han_indices, unknown_nats
from engine.model.char_rnn import PoemModel
from engine.model.checkpoint import CheckpointFolder, load_model, load_progress, save_checkpoint
from engine.model.devices import (
    device_name,
    give_memory_back,
    gradient_scale,
    keep_memory,
    mixed_precision,
    product_dtype,
    sent_to,
)
from engine.model.fused_loss import linear_cross_entropy
from engine.model.metadata import read_header
from engine.model.registry import find_model
from engine.novelty.build import keep_lines
from engine.runs import events
from engine.runs.folder import CHECKPOINTS, ControlFiles
from engine.training.curriculum import Curriculum, held_out, plan
from engine.training.distributed import Workers
from engine.training.metrics import Meter, Progress
from engine.training.optim import learning_rate, make_optimizer, set_learning_rate
from engine.training.resources import ResourceMeter
from engine.training.warm_start import start_from

# A header's tag is read and never predicted: a bias so low leaves it no probability, and no gradient.
TAG_BIAS = -30.0
# What remains of the learning rate after a divergence.
LOWER_RATE = 0.3
# Often enough to keep a `studio` below a gigabyte, and so seldom that no cost could be measured.
GIVE_BACK_EVERY = 50


@dataclass(frozen=True, slots=True)
class Turn:
    """A worker's share of one batch; `all_targets` counts those of the whole batch. `is_spare`: read for nothing."""

    epoch: int
    batch: Batch
    all_targets: TargetCounts
    is_spare: bool = False

    @property
    def share(self) -> float:
        """How much of the batch's loss this worker's mean is."""
        return 0.0 if self.is_spare else self.batch.n_targets / self.all_targets.n_chars


@dataclass(slots=True)
class Training:
    """All that a training holds in its hands."""

    config: TrainConfig
    device: torch.device
    dtype: torch.dtype  # of products
    corpus: TokenizedCorpus
    curriculum: Curriculum
    validation: Pieces
    model: PoemModel
    optimizer: torch.optim.Optimizer
    progress: Progress
    checkpoints: CheckpointFolder
    control: ControlFiles
    meter: Meter
    resources: ResourceMeter
    started: events.RunStarted
    ancestor: Mapping[str, object]
    workers: Workers

    @property
    def vocabulary(self) -> Vocabulary:
        return self.corpus.vocabulary

    @property
    def total_steps(self) -> int:
        return self.curriculum.total_steps

    @property
    def epochs_done(self) -> float:
        return self.curriculum.epochs_at(self.progress.step, self.config.batch_poems)

    def turns(self) -> Iterator[Turn]:
        """This worker's share of every batch, from where the training stands to its last step."""
        batch_poems, seed = self.config.batch_poems, self.config.seed
        is_han = han_indices(self.vocabulary)
        while self.progress.step < self.total_steps:
            stage = self.curriculum.stage_at(self.progress.step)
            epoch, position = stage.place(self.progress.step, batch_poems)
            parts = stage.pieces.told_parts(self.config.header_share, seed, epoch)
            for rows in epoch_order(stage.pieces, batch_poems, seed, epoch, parts)[position:]:
                before = self.progress.step
                if before == stage.end_step:
                    break
                own = self.workers.share(rows)
                # A worker without a poem of a small last batch reads one for nothing: all must take every step.
                batch = stage.pieces.batch(own if len(own) else rows[:1], parts)
                all_targets = count_targets(stage.pieces.targets(rows), is_han)
                yield Turn(epoch, batch, all_targets, is_spare=not len(own))
                if self.progress.step != before + 1:
                    break  # it has gone back to a checkpoint

    def update(self, turn: Turn) -> tuple[float, Tensor]:
        """One step: batch → features → loss and its gradients → summed over the workers → clipped → weights moved.

        Returns:
            the learning rate of the step, and the features (N, F) that the loss was made from.
        """
        self.resources.lap("data")
        rate = learning_rate(self.config, self.progress.peak_lr, self.progress.step, self.total_steps)
        set_learning_rate(self.optimizer, rate)
        self.model.train()
        loss, features = _loss(self.model, turn.batch, self.config.chunk_rows, self.device, self.dtype)
        self.resources.lap("forward")
        weighed = loss if turn.share == 1 else loss * turn.share
        scale = gradient_scale(self.device, self.dtype)
        (weighed if scale == 1 else weighed * scale).backward()  # type: ignore[no-untyped-call]
        loss_of_all = self.workers.sum_up(list(self.model.parameters()), weighed.detach())
        if scale != 1:
            for parameter in self.model.parameters():
                if parameter.grad is not None:
                    parameter.grad /= scale
        self.resources.lap("backward")
        grad_norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.config.clip_norm or math.inf)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.progress.step += 1
        self.meter.add(loss_of_all, grad_norm.detach(), turn.all_targets)
        if self.progress.step % GIVE_BACK_EVERY == 0:
            give_memory_back()
        self.resources.lap("optimizer")
        return rate, features

    def validate(self) -> float:
        """Nats per Han character of the held-out poems."""
        batches = in_order(self.validation, self.config.batch_poems)
        tally = tally_batches(self.model, batches, self.vocabulary, self.device, self.config.chunk_rows)
        return tally.nats_per_han

    def save(self, *, is_best: bool) -> events.CheckpointSaved:
        """Write a checkpoint, then let `last` (and `best`) name it, then remove old ones.

        RunError when it cannot be written; the checkpoint before it stays.
        """
        step = self.progress.step
        path = self.checkpoints.path_of(step)
        try:
            save_checkpoint(path, self.model, self.vocabulary, self._about(), self.optimizer, asdict(self.progress))
            self.checkpoints.point("last", step)
            if is_best:
                self.checkpoints.point("best", step)
            self.checkpoints.prune()
        except (OSError, SafetensorError) as error:
            raise RunError(
                f"The checkpoint of step {step:,} cannot be written: {error}.",
                "Make room, then go on from the last one with --resume.",
            ) from error
        return events.CheckpointSaved(step=step, path=f"{CHECKPOINTS}/{path.name}", is_best=is_best)

    def return_to_best(self) -> events.Control | None:
        """After a divergence: go back to the best checkpoint with a lower rate, once; None where that cannot be.

        A run killed before its next checkpoint goes back to the same place, diverges again and comes here again.
        """
        best = self.checkpoints.find("best")
        if best is None or self.progress.n_returns:
            return None
        with torch.no_grad():
            weights = load_model(best, self.device).model.state_dict()
            for name, weight in self.model.state_dict().items():
                weight.copy_(weights[name])
        self.progress = Progress.saved(load_progress(best, self.optimizer))
        self.progress.n_returns = 1
        self.progress.peak_lr *= LOWER_RATE
        self.meter = Meter(self.device, unknown_nats(self.vocabulary))
        self.checkpoints.point("last", self.progress.step)
        return events.Control(step=self.progress.step, what=events.RETURNED, value=self.progress.peak_lr)

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
            **({"started_from": self.ancestor} if self.ancestor else {}),
            "figures": {"val_nats_per_han": progress.best_nats if progress.step == progress.best_step else None},
            "made_with": {"engine": engine.__version__, "torch": torch.__version__},
        }


def set_up(config: TrainConfig, folder: Path, workers: Workers, device: torch.device, *, resume: bool) -> Training:
    """Open the corpus, make or load the model, and find the place to go on from."""
    torch.manual_seed(config.seed)
    dtype = product_dtype(config.precision, device, config.model.hidden_size)

    checkpoints = CheckpointFolder(folder / CHECKPOINTS)
    checkpoint = checkpoints.find("last") if resume else None
    source = open_corpus(config.corpus, trained_on=_trained_on(checkpoint))
    corpus = open_tokens(source, config.min_count, tags=_tags(config, checkpoint))
    model, optimizer, progress = _restore(checkpoint, corpus, config, device)
    curriculum, validation = plan(corpus, config, end_counts=progress.end_counts), held_out(corpus, config)
    if progress.best_step is not None and checkpoints.path_of(progress.best_step).is_dir():
        checkpoints.point("best", progress.best_step)  # a kill may have come between a checkpoint and its naming
    keep_lines(corpus.corpus, folder)
    # Not before: what reading the corpus took shall be given back.
    keep_memory()

    started = events.RunStarted(
        pid=os.getpid(),
        config=config.to_dict(),
        n_params=model.n_params(),
        vocab_size=len(corpus.vocabulary),
        total_steps=curriculum.total_steps,
        n_chars_per_epoch=curriculum.n_chars_per_epoch,
        device=device_name(device, dtype),
        resumed_from_step=progress.step if checkpoint else None,
        n_epochs=round(curriculum.epochs_at(curriculum.total_steps, config.batch_poems), 6),
    )
    return Training(
        config, device, dtype, corpus, curriculum, validation, model, optimizer, progress,
        checkpoints, ControlFiles(folder), Meter(device, unknown_nats(corpus.vocabulary)), ResourceMeter(device),
        started, _ancestor(config), workers,
    )  # fmt: skip


def _trained_on(checkpoint: Path | None) -> str | None:
    """The checksum of the corpus that a run began with."""
    corpus = {} if checkpoint is None else read_header(checkpoint).get("corpus")
    return corpus.get("sha256") if isinstance(corpus, dict) else None


def _tags(config: TrainConfig, checkpoint: Path | None) -> Sequence[str]:
    """What headers can tell: what they could when the run began, for a later studio knows more forms."""
    if config.header_share == 0:
        return ()
    return control_code_tags() if checkpoint is None else list(read_header(checkpoint).get("header_tags", ()))


def _restore(
    checkpoint: Path | None, corpus: TokenizedCorpus, config: TrainConfig, device: torch.device
) -> tuple[PoemModel, torch.optim.Optimizer, Progress]:
    """A new model with its optimiser, or those of a checkpoint."""
    if checkpoint is None:
        model = PoemModel(config.model, len(corpus.vocabulary)).to(device)
        with torch.no_grad():
            model.output_bias[corpus.vocabulary.n_drawable :] = TAG_BIAS
        if config.start_from is not None:
            start_from(model, corpus.vocabulary, load_model(find_model(config.start_from), device))
        return model, make_optimizer(model, config), Progress(peak_lr=config.learning_rate)
    loaded = load_model(checkpoint, device)
    if loaded.header.get("corpus", {}).get("sha256") != corpus.corpus.sha256 or loaded.vocabulary != corpus.vocabulary:
        raise RunError(
            f"The corpus {corpus.corpus.name} is no longer the one that this run was trained on.",
            "Bring the old corpus back, or start a new run.",
        )
    optimizer = make_optimizer(loaded.model, config)
    return loaded.model, optimizer, Progress.saved(load_progress(checkpoint, optimizer))


def _ancestor(config: TrainConfig) -> Mapping[str, object]:
    """What is to be remembered of the model that a training began with; nothing where it began from scratch."""
    if config.start_from is None:
        return {}
    header = read_header(find_model(config.start_from))
    remembered = ("name", "corpus", "training", "steps", "n_chars_seen", "started_from", "mean_of")
    return {key: header[key] for key in remembered if key in header}


def _loss(
    model: PoemModel, batch: Batch, chunk_rows: int, device: torch.device, dtype: torch.dtype
) -> tuple[Tensor, Tensor]:
    """Mean nats a character of a batch, and the features (N, F) that it was made from."""
    x = sent_to(device, batch.x)
    with mixed_precision(device, dtype):
        features, _ = model.features(x)  # (B, T) -> (B, T, F)
    # The output layer is much of the work: no padding goes through it.
    places = np.flatnonzero(batch.y != PAD)
    targets = sent_to(device, batch.y.ravel()[places])  # (N,)
    # A GRU's come in 32 bits all the same.
    features = features.flatten(0, 1).index_select(0, sent_to(device, places)).to(dtype)  # (B, T, F) -> (N, F)
    return linear_cross_entropy(features, model.output_weight, model.output_bias, targets, chunk_rows), features
