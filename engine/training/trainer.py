"""The trainer: the state of a run, its training step, optimiser and learning-rate schedule. `loop` calls it.

Shapes: B segments in a batch, T characters, F features, N = characters of a batch without padding.
"""

import inspect
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import msgspec
import numpy as np
import torch
from safetensors import SafetensorError
from torch import Tensor
from torch.optim import Optimizer

from engine.config.schema import TrainConfig
from engine.corpus.tokens.batching import Batch, Segments, epoch_order, in_order
from engine.corpus.tokens.token_cache import TokenizedCorpus
from engine.corpus.tokens.vocabulary import PAD, Vocabulary
from engine.evaluation.likelihood import TargetCounts, count_targets, han_indices, tally_batches
from engine.model.char_rnn import CharRNN
from engine.model.checkpoint import CheckpointFolder, load_model, load_progress, save_checkpoint
from engine.model.devices import gradient_scale, mixed_precision, to_device, trim_malloc
from engine.model.fused_loss import linear_cross_entropy
from engine.runs import events
from engine.runs.folder import CHECKPOINTS, ControlFiles
from engine.system import __version__
from engine.system.errors import RunError
from engine.training.curriculum import Curriculum
from engine.training.distributed import Workers
from engine.training.probe import probe
from engine.training.progress import Progress, ResourceMeter

# Factor of the peak learning rate after a divergence.
DIVERGED_LR_FACTOR = 0.3
# Text of PyTorch's error when oneDNN cannot create the kernel of a product.
ONEDNN_FAILURE = "could not create a primitive"
# Steps between calls of `trim_malloc`: they keep `studio` below 1 GB, at no measurable cost.
TRIM_MALLOC_EVERY = 50
# AdamW's. A batch has about 1,500 characters: a second moment over 100 steps follows the loss better than the usual 1,000.
BETAS = (0.9, 0.99)


@dataclass(frozen=True, slots=True)
class TrainBatch:
    """This rank's rows of one batch. `global_targets` counts the targets of the whole batch. A padding rank has loss weight 0."""

    epoch: int
    local: Batch
    global_targets: TargetCounts
    is_padding_rank: bool = False

    @property
    def loss_weight(self) -> float:
        """Weight of this rank's mean loss in the loss of the whole batch."""
        return 0.0 if self.is_padding_rank else self.local.n_targets / self.global_targets.n_chars


class StepResult(NamedTuple):
    """Learning rate of a step, mean loss of the whole batch in nats per character, gradient norm, features (N, F) of this rank's rows."""

    lr: float
    loss_nats: Tensor
    grad_norm: Tensor
    features: Tensor


