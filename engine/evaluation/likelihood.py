"""Likelihood of poems: nats per Han character, with and without punctuation and ends.

Shapes: B poems, T characters, N targets, V vocabulary.
"""

import dataclasses
import math
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from engine.corpus.novelty.novelty import n_memorised
from engine.corpus.poem import Poem
from engine.corpus.tokens.batching import Batch
from engine.corpus.tokens.control_codes import ControlCodePart, ControlCodes, control_code_indices, control_codes_of
from engine.corpus.tokens.vocabulary import BEGIN, END, N_HAN_CHARACTERS, PAD, UNKNOWN, Vocabulary
from engine.model.char_rnn import CharRNN
from engine.model.checkpoint import LoadedModel
from engine.model.fused_loss import target_nats
from engine.model.layers import State
from engine.prosody.text import is_han

Bools = NDArray[np.bool_]


class TargetCounts(NamedTuple):
    """Counts of targets: all (punctuation and E included), Han characters, and Han characters outside the vocabulary."""

    n_chars: int
    n_han: int
    n_unknown: int


def han_indices(vocabulary: Vocabulary) -> Bools:
    """The indices of a vocabulary that are Han characters, as a mask (V,).

    `UNKNOWN` counts as one: in a cleaned corpus it is hardly ever anything else.
    """
    indices = np.zeros(len(vocabulary), dtype=np.bool_)
    indices[: vocabulary.n_predictable] = [False, True, False, False, *map(is_han, vocabulary.characters)]
    return indices


def unknown_nats(vocabulary: Vocabulary) -> float:
    """The nats of a Han character outside the vocabulary in addition to −ln p(UNKNOWN): choosing uniformly among all unknown ones."""
    return math.log(max(1, N_HAN_CHARACTERS - vocabulary.n_han))


def count_targets(targets: NDArray[Any], is_han: Bools) -> TargetCounts:
    """Count targets, given as indices of any shape without padding."""
    return TargetCounts(targets.size, int(is_han[targets].sum()), int(np.count_nonzero(targets == UNKNOWN)))


# Maximum characters of a batch.
BATCH_CHARS = 16_384
# Characters per poem that are read at a time, which bounds memory for long poems.
WINDOW_CHARS = 512
CHUNK_ROWS = 1024

Floats = NDArray[np.float64]
# −ln p of every target of a batch (B, T), 0 for padding: the interface of any model of verse.
NatsOf = Callable[[Batch], Floats]


