"""What a training reads, and when: the whole corpus, epoch after epoch, and towards the end perhaps its short poems alone.

What is read last, while the learning rate falls, shapes a model most: a studio for quatrains may end on them.
"""

from dataclasses import dataclass

from engine.config import TrainConfig
from engine.corpus.batching import Int64, Pieces, cut_pieces, n_batches
from engine.corpus.token_cache import TokenizedCorpus
from engine.errors import CorpusError


@dataclass(frozen=True, slots=True)
class Stage:
    """`pieces` are read from `first_step` on, until before `end_step`; its epochs are counted from `first_epoch` on."""

    pieces: Pieces
    first_step: int
    end_step: int
    first_epoch: int = 0

    def place(self, step: int, batch_poems: int) -> tuple[int, int]:
        """The epoch that a step belongs to, and the number of its batch within it."""
        epoch, position = divmod(step - self.first_step, n_batches(self.pieces, batch_poems))
        return self.first_epoch + epoch, position


@dataclass(frozen=True, slots=True)
class Curriculum:
    """The stages, one after the other."""

    stages: tuple[Stage, ...]

    @property
    def total_steps(self) -> int:
        return self.stages[-1].end_step

    @property
    def n_chars_per_epoch(self) -> int:
        return self.stages[0].pieces.n_targets

    def epochs_at(self, step: int, batch_poems: int) -> float:
        """How many epochs are done after so many steps; a stage that ends within an epoch counts with the part that it had."""
        return sum(
            max(0, min(step, stage.end_step) - stage.first_step) / n_batches(stage.pieces, batch_poems)
            for stage in self.stages
        )

    def stage_at(self, step: int) -> Stage:
        """The stage that a step before the last belongs to."""
        return next(stage for stage in self.stages if step < stage.end_step)


def plan(corpus: TokenizedCorpus, config: TrainConfig, *, end_counts: bool = False) -> Curriculum:
    """The stages of a training. `end_counts`: see `cut_pieces`.

    Raises:
        CorpusError: no poem of the training split is short enough.
    """
    pieces = _pieces(corpus, config, config.longest_poem, end_counts)
    total_steps = config.n_epochs * n_batches(pieces, config.batch_poems)
    if config.max_steps is not None:
        total_steps = min(total_steps, config.max_steps)
    first_late_step = total_steps - round(config.late_share * total_steps)
    stages = [Stage(pieces, 0, first_late_step)] if first_late_step else []
    if first_late_step < total_steps:
        n_epochs_before = -(-first_late_step // n_batches(pieces, config.batch_poems))
        late = _pieces(corpus, config, config.late_longest_poem, end_counts)
        stages.append(Stage(late, first_late_step, total_steps, n_epochs_before))
    return Curriculum(tuple(stages))


def held_out(corpus: TokenizedCorpus, config: TrainConfig) -> Pieces:
    """What validations judge by: the first `n_val_poems` of the validation split, each poem in one piece, of those that are as short
    as what the training reads last, if there are any: by longer ones it would seem to grow worse from where it leaves them out.

    Raises:
        CorpusError: none of them is short enough.
    """
    poems = _short_enough(corpus, corpus.indices("validation"), config.longest_poem)
    if not len(poems):
        raise _nothing_short_enough(corpus, "judge by", config.longest_poem)
    if config.late_share:
        as_late = _short_enough(corpus, poems, config.late_longest_poem)
        poems = as_late if len(as_late) else poems
    poems = poems[: config.n_val_poems]
    return cut_pieces(corpus, poems, max_chars=int(corpus.n_chars(poems).max()))


def _pieces(corpus: TokenizedCorpus, config: TrainConfig, longest_poem: int | None, end_counts: bool) -> Pieces:
    poems = _short_enough(corpus, corpus.indices("train"), longest_poem)
    if not len(poems):
        raise _nothing_short_enough(corpus, "learn from", longest_poem)
    return cut_pieces(corpus, poems, config.max_chars, end_counts=end_counts)


def _short_enough(corpus: TokenizedCorpus, poems: Int64, longest_poem: int | None) -> Int64:
    if longest_poem is None:
        return poems
    return poems[corpus.n_chars(poems) <= longest_poem]


def _nothing_short_enough(corpus: TokenizedCorpus, purpose: str, longest_poem: int | None) -> CorpusError:
    return CorpusError(
        f"No poem of {corpus.corpus.name} to {purpose} has at most {longest_poem} characters.",
        "Choose a larger longest_poem, or bring more poems.",
    )