@dataclass(slots=True)
class Trainer:
    """The state of a training run. `dtype`: the type of matrix products."""

    config: TrainConfig
    device: torch.device
    dtype: torch.dtype
    corpus: TokenizedCorpus
    curriculum: Curriculum
    validation: Segments
    model: CharRNN
    optimizer: Optimizer
    progress: Progress
    checkpoints: CheckpointFolder
    control: ControlFiles
    resources: ResourceMeter
    started: events.RunStarted
    parent_model: Mapping[str, object]
    workers: Workers

    @property
    def vocabulary(self) -> Vocabulary:
        return self.corpus.vocabulary

    @property
    def total_steps(self) -> int:
        return self.curriculum.total_steps

    @property
    def epochs_done(self) -> float:
        return self.curriculum.epochs_at(self.progress.step, self.config.batch_size)

    def batches(self) -> Iterator[TrainBatch]:
        """Yield this rank's share of every batch, from the current step to the last."""
        batch_size, seed = self.config.batch_size, self.config.seed
        is_han = han_indices(self.vocabulary)
        while self.progress.step < self.total_steps:
            stage = self.curriculum.stage_at(self.progress.step)
            epoch, position = stage.locate(self.progress.step, batch_size)
            parts = stage.segments.sample_conditioning(self.config.conditioning_prob, seed, epoch)
            for rows in epoch_order(stage.segments, batch_size, seed, epoch, parts)[position:]:
                before = self.progress.step
                if before == stage.end_step:
                    break
                local_rows = self.workers.shard(rows)
                # All ranks must take every step: a rank without a row of a small last batch reads one with weight 0.
                batch = stage.segments.batch(local_rows if len(local_rows) else rows[:1], parts)
                global_targets = count_targets(stage.segments.targets(rows), is_han)
                yield TrainBatch(epoch, batch, global_targets, is_padding_rank=not len(local_rows))
                if self.progress.step != before + 1:
                    break  # the run has returned to a checkpoint

    def update(self, batch: TrainBatch) -> StepResult:
        """Take one step: forward, backward, all-reduce, clip, optimiser update."""
        self.resources.mark_phase("data")
        rate = learning_rate(self.config, self.progress.peak_lr, self.progress.step, self.total_steps)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.model.train()
        try:
            weighed, features = self._forward_and_backward(batch)
        except RuntimeError as error:
            # oneDNN could not create a bfloat16 kernel, for lack of memory or tiles; float32 needs none.
            if self.dtype == torch.float32 or ONEDNN_FAILURE not in str(error):
                raise
            self.dtype = torch.float32
            self.optimizer.zero_grad()
            weighed, features = self._forward_and_backward(batch)
        scale = gradient_scale(self.device, self.dtype)
        loss_of_all = self.workers.all_reduce(list(self.model.parameters()), weighed.detach())
        if scale != 1:
            for parameter in self.model.parameters():
                if parameter.grad is not None:
                    parameter.grad /= scale
        self.resources.mark_phase("backward")
        grad_norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.config.clip_norm or math.inf)
        update_parameters(self.optimizer)
        self.progress.step += 1
        if self.progress.step % TRIM_MALLOC_EVERY == 0:
            trim_malloc()
        self.resources.mark_phase("optimizer")
        return StepResult(rate, loss_of_all, grad_norm.detach(), features)

    def _forward_and_backward(self, batch: TrainBatch) -> tuple[Tensor, Tensor]:
        """Compute this rank's part of the batch's loss, and its gradients; returns the loss and the features (N, F)."""
        loss, features = _loss(self.model, batch.local, self.config.chunk_rows, self.device, self.dtype)
        self.resources.mark_phase("forward")
        weighed = loss if batch.loss_weight == 1 else loss * batch.loss_weight
        scale = gradient_scale(self.device, self.dtype)
        (weighed if scale == 1 else weighed * scale).backward()  # type: ignore[no-untyped-call]
        return weighed, features

    def validate(self) -> float:
        """Validation loss in nats per Han character."""
        batches = in_order(self.validation, self.config.batch_size)
        tally = tally_batches(self.model, batches, self.vocabulary, self.device, self.config.chunk_rows)
        return tally.nats_per_han

    def probe(self) -> events.Probed:
        """Measure gradients, accuracy by position and the embedding on some validation poems."""
        characters, step = self.config.begin_characters, self.progress.step
        return probe(self.model, self.vocabulary, self.validation, characters, self.device, step)

    def save(self, *, is_best: bool) -> events.CheckpointSaved:
        """Write a checkpoint, point `last` (and `best`) to it, and remove old ones.

        Raises:
            RunError: when it cannot be written; the previous checkpoint remains.
        """
        step = self.progress.step
        path = self.checkpoints.path_of(step)
        try:
            save_checkpoint(
                path, self.model, self.vocabulary, self._about(), self.optimizer, msgspec.structs.asdict(self.progress)
            )
            self.checkpoints.point("last", step)
            if is_best:
                self.checkpoints.point("best", step)
            self.checkpoints.prune()
        except (OSError, SafetensorError) as error:
            raise RunError(
                "The checkpoint of step {number} cannot be written: {error}.",
                "Make room, then go on from the last one with --resume.",
                number=f"{step:,}",
                error=error,
            ) from error
        return events.CheckpointSaved(step=step, path=f"{CHECKPOINTS}/{path.name}", is_best=is_best)

    def return_to_best(self) -> events.Control | None:
        """After a divergence, restore the best checkpoint and lower the peak learning rate, once in a run.

        Returns:
            The event, or None if there is no best checkpoint or the run has returned before. A run killed before its next
            checkpoint resumes at the same step, diverges again and returns again.
        """
        best = self.checkpoints.find("best")
        if best is None or self.progress.n_returns:
            return None
        with torch.no_grad():
            weights = load_model(best, self.device).model.state_dict()
            for name, weight in self.model.state_dict().items():
                weight.copy_(weights[name])
        self.progress = Progress.from_checkpoint(load_progress(best, self.optimizer))
        self.progress.n_returns = 1
        self.progress.peak_lr *= DIVERGED_LR_FACTOR
        self.checkpoints.point("last", self.progress.step)
        return events.Control(step=self.progress.step, what=events.RETURNED, value=self.progress.peak_lr)

    def _about(self) -> dict[str, object]:
        """Metadata of a checkpoint: corpus, settings, steps and figures."""
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
            **({"started_from": self.parent_model} if self.parent_model else {}),
            "figures": {"val_nats_per_han": progress.best_nats if progress.step == progress.best_step else None},
            "made_with": {"engine": __version__, "torch": torch.__version__},
        }


