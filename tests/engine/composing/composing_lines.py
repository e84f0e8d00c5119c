"""What the tests of composing share: the lines of a poem, and training lines of a test's own."""

from dataclasses import replace
from typing import Any, cast

import numpy as np

from engine.composing.composer import Composition, compose_poem
from engine.config.schema import ComposeConfig
from engine.corpus.novelty.bloom import CodePoints
from engine.corpus.novelty.training_lines import TrainingLines
from engine.model.checkpoint import LoadedModel
from engine.prosody.text import is_han
from tests.engine.composing.rhyming_model import rhyming_model

HAN = "".join(filter(is_han, rhyming_model().vocabulary.characters))


class Lines:
    """Training lines of the test's own."""

    def __init__(self, lines: set[str] | None = None, doubled: str = "") -> None:
        self._lines, self._doubled = lines, doubled

    def contains(self, lines: list[str]) -> np.ndarray[Any, np.dtype[np.bool_]]:
        return np.array([self._lines is None or line in self._lines for line in lines], np.bool_)

    def ends(self, beginnings: CodePoints) -> np.ndarray[Any, np.dtype[np.bool_]]:
        known, texts = self._lines, ["".join(map(chr, one)) for one in beginnings]
        return np.array([known is None or any(map(one.endswith, known)) for one in texts], np.bool_)

    def reduplicates(self, character: str) -> bool:
        return character in self._doubled


def with_lines(loaded: LoadedModel, lines: Lines) -> LoadedModel:
    return replace(loaded, lines=cast(TrainingLines, lines))


def again(loaded: LoadedModel, constraint: ComposeConfig, poem: Composition) -> Composition:
    """A candidate composed alone."""
    return compose_poem(loaded, constraint.replace(seed=poem.seed, n_particles=poem.n_particles))


def lines_of(poem: Composition) -> list[str]:
    return ["".join(filter(is_han, line)) for line in cast(list[str], poem.to_dict()["lines"])]
