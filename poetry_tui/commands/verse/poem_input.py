"""The input of `check` and `novelty`: poems from a file or a pipe."""

import sys
from collections.abc import Iterator

from engine.corpus.poem import RawPoem
from engine.corpus.readers.content import spooled
from engine.corpus.readers.formats import PoemFile, open_content, open_poems
from engine.prosody.text import is_han
from engine.system.errors import CorpusError
from engine.system.names import path_of
from poetry_tui.commands.output import print_note

STDIN = "-"


def given_poems(file: str, format: str | None = None, columns: str | None = None) -> PoemFile:
    """Open the poems of a file, or of stdin for `-`. Raises CorpusError as `open_poems` does."""
    if file != STDIN:
        return open_poems(path_of(file), format, columns)
    if sys.stdin is None:
        raise CorpusError("There is nothing to read: stdin is closed.", "Name a file of poems.")
    return open_content(spooled(sys.stdin.buffer, "stdin"), format, columns)


def numbered_poems(file: PoemFile) -> Iterator[tuple[int, RawPoem]]:
    """The poems of a file, numbered from 1; one without a Han character is skipped with a note.

    Raises:
        CorpusError: no poem was found until the end of the file.
    """
    n_found = 0
    for number, raw in enumerate(file, start=1):
        if any(map(is_han, raw.text)):
            n_found += 1
            yield number, raw
        else:
            print_note("poem {number} is left out: it holds no Han character", number=number)
    if not n_found:
        raise CorpusError(
            "No poem was found in {name}.", "Is it a file of poems? --format says how to read it.", name=file.name
        )
