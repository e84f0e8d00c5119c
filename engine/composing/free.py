"""Free verse: no rules but the model's own, from the given characters to where it ends the poem.

Shapes: R rows, V vocabulary.
"""

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.checkpoint import LoadedModel
from engine.composing.drawing import SMALLEST_TEMPERATURE
from engine.composing.fixed import BLANK
from engine.composing.glyphs import Glyph, likeliest
from engine.composing.opening import opening_of
from engine.composing.plan import Ints
from engine.composing.streams import stream_of
from engine.config import ComposeConfig
from engine.errors import ComposeError
from engine.layers import State
from engine.variants import fold_begin
from engine.verse import LINE_MARKS
from engine.vocabulary import BEGIN, END, PAD, UNKNOWN, Vocabulary, is_han

# The characters that are at least so likely, beside the likeliest, hold the mass to draw from, as a rule; if not, those of the
# next bound, and in the end all.
LIKELY = (1e-3, 1e-4, 0.0)

_NEEDS_FORM = {
    "tone_order": "A tone order",
    "rhyme": "A rhyme",
    "acrostic": "An acrostic",
    "acrostic_tail": "An acrostic of line ends",
}


@dataclass(slots=True)
class _Poem:
    """A free poem in the making."""

    given: Sequence[int]
    limit: int
    random: torch.Generator
    written: list[int] = field(default_factory=list)
    log_p: list[float] = field(default_factory=list)

    def is_over(self) -> bool:
        return len(self.written) >= self.limit or END in self.written[-1:]


def _write(poems: Sequence[_Poem], log_p: NDArray[np.float32], config: ComposeConfig) -> None:
    """The next character of poems of one length and beginning (R) by ln p (R, V)."""
    index, given = len(poems[0].written), poems[0].given
    if index < len(given):
        chosen = [given[index]] * len(poems)
    else:
        scores = _drawable(log_p, may_end=index > 0)
        chosen = _draw_each(scores, config.temperature, config.top_p, [poem.random for poem in poems])
    for poem, one, own in zip(poems, chosen, log_p[np.arange(len(poems)), chosen].tolist(), strict=True):
        poem.written.append(one)
        poem.log_p.append(own)


def check_free(config: ComposeConfig) -> None:
    """Raise a ComposeError for a wish that only a form can meet."""
    for name, what in _NEEDS_FORM.items():
        if getattr(config, name):
            raise ComposeError(f"{what} needs a form, and free verse has none.", "Choose a form, such as 五绝.")


def given_text(config: ComposeConfig, vocabulary: Vocabulary) -> str:
    """The characters that a free poem begins with, as the model knows them.

    Raises:
        ComposeError: for a character that the model does not know, or one kept behind a blank.
    """
    kept, blank, after = re.sub(r"[\s/|]+", "", config.keep).partition(BLANK)
    if blank and any(map(is_han, after)):
        raise ComposeError(
            "Characters can be kept behind a blank only where a form says how long the lines are.",
            "Choose a form, or keep the beginning alone.",
        )
    begin, kept = fold_begin(config.begin, vocabulary), fold_begin(kept, vocabulary)
    if not (kept.startswith(begin) or begin.startswith(kept)):
        raise ComposeError("The beginning and the kept text differ.", "Leave one of them out.")
    return max(begin, kept, key=len)


@torch.inference_mode()
def compose_free(loaded: LoadedModel, config: ComposeConfig, n_alternatives: int) -> Iterator[Glyph]:
    """Draw a free poem, yielding each character as soon as it is known."""
    poem = _new_poem(loaded.vocabulary, config)
    opening = opening_of(config, None, loaded.vocabulary)
    state, last = _read(loaded, opening[:-1]), opening[-1]
    line, position = 1, 0
    while not poem.is_over():
        logits, state = loaded.model.step(torch.tensor([last], device=loaded.device), state)  # (1,) -> (1, V)
        log_p = torch.log_softmax(logits[0].float().cpu(), dim=0)[: loaded.vocabulary.n_drawable]
        _write([poem], log_p[None].numpy(), config)
        index, last = len(poem.written) - 1, poem.written[-1]
        character = loaded.vocabulary.character(last)
        is_mark = not character or character in LINE_MARKS
        position += not is_mark
        yield Glyph(
            index=index,
            character=character,
            probability=math.exp(poem.log_p[-1]),
            given=index < len(poem.given),
            finish="end" if last == END else "limit" if poem.is_over() else None,
            alternatives=likeliest(log_p.numpy(), None, loaded.vocabulary, n_alternatives),
            line=line,
            position=0 if is_mark else position,
            allowed_probability=math.exp(poem.log_p[-1]),
        )
        if is_mark:
            line, position = line + 1, 0


