"""The finished poem, its verdicts, and the alternatives of a token."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.composing.replies import Alternative, Finish
from engine.corpus.tokens.vocabulary import SPECIAL_TOKENS, Vocabulary
from engine.prosody.checker import AnyFit, fitted, verdicts_of
from engine.prosody.forms.definitions import Form
from engine.prosody.forms.match import Verdict
from engine.prosody.rhymes import masks_of
from engine.prosody.text import FREE_VERSE, is_han, split_lines

_DECIDED: Mapping[Verdict, bool | None] = {"ok": True, "violation": False, "undecidable": None}


@dataclass(frozen=True, slots=True)
class Composition:
    """A finished poem.

    `logprob`: the sum of ln p over all characters and END, in nats. `score`: the mean of ln p over the Han characters, less
    penalties for repeated characters and for couplets that are not parallel. `sense`: the mark that the ranker predicts; candidates
    are ranked by it, without a ranker by `score`. `parallelism`: the mean score of the middle couplets of a 律诗, or that of a couplet,
    0 to 1; None for other forms. `tone_pattern` and `rhyme`: the tone pattern and rhyme group by the checker; `verdicts`: its verdicts
    on form, tones and rhyme, None if undecidable. `seed` and `n_particles` reproduce the poem.
    """

    begin: str
    text: str
    seed: int
    model: str
    logprob: float
    finish: Finish
    form: str = FREE_VERSE
    tone_pattern: str | None = None
    rhyme: str | None = None
    score: float = 0.0
    sense: float | None = None
    verdicts: tuple[bool | None, ...] = (None, None, None)
    n_particles: int = 0
    parallelism: float | None = None

    def to_dict(self) -> dict[str, object]:
        """The object that `poetry-tui compose --json` prints. Tone pattern, rhyme and verdicts are null for free verse."""
        return {
            "begin": self.begin,
            "text": self.text,
            "lines": split_lines(self.text),
            "form": self.form,
            "order": self.tone_pattern,
            "rhyme": self.rhyme,
            "seed": self.seed,
            "n_particles": self.n_particles,
            "model": self.model,
            "logprob": round(self.logprob, 3),
            "score": round(self.score, 4),
            "sense": None if self.sense is None else round(self.sense, 3),
            "parallelism": None if self.parallelism is None else round(self.parallelism, 3),
            "verdicts": dict(zip(("form", "tones", "rhyme"), self.verdicts, strict=True)),
            "finish": self.finish,
        }


def likeliest(
    log_probs: NDArray[np.float32], allowed: NDArray[np.bool_] | None, vocabulary: Vocabulary, limit: int
) -> tuple[Alternative, ...]:
    """The `limit` likeliest characters by ln p (V,), with their probability among the `allowed` (V,); None allows all.

    Probabilities are rounded to six significant digits, because they are only displayed, sent and stored.
    """
    if limit == 0:
        return ()
    n_special = len(SPECIAL_TOKENS)
    characters = log_probs[n_special : vocabulary.n_predictable]
    limit = min(limit, len(characters))
    order = np.argpartition(-characters, limit - 1)[:limit]
    order = order[np.lexsort((order, -characters[order]))] + n_special
    mass = allowed_mass(log_probs, allowed)
    found = []
    for index in order.tolist():
        probability = math.exp(log_probs[index])
        is_allowed = allowed is None or bool(allowed[index])
        shares = (float(f"{share:.6g}") for share in (probability, probability / mass if is_allowed else 0.0))
        found.append(Alternative(vocabulary.character(index), *shares))
    return tuple(found)


def surprisal_nats_of(probability: float) -> float:
    """−ln p, of at least 1e-38."""
    return -math.log(max(probability, 1e-38))


def allowed_mass(log_probs: NDArray[np.float32], allowed: NDArray[np.bool_] | None) -> float:
    """The probability mass of the `allowed` characters (V,), at least 1e-38; 1 for None."""
    return (
        1.0 if allowed is None else max(float(np.exp(log_probs[np.flatnonzero(allowed)]).sum(dtype=np.float64)), 1e-38)
    )


def han_lines_of(text: str) -> list[str]:
    """The Han characters of each line of a poem."""
    return ["".join(filter(is_han, line)) for line in split_lines(text)]


def judge(
    text: str, form: Form, requested_tone_pattern: str | None, requested_rhyme: str | None
) -> tuple[str, str | None, tuple[bool | None, ...]]:
    """The tone pattern, the group of the first rhyme, and the verdicts on form, tones and rhyme, by the checker.

    The requested tone pattern and group win among those that fit equally well.
    """
    lines = han_lines_of(text)
    found = fitted(lines, form)
    verdicts = verdicts_of(lines, found)
    decided = tuple(_DECIDED[one] for one in (verdicts.form, verdicts.tones, verdicts.rhyme))
    as_requested = [name for name in found.ties if requested_tone_pattern and name.startswith(requested_tone_pattern)]
    return next(iter(as_requested), found.tone_pattern.name), _rhyme(found, requested_rhyme), decided


def _rhyme(found: AnyFit, requested: str | None) -> str | None:
    """The group of the first rhyme. If several groups contain all its characters: the requested one, else the first in the book."""
    names = masks_of(found.form.rhyme_system).names_in(found.rhyme.shared.get(found.tone_pattern.rhymes[0].label, 0))
    as_requested = [name for name in names if requested in (name, name[-1])]
    return next(iter([*as_requested, *names]), None)