def _loss(
    model: CharRNN, batch: Batch, chunk_rows: int, device: torch.device, dtype: torch.dtype
) -> tuple[Tensor, Tensor]:
    """Mean loss of a batch in nats per character, and the features (N, F), the input of the output layer."""
    x = to_device(device, batch.x)
    with mixed_precision(device, dtype):
        features, _ = model.features(x)  # (B, T) -> (B, T, F)
    # The output layer is a large part of the work, so padding is left out.
    positions = np.flatnonzero(batch.y != PAD)
    targets = to_device(device, batch.y.ravel()[positions])  # (N,)
    # A GRU's features are float32 even under autocast.
    features = features.flatten(0, 1).index_select(0, to_device(device, positions)).to(dtype)  # (B, T, F) -> (N, F)
    return linear_cross_entropy(features, model.output_weight, model.output_bias, targets, chunk_rows), features


# PyTorch's optimisers load its compiler to exclude these methods from compilation, which takes a second at the start of every
# training. Nothing is compiled here, so the functions below the decorators are called instead.
for _decorated in (Optimizer.add_param_group, Optimizer.zero_grad, Optimizer.state_dict, Optimizer.load_state_dict):
    _eager = inspect.unwrap(_decorated)
    _eager.__dynamo_disable = _eager


def make_optimizer(model: CharRNN, config: TrainConfig) -> Optimizer:
    """AdamW (Loshchilov and Hutter 2019) or RMSprop (Hinton 2012)."""
    parameters = list(model.parameters())
    if config.optimizer == "rmsprop":
        return torch.optim.RMSprop(parameters, lr=config.learning_rate)
    # One kernel for all parameters: it updates six million of them in milliseconds.
    fused = parameters[0].device.type in ("cpu", "cuda")
    return torch.optim.AdamW(
        parameters, lr=config.learning_rate, betas=BETAS, weight_decay=config.weight_decay, fused=fused
    )


@torch.no_grad()
def update_parameters(optimizer: Optimizer) -> None:
    """Perform one optimiser step and clear the gradients, as `optimizer.step()` does, without loading PyTorch's compiler."""
    # PyTorch's own name of the step in profiles.
    with torch.profiler.record_function("Optimizer.step"):
        inspect.unwrap(type(optimizer).step)(optimizer)
    optimizer.zero_grad(set_to_none=True)


def learning_rate(config: TrainConfig, peak: float, step: int, total_steps: int) -> float:
    """The learning rate of the update that follows `step` completed ones.

    Linear warm-up, then constant, or cosine decay to `final_lr_fraction` of the peak at the last step (Loshchilov and Hutter 2017).
    """
    warmup = min(config.warmup_steps, total_steps)
    if step < warmup:
        return peak * (step + 1) / warmup
    if config.schedule == "constant":
        return peak
    progress = (step - warmup) / max(1, total_steps - warmup)
    floor = config.final_lr_fraction
    return peak * (floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * min(1.0, progress))))
