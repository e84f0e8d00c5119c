"""Poems to be judged, from a file or a pipe."""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from engine.corpus.formats import read_poems
from engine.corpus.poems import RawPoem
from engine.names import path_of

STDIN = "-"


def given_poems(file: str, format: str | None = None) -> Iterator[RawPoem]:
    """The poems of a file, or of stdin where it is called `-`; CorpusError as `read_poems`."""
    if file != STDIN:
        yield from read_poems(path_of(file), format)
        return
    # The readers look at a file before they choose how to read it, so that a pipe will not do.
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "stdin"
        path.write_bytes(sys.stdin.buffer.read())
        yield from read_poems(path, format)
