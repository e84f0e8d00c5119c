"""What composing gives: glyph after glyph, and the finished poem."""

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.corpus.vocabulary import SPECIAL_TOKENS, Vocabulary, is_han
from engine.prosody.checker import AnyFit, fitted, verdicts_of
from engine.prosody.form_match import Verdict
from engine.prosody.forms import Form
from engine.prosody.parallelism import mean_score, middle_couplets
from engine.prosody.rhymes import masks_of
from engine.prosody.text import split_lines

Finish = Literal["end", "limit"]
# (character, the model's probability, the probability among what the wishes allow: 0 for what they forbid)
Alternative = tuple[str, float, float]

# What a repeated character costs a candidate: as much as one that the model all but rules out.
REPETITION_NATS = 8.0
# What a 律诗 loses whose middle couplets are not parallel at all: candidates differ by some tenths of a nat otherwise.
PARALLELISM_NATS = 0.5

_DECIDED: Mapping[Verdict, bool | None] = {"ok": True, "violation": False, "undecidable": None}


@dataclass(frozen=True, slots=True)
class Glyph:
    """One character of a poem in the making.

    `probability` is the model's own for this character, before temperature and top-p; `allowed_probability` its share of
    what the wishes allowed there. `line` and `position` count from 1; a mark has position 0. `given` characters were asked
    for, not drawn. The last glyph says why it is the last: `end` (its character is empty: the model closed the poem) or
    `limit`.
    """

    index: int
    character: str
    probability: float
    given: bool = False
    finish: Finish | None = None
    alternatives: tuple[Alternative, ...] = ()
    line: int = 0
    position: int = 0
    allowed_probability: float = 1.0

    @property
    def surprise_nats(self) -> float:
        """−ln p: how little the model expected this."""
        return -math.log(max(self.probability, 1e-38))


@dataclass(frozen=True, slots=True)
class Composition:
    """A finished poem.

    `logprob` is the sum of ln p over all its characters and its end, in nats. `score` is the mean of ln p over its Han
    characters, less penalties for repeated ones and for middle couplets that are not parallel: what candidates are ranked by.
    `parallelism` is the mean score of the middle couplets of a 律诗, 0 to 1, None for other forms. `order` and `rhyme` are what the checker
    found the poem to be in, and `verdicts` what it says of form, tones and rhyme: None where it cannot be decided. `seed` and
    `n_particles` are the settings that give it again.
    """

    begin: str
    text: str
    seed: int
    model: str
    logprob: float
    finish: Finish
    form: str = "free"
    order: str | None = None
    rhyme: str | None = None
    score: float = 0.0
    verdicts: tuple[bool | None, ...] = (None, None, None)
    n_particles: int = 0
    parallelism: float | None = None

    def to_dict(self) -> dict[str, object]:
        """The object that `poetry-tui compose --json` prints. Order, rhyme and tones are not judged for free verse."""
        return {
            "begin": self.begin,
            "text": self.text,
            "lines": split_lines(self.text),
            "form": self.form,
            "order": self.order,
            "rhyme": self.rhyme,
            "seed": self.seed,
            "n_particles": self.n_particles,
            "model": self.model,
            "logprob": round(self.logprob, 3),
            "score": round(self.score, 4),
            "parallelism": None if self.parallelism is None else round(self.parallelism, 3),
            "verdicts": dict(zip(("form", "tones", "rhyme"), self.verdicts, strict=True)),
            "finish": self.finish,
        }


def likeliest(
    log_p: NDArray[np.float32], allowed: NDArray[np.bool_] | None, vocabulary: Vocabulary, limit: int
) -> tuple[Alternative, ...]:
    """The likeliest characters by ln p (V,), with their share of what is allowed (V,); without rules everything is."""
    if limit == 0:
        return ()
    n_special = len(SPECIAL_TOKENS)
    characters = log_p[n_special : vocabulary.n_drawable]
    limit = min(limit, len(characters))
    order = np.argpartition(-characters, limit - 1)[:limit]
    order = order[np.lexsort((order, -characters[order]))] + n_special
    share = share_of(log_p, allowed)
    named = []
    for index in order.tolist():
        probability = math.exp(log_p[index])
        is_allowed = allowed is None or bool(allowed[index])
        named.append((vocabulary.character(index), probability, probability / share if is_allowed else 0.0))
    return tuple(named)


def share_of(log_p: NDArray[np.float32], allowed: NDArray[np.bool_] | None) -> float:
    """The probability of all that is allowed (V,)."""
    return 1.0 if allowed is None else max(float(np.exp(log_p[np.flatnonzero(allowed)]).sum(dtype=np.float64)), 1e-38)


def score_of(text: str, han_logprob: float) -> float:
    """The mean of ln p over the Han characters of a text, less `REPETITION_NATS` for the share of them that is repeated.

    A doubled character (青青) is no repetition.
    """
    han = list(filter(is_han, text))
    n_doubled = sum(character == after for character, after in itertools.pairwise(text))
    n_repeated = max(0, len(han) - len(set(han)) - n_doubled)
    return (han_logprob - REPETITION_NATS * n_repeated) / max(1, len(han))


def parallelism_of(text: str, form: Form) -> float | None:
    """The mean score of the couplets that a form wants parallel, 0 to 1; None where it wants none."""
    if not form.is_regulated:
        return None
    return mean_score(middle_couplets(_han_lines(text)))


def _han_lines(text: str) -> list[str]:
    """The lines of a poem without marks."""
    return ["".join(filter(is_han, line)) for line in split_lines(text)]


def judged(
    text: str, form: Form, wished_order: str | None, wished_rhyme: str | None
) -> tuple[str, str | None, tuple[bool | None, ...]]:
    """(tone order, group of the first rhyme, verdicts on form, tones and rhyme) by the checker.

    Of several orders or groups that suit the poem as well, the one that was wished for.
    """
    lines = _han_lines(text)
    found = fitted(lines, form)
    verdicts = verdicts_of(lines, found)
    decided = tuple(_DECIDED[one] for one in (verdicts.form, verdicts.tones, verdicts.rhyme))
    as_wished = [name for name in found.ties if wished_order and name.startswith(wished_order)]
    return next(iter(as_wished), found.tone_pattern.name), _rhyme(found, wished_rhyme), decided


def _rhyme(found: AnyFit, wished: str | None) -> str | None:
    """The group of the first rhyme; of several that suit all its characters the one wished for, else the book's first."""
    names = masks_of(found.form.rhyme_system).names_in(found.rhyme.shared.get(found.tone_pattern.rhymes[0].label, 0))
    as_wished = [name for name in names if wished in (name, name[-1])]
    return next(iter([*as_wished, *names]), None)