@dataclass(frozen=True, slots=True)
class Tally:
    """Sums of −ln p over poems, in nats. `all_nats`: of Han characters, punctuation and ends; `han_nats`: of Han characters."""

    n_poems: int = 0
    n_han: int = 0
    n_oov: int = 0
    all_nats: float = 0.0
    han_nats: float = 0.0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(*map(operator.add, dataclasses.astuple(self), dataclasses.astuple(other)))

    @property
    def nats_per_han(self) -> float:
        """Nats of all targets per Han character; NaN without any."""
        return self.all_nats / self.n_han if self.n_han else math.nan

    @property
    def nats_per_han_text(self) -> float:
        """Nats of the Han characters per Han character; NaN without any."""
        return self.han_nats / self.n_han if self.n_han else math.nan


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of `evaluate --json`. `nats_per_han_with`: the same figure with control codes, by the parts
    that were given; empty for a model without control codes. `n_memorised`: the number of poems with at least half of their lines
    in the training text; None if the training text is unknown."""

    model: str
    n_poems: int
    n_han: int
    n_oov: int
    nats_per_han: float
    nats_per_han_text: float
    nats_per_han_with: Mapping[str, float] = dataclasses.field(default_factory=dict)
    n_memorised: int | None = None

    def to_dict(self) -> dict[str, object]:
        return dataclasses.asdict(self)


def evaluate(
    loaded: LoadedModel, poems: Sequence[Poem], control_code_parts: Sequence[ControlCodePart] = ("all",)
) -> Figures:
    """Evaluate a model on poems, without control codes and with each of `control_code_parts`.

    Each poem is read whole, of any length, with the state carried from beginning to end.
    """
    nats_of = partial(_nats, loaded.model, device=loaded.device, chunk_rows=CHUNK_ROWS)
    introduced = [(ControlCodes(), poem.text) for poem in poems]
    tally = tally_poems(nats_of, introduced, loaded.vocabulary)
    with_codes: dict[str, float] = {}
    if loaded.vocabulary.tags:
        codes_of_poems = [control_codes_of(poem) for poem in poems]
        for part in control_code_parts:
            introduced = [(codes.only(part), poem.text) for codes, poem in zip(codes_of_poems, poems, strict=True)]
            with_codes[part] = tally_poems(nats_of, introduced, loaded.vocabulary).nats_per_han
    return Figures(
        model=loaded.name,
        n_poems=tally.n_poems,
        n_han=tally.n_han,
        n_oov=tally.n_oov,
        nats_per_han=tally.nats_per_han,
        nats_per_han_text=tally.nats_per_han_text,
        nats_per_han_with=with_codes,
        n_memorised=None if loaded.lines is None else n_memorised(poems, loaded.lines),
    )


def tally_poems(nats_of: NatsOf, introduced: Iterable[tuple[ControlCodes, str]], vocabulary: Vocabulary) -> Tally:
    """Sum over poems, each after its control codes, for any model that computes the nats of a batch."""
    tally = Tally()
    for together in _by_length(introduced):
        batch, is_han_target = _batch_of(together, vocabulary)
        tally += _tally(nats_of(batch), batch, is_han_target, vocabulary)
    return tally


def tally_batches(
    model: CharRNN, batches: Iterable[Batch], vocabulary: Vocabulary, device: torch.device, chunk_rows: int
) -> Tally:
    """As `tally_poems`, for batches of segments, as a training validates.

    See `han_indices`. A poem is counted at its E. The model's training mode is restored.
    """
    is_han_index = han_indices(vocabulary)  # (V,)
    was_training = model.training
    model.eval()
    try:
        tally = Tally()
        for batch in batches:
            nats = _nats(model, batch, device, chunk_rows)
            tally += _tally(nats, batch, is_han_index[batch.y], vocabulary)
        return tally
    finally:
        model.train(was_training)


@torch.inference_mode()
def _nats(model: CharRNN, batch: Batch, device: torch.device, chunk_rows: int) -> Floats:
    """−ln p of every target (B, T), 0 for padding."""
    nats = np.zeros(batch.y.shape)
    state: State | None = None
    for start in range(0, batch.y.shape[1], WINDOW_CHARS):
        window = slice(start, start + WINDOW_CHARS)
        x, y = torch.from_numpy(batch.x[:, window]).to(device), torch.from_numpy(batch.y[:, window]).to(device)
        features, state = model.features(x, state)  # (B, T) -> (B, T, F)
        is_target = y != PAD
        values = target_nats(
            features[is_target], model.output_weight, model.output_bias, y[is_target], chunk_rows
        )  # (B, T, F) -> (N, F) -> (N,)
        nats[:, window][is_target.cpu().numpy()] = values.cpu().numpy()
    return nats


def _tally(nats: Floats, batch: Batch, is_han_target: Bools, vocabulary: Vocabulary) -> Tally:
    """Sum one batch; `unknown_nats` are added for each unknown Han character."""
    is_oov = (batch.y == UNKNOWN) & is_han_target
    n_oov = int(is_oov.sum())
    oov_nats = n_oov * unknown_nats(vocabulary)
    return Tally(
        n_poems=int((batch.y == END).sum()),
        n_han=int(is_han_target.sum()),
        n_oov=n_oov,
        all_nats=float(nats.sum()) + oov_nats,
        han_nats=float(nats[is_han_target].sum()) + oov_nats,
    )


def _by_length(introduced: Iterable[tuple[ControlCodes, str]]) -> Iterator[list[tuple[ControlCodes, str]]]:
    """Group poems of similar length, at most `BATCH_CHARS` characters per group (a longer poem is alone)."""
    together: list[tuple[ControlCodes, str]] = []
    for one in sorted(introduced, key=lambda one: len(one[1])):
        if together and (len(together) + 1) * (len(one[1]) + 1) > BATCH_CHARS:
            yield together
            together = []
        together.append(one)
    if together:
        yield together


def _batch_of(introduced: Sequence[tuple[ControlCodes, str]], vocabulary: Vocabulary) -> tuple[Batch, Bools]:
    """Poems as x and y (B, T), and a mask of the Han characters in y, known or not (B, T); control codes are in x only."""
    prefixes = [control_code_indices(vocabulary, codes) for codes, _ in introduced]
    longest = max(len(prefix) + len(text) for prefix, (_, text) in zip(prefixes, introduced, strict=True))
    grid = np.full((len(introduced), longest + 2), PAD, dtype=np.int64)
    is_han_token = np.zeros(grid.shape, dtype=np.bool_)
    targets = grid.copy()
    for row, (prefix, (_, text)) in enumerate(zip(prefixes, introduced, strict=True)):
        first = 1 + len(prefix)
        grid[row, : first + len(text) + 1] = [BEGIN, *prefix, *vocabulary.encode(text), END]
        targets[row, first:] = grid[row, first:]
        is_han_token[row, first : first + len(text)] = [is_han(character) for character in text]
    return Batch(x=grid[:, :-1], y=targets[:, 1:]), is_han_token[:, 1:]
