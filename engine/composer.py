"""Composing: one glyph at a time, the hidden state carried forward, nothing ever read twice.

Shapes: V vocabulary.
"""

import hashlib
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from engine.checkpoint import LoadedModel
from engine.config import ComposeConfig
from engine.errors import ComposeError
from engine.variants import fold_begin
from engine.verse import split_lines
from engine.vocabulary import BEGIN, END, PAD, SPECIAL_TOKENS, UNKNOWN

Finish = Literal["end", "limit"]

# Below it float32 divides by nothing; the likeliest character is certain long before.
SMALLEST_TEMPERATURE = 1e-30


@dataclass(frozen=True, slots=True)
class Glyph:
    """One character of a poem in the making.

    `probability` is the model's own for this character, before temperature and top-p. `given` characters were asked
    for, not drawn. The last glyph says why it is the last: `end` (its character is empty: the model closed the
    poem) or `limit`.
    """

    index: int
    character: str
    probability: float
    given: bool = False
    finish: Finish | None = None
    alternatives: tuple[tuple[str, float], ...] = ()

    @property
    def surprise_nats(self) -> float:
        """−ln p: how little the model expected this."""
        return -math.log(max(self.probability, 1e-38))


@dataclass(frozen=True, slots=True)
class Composition:
    """A finished poem. `logprob` is the sum of ln p over all its characters and its end, in nats."""

    begin: str
    text: str
    seed: int
    model: str
    logprob: float
    finish: Finish

    def to_dict(self) -> dict[str, object]:
        """The object that `poetry-tui compose --json` prints. Form, rhyme and tones are not judged for free verse."""
        return {
            "begin": self.begin,
            "text": self.text,
            "lines": split_lines(self.text),
            "form": "free",
            "rhyme": None,
            "seed": self.seed,
            "model": self.model,
            "logprob": round(self.logprob, 3),
            "verdicts": {"form": None, "tones": None, "rhyme": None},
            "finish": self.finish,
        }


@torch.inference_mode()
def compose(loaded: LoadedModel, config: ComposeConfig, n_alternatives: int = 0) -> Iterator[Glyph]:
    """Draw a poem, yielding each character as soon as it is known.

    Args:
        config: begin characters, temperature, top-p, seed, limit. The same of all gives the same poem on one device.
        n_alternatives: how many of the likeliest characters to tell with each glyph.

    Raises:
        ComposeError: when a begin character is unknown to the model and has no known variant.
    """
    model, vocabulary = loaded.model, loaded.vocabulary
    begin = fold_begin(config.begin, vocabulary)
    given = vocabulary.encode(begin)
    # The draw happens on the CPU: a GPU's generator gives other numbers for the same seed.
    random = torch.Generator().manual_seed(_stream(config.seed, begin))
    state = None
    last = BEGIN
    for index in range(max(config.max_chars, len(given))):
        logits, state = model.step(torch.tensor([last], device=loaded.device), state)  # (1,) -> (1, V)
        log_p = torch.log_softmax(logits[0].float().cpu(), dim=0)  # (V,)
        chosen = (
            given[index]
            if index < len(given)
            else draw(log_p, config.temperature, config.top_p, random, may_end=index > 0)
        )
        at_limit = index + 1 >= max(config.max_chars, len(given))
        yield Glyph(
            index=index,
            character=vocabulary.character(chosen),
            probability=math.exp(float(log_p[chosen])),
            given=index < len(given),
            finish="end" if chosen == END else "limit" if at_limit else None,
            alternatives=_likeliest(log_p, loaded, n_alternatives),
        )
        if chosen == END:
            return
        last = chosen


def _stream(seed: int, begin: str) -> int:
    """The seed of one poem's random numbers: with the same for every begin, the poems of one seed would resemble each other."""
    return int.from_bytes(hashlib.blake2b(f"{seed} {begin}".encode(), digest_size=7).digest(), "big")


def draw(log_p: Tensor, temperature: float, top_p: float, random: torch.Generator, *, may_end: bool = True) -> int:
    """Choose an index from ln p (V,): the likeliest at temperature 0, else among those that hold `top_p` of the tempered mass.

    A character stays when those likelier than it do not hold `top_p` yet: the likeliest always stays, and of equally
    likely ones all or none. Each draw takes one number from `random`.
    """
    scores = log_p.numpy().copy()  # float32 sorts and exponentiates twice as fast; sums are made in float64
    scores[[PAD, UNKNOWN, BEGIN] if may_end else [PAD, UNKNOWN, BEGIN, END]] = -np.inf
    if temperature == 0:
        return int(scores.argmax())
    with np.errstate(over="ignore"):  # next to temperature 0 all but the likeliest become −∞, which is right
        weights = np.exp((scores - scores.max()) / max(temperature, SMALLEST_TEMPERATURE))
    descending = np.sort(weights)[::-1]
    held = descending.cumsum(dtype=np.float64)
    least_kept = descending[np.searchsorted(held, top_p * held[-1])]
    weights[weights < least_kept] = 0
    held = weights.cumsum(dtype=np.float64)
    place = float(torch.rand((), generator=random)) * held[-1]
    return int(np.searchsorted(held, place, side="right"))


def _likeliest(log_p: Tensor, loaded: LoadedModel, limit: int) -> tuple[tuple[str, float], ...]:
    if limit == 0:
        return ()
    values, indices = log_p.topk(min(limit + len(SPECIAL_TOKENS), len(log_p)))
    named = [
        (loaded.vocabulary.character(index), math.exp(value))
        for value, index in zip(values.tolist(), indices.tolist(), strict=True)
        if index >= len(SPECIAL_TOKENS)
    ]
    return tuple(named[:limit])


def finish(glyphs: Iterable[Glyph], loaded: LoadedModel, config: ComposeConfig) -> Composition:
    """Gather the glyphs of one composition into a poem."""
    text, logprob, reason = "", 0.0, None
    for glyph in glyphs:
        text += glyph.character
        logprob -= glyph.surprise_nats
        reason = glyph.finish
    if reason is None:
        raise ComposeError("The composition was broken off before its end.", "Compose again.")
    return Composition(config.begin, text, config.seed, loaded.name, logprob, reason)


def compose_poem(loaded: LoadedModel, config: ComposeConfig) -> Composition:
    """A whole poem at once."""
    return finish(compose(loaded, config), loaded, config)
