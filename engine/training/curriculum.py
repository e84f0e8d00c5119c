"""The curriculum: the whole corpus, epoch after epoch, then optionally an anneal phase on short poems only.

The data read while the learning rate decays shape a model most; a model for quatrains may end on quatrains.
"""

from dataclasses import dataclass

from engine.config.schema import TrainConfig
from engine.corpus.corpus import Split
from engine.corpus.tokens.batching import Int64, Segments, cut_segments, n_batches
from engine.corpus.tokens.token_cache import TokenizedCorpus
from engine.system.errors import CorpusError


@dataclass(frozen=True, slots=True)
class Stage:
    """A phase of a training: `segments` are read from `first_step` to before `end_step`; epochs count from `first_epoch`."""

    segments: Segments
    first_step: int
    end_step: int
    first_epoch: int = 0

    def locate(self, step: int, batch_size: int) -> tuple[int, int]:
        """Epoch of a step, and index of its batch within the epoch."""
        epoch, position = divmod(step - self.first_step, n_batches(self.segments, batch_size))
        return self.first_epoch + epoch, position


@dataclass(frozen=True, slots=True)
class Curriculum:
    """Consecutive stages."""

    stages: tuple[Stage, ...]

    @property
    def total_steps(self) -> int:
        return self.stages[-1].end_step

    @property
    def n_chars_per_epoch(self) -> int:
        return self.stages[0].segments.n_targets

    def epochs_at(self, step: int, batch_size: int) -> float:
        """Epochs completed after a number of steps, as a fraction; all stages are counted, including partial epochs."""
        return sum(
            max(0, min(step, stage.end_step) - stage.first_step) / n_batches(stage.segments, batch_size)
            for stage in self.stages
        )

    def stage_at(self, step: int) -> Stage:
        """The stage of a step below `total_steps`."""
        return next(stage for stage in self.stages if step < stage.end_step)


def plan_curriculum(corpus: TokenizedCorpus, config: TrainConfig, *, end_counts: bool = False) -> Curriculum:
    """Plan the stages of a training. `end_counts`: see `cut_segments`.

    Raises:
        CorpusError: when no poem of the training split is short enough.
    """
    segments = _segments(corpus, config, config.max_poem_chars, end_counts)
    total_steps = config.n_epochs * n_batches(segments, config.batch_size)
    if config.max_steps is not None:
        total_steps = min(total_steps, config.max_steps)
    first_anneal_step = total_steps - round(config.anneal_fraction * total_steps)
    stages = [Stage(segments, 0, first_anneal_step)] if first_anneal_step else []
    if first_anneal_step < total_steps:
        n_epochs_before = -(-first_anneal_step // n_batches(segments, config.batch_size))
        anneal = _segments(corpus, config, config.anneal_max_chars, end_counts)
        stages.append(Stage(anneal, first_anneal_step, total_steps, n_epochs_before))
    return Curriculum(tuple(stages))


def held_out_segments(corpus: TokenizedCorpus, config: TrainConfig) -> Segments:
    """The validation data: the first `n_val_poems` poems of the validation split, one segment each.

    With an anneal phase, only poems within `anneal_max_chars`, if there are any, because the loss of longer poems rises in this phase.

    Raises:
        CorpusError: when no poem of the split is short enough.
    """
    poems = _poems(corpus, "validation", config.max_poem_chars, "judge by")
    if config.anneal_fraction and config.anneal_max_chars is not None:
        short = poems[corpus.n_chars(poems) <= config.anneal_max_chars]
        poems = short if len(short) else poems
    poems = poems[: config.n_val_poems]
    return cut_segments(corpus, poems, max_chars=int(corpus.n_chars(poems).max()))


def _segments(corpus: TokenizedCorpus, config: TrainConfig, max_poem_chars: int | None, end_counts: bool) -> Segments:
    poems = _poems(corpus, "train", max_poem_chars, "learn from")
    return cut_segments(corpus, poems, config.max_chars, end_counts=end_counts)


def _poems(corpus: TokenizedCorpus, split: Split, max_poem_chars: int | None, purpose: str) -> Int64:
    """Indices of the poems of a split that are short enough, for a purpose that the error names."""
    poems = corpus.indices(split)
    if max_poem_chars is not None:
        poems = poems[corpus.n_chars(poems) <= max_poem_chars]
    if not len(poems):
        raise CorpusError(
            "No poem of {name} to {purpose} has at most {number} characters.",
            "Choose a larger max_poem_chars, or bring more poems.",
            name=corpus.corpus.name,
            purpose=purpose,
            number=max_poem_chars,
        )
    return poems
