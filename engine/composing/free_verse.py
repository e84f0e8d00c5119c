"""Free verse: no rules but the model's own, from the given characters to where it ends the poem.

Shapes: R rows, V vocabulary.
"""

import functools
import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray

from engine.composing.begin_variants import fold_begin
from engine.composing.constraints.forced_characters import BLANK
from engine.composing.prompt import opening_of
from engine.composing.results import Glyph, likeliest
from engine.composing.sampling import draw_rows
from engine.composing.seeds import stream_of
from engine.composing.token_prosody import Bools
from engine.config import ComposeConfig
from engine.corpus.vocabulary import BEGIN, END, PAD, UNKNOWN, Vocabulary, is_han
from engine.errors import ComposeError
from engine.model.checkpoint import LoadedModel
from engine.model.layers import State
from engine.prosody.text import LINE_MARKS

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
    random: np.random.Generator
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
        drawable = _drawable(log_p.shape[1], may_end=index > 0)
        drawn = draw_rows(
            log_p,
            drawable,
            config.temperature,
            config.top_p,
            lambda rows: np.array([poems[row].random.random() for row in rows]),
        )
        chosen = drawn.tolist()
    for poem, one, own in zip(poems, chosen, log_p[np.arange(len(poems)), chosen].tolist(), strict=True):
        poem.written.append(one)
        poem.log_p.append(own)


@functools.lru_cache(maxsize=4)
def _drawable(n_indices: int, *, may_end: bool) -> Bools:
    """What may be drawn (1, V): everything but the specials, and the end only where a poem may end."""
    drawable = np.ones((1, n_indices), np.bool_)
    drawable[:, [PAD, UNKNOWN, BEGIN] if may_end else [PAD, UNKNOWN, BEGIN, END]] = False
    return drawable


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
    kept, blank, after = re.sub(r"[\s/|／｜]+", "", config.keep).partition(BLANK)
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
        log_p_of_all, state = loaded.model.step_log_p(
            torch.tensor([last], device=loaded.device), state
        )  # (1,) -> (1, V)
        log_p = log_p_of_all[0, : loaded.vocabulary.n_drawable]
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
        log_p, state = loaded.model.step_log_p(torch.tensor(last, device=loaded.device), state)  # (R,) -> (R, V)
        _write(open_poems, log_p[:, : loaded.vocabulary.n_drawable].numpy(), config)
        rows = [row for row, poem in enumerate(open_poems) if not poem.is_over()]
        if len(rows) < len(open_poems):
            where = torch.tensor(rows, device=loaded.device, dtype=torch.long)
            state = tuple(part[:, where] for part in state)
            open_poems = [open_poems[row] for row in rows]
        last = [poem.written[-1] for poem in open_poems]
    return [(poem.written, poem.log_p) for poem in poems]


def _new_poem(vocabulary: Vocabulary, config: ComposeConfig) -> _Poem:
    check_free(config)
    text = given_text(config, vocabulary)
    given = vocabulary.encode(text)
    random = np.random.default_rng(stream_of(config.seed, text))
    return _Poem(given, max(config.max_chars, len(given)), random)


def _read(loaded: LoadedModel, indices: Sequence[int]) -> State | None:
    """The state after some indices; None before the first."""
    state = None
    for index in indices:
        state = loaded.model.read(torch.tensor([index], device=loaded.device), state)
    return state