@torch.inference_mode()
def compose_free_many(
    loaded: LoadedModel,
    config: ComposeConfig,
    seeds: Sequence[int],
    go_on: Callable[[], None],
    opening: Sequence[int] | None = None,
) -> list[tuple[list[int], list[float]]]:
    """(indices, ln p of each) of a free poem for each seed, side by side; each draws the numbers that it draws alone.

    `go_on` is called before each character, and may raise to break off. `opening`: what the model reads before the poem
    instead of what the config says, such as a form that it is told and not held to.
    """
    poems = [_new_poem(loaded.vocabulary, config.replace(seed=seed)) for seed in seeds]
    opening = opening_of(config, None, loaded.vocabulary) if opening is None else opening
    state = _read(loaded, opening[:-1])
    if state is not None:
        state = tuple(part.expand(-1, len(poems), -1) for part in state)
    last = [opening[-1]] * len(poems)
    open_poems = poems
    while open_poems:
        go_on()
        logits, state = loaded.model.step(torch.tensor(last, device=loaded.device), state)  # (R,) -> (R, V)
        log_p = torch.log_softmax(logits.float().cpu(), dim=1)[:, : loaded.vocabulary.n_drawable]
        _write(open_poems, log_p.numpy(), config)
        rows = [row for row, poem in enumerate(open_poems) if not poem.is_over()]
        where = torch.tensor(rows, device=loaded.device, dtype=torch.long)
        state = tuple(part[:, where] for part in state)
        open_poems = [open_poems[row] for row in rows]
        last = [poem.written[-1] for poem in open_poems]
    return [(poem.written, poem.log_p) for poem in poems]


def _new_poem(vocabulary: Vocabulary, config: ComposeConfig) -> _Poem:
    check_free(config)
    text = given_text(config, vocabulary)
    given = vocabulary.encode(text)
    # The draw happens on the CPU: a GPU's generator gives other numbers for the same seed.
    random = torch.Generator().manual_seed(stream_of(config.seed, text))
    return _Poem(given, max(config.max_chars, len(given)), random)


def _read(loaded: LoadedModel, indices: Sequence[int]) -> State | None:
    """The state after some indices; None before the first."""
    state = None
    for index in indices:
        _, state = loaded.model.step(torch.tensor([index], device=loaded.device), state)
    return state


def draw(log_p: Tensor, temperature: float, top_p: float, random: torch.Generator, *, may_end: bool = True) -> int:
    """Choose an index from ln p (V,): the likeliest at temperature 0, else among those that hold `top_p` of the tempered mass.

    A character stays when those likelier than it do not hold `top_p` yet: the likeliest always stays, and of equally
    likely ones all or none. Each draw takes one number from `random`.
    """
    (chosen,) = _draw_each(_drawable(log_p[None].numpy(), may_end=may_end), temperature, top_p, [random])
    return chosen


def _drawable(log_p: NDArray[np.float32], *, may_end: bool) -> NDArray[np.float32]:
    """A copy of ln p (R, V), −∞ for what is never drawn."""
    scores = log_p.copy()  # float32 sorts and exponentiates twice as fast; sums are made in float64
    scores[:, [PAD, UNKNOWN, BEGIN] if may_end else [PAD, UNKNOWN, BEGIN, END]] = -np.inf
    return scores


def _draw_each(
    scores: NDArray[np.float32], temperature: float, top_p: float, randoms: Sequence[torch.Generator]
) -> list[int]:
    """As `draw`, an index for each row of scores (R, V) by a generator of its own."""
    if temperature == 0:
        return [int(one) for one in scores.argmax(1)]
    scores -= scores.max(1, keepdims=True)
    with np.errstate(over="ignore"):  # next to temperature 0 all but the likeliest become −∞, which is right
        scores /= np.float32(max(temperature, SMALLEST_TEMPERATURE))
    chosen = []
    for weights, random in zip(np.exp(scores, out=scores), randoms, strict=True):
        kept = _kept(weights, top_p)
        held = weights[kept].cumsum(dtype=np.float64)
        place = float(torch.rand((), generator=random)) * held[-1]
        chosen.append(int(kept[np.searchsorted(held, place, side="right")]))
    return chosen


def _kept(weights: NDArray[np.float32], top_p: float) -> Ints:
    """The indices of the likeliest that hold `top_p` of all weights. Only as many as are needed are sorted."""
    enough = top_p * weights.sum(dtype=np.float64)
    for least in LIKELY:
        likely = np.flatnonzero(weights >= least)
        descending = np.sort(weights[likely])[::-1]
        held = descending.cumsum(dtype=np.float64)
        if held[-1] >= enough:
            break
    last = descending[min(np.searchsorted(held, enough), len(held) - 1)]
    return np.asarray(likely[weights[likely] >= last])
