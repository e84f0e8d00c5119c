"""Poems to be judged, from a file or a pipe."""

import sys

from engine.corpus.content import kept_aside
from engine.corpus.formats import PoemFile, open_content, open_poems
from engine.errors import CorpusError
from engine.names import path_of

STDIN = "-"


def given_poems(file: str, format: str | None = None, columns: str | None = None) -> PoemFile:
    """The poems of a file, or of stdin where it is called `-`; CorpusError as `open_poems`."""
    if file != STDIN:
        return open_poems(path_of(file), format, columns)
    if sys.stdin is None:
        raise CorpusError("There is nothing to read: stdin is closed.", "Name a file of poems.")
    return open_content(kept_aside(sys.stdin.buffer, "stdin"), format, columns)
