"""Poems to judge a model by: held out of training, and none of their lines in it."""

from collections.abc import Callable, Iterator
from typing import Literal

from engine.corpus.poem import Poem, Split, is_even, split_of, without_shared_lines
from engine.corpus.store import Corpus

Shape = Literal["all", "quatrains", "octaves"]
N_LINES: dict[Shape, int] = {"quatrains": 4, "octaves": 8}


def held_out_poems(corpus: Corpus, shape: Shape = "all", split: Split = "test") -> Iterator[Poem]:
    """The poems of a split that share no line with a training poem.

    Args:
        shape: `quatrains` are four lines, `octaves` eight, of five or of seven characters.
    """
    fits = _shape_test(shape)
    candidates = [poem for poem in corpus.poems() if split_of(poem) == split and fits(poem)]
    training = (poem for poem in corpus.poems() if split_of(poem) == "train")
    return without_shared_lines(candidates, training)


def _shape_test(shape: Shape) -> Callable[[Poem], bool]:
    if shape == "all":
        return lambda poem: True
    n_lines = N_LINES[shape]
    return lambda poem: is_even(poem, n_lines, 5) or is_even(poem, n_lines, 7)
