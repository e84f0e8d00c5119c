"""The train, validation and test splits of a corpus."""

from collections.abc import Iterable, Iterator
from typing import Literal

from engine.corpus.poem import Poem, han_digest
from engine.prosody.text import lines_of

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")
PER_MILLE_VALIDATION = 10
PER_MILLE_TEST = 10


def split_of(poem: Poem) -> Split:
    """Where a poem belongs: 1 % validation, 1 % test, by its Han characters alone, so it never changes its place."""
    per_mille = int.from_bytes(han_digest(poem.text)[:8], "big") % 1000
    if per_mille < PER_MILLE_VALIDATION:
        return "validation"
    if per_mille < PER_MILLE_VALIDATION + PER_MILLE_TEST:
        return "test"
    return "train"


def without_shared_lines(candidates: Iterable[Poem], training: Iterable[Poem]) -> Iterator[Poem]:
    """Only the candidates of which no line stands in any training poem.

    Poems of different splits can still share lines (replies, quotations, variants of one poem); an honest evaluation
    leaves such poems out. Lines are compared by their Han characters; holds the candidates' lines in memory.
    """
    kept = list(candidates)
    lines = {line for poem in kept for line in lines_of(poem.text)}
    seen = {line for poem in training for line in lines_of(poem.text) if line in lines}
    return (poem for poem in kept if not any(line in seen for line in lines_of(poem.text)))
