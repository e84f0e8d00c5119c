"""What a hostile file must come to: a number of poems, or one sentence."""

import json
import os
from pathlib import Path

import pytest

from engine.corpus.cleaning import Cleaner
from engine.corpus.readers.formats import open_poems
from engine.system.errors import CorpusError, StudioError

posix = pytest.mark.skipif(os.name != "posix", reason="FIFOs and sockets")


def read_to_the_end(path: Path, format: str | None = None, columns: str | None = None) -> int | StudioError:
    """How many poems a file gives, cleaned in both ways, or the one sentence that it is refused with."""
    strict, lenient = Cleaner(), Cleaner(simplify=False, unique=False, lenient=True)
    n_poems = 0
    try:
        for raw in open_poems(path, format, columns).poems:
            n_poems += 1
            for cleaner in (strict, lenient):
                poem = cleaner.clean(raw)
                assert poem is None or (poem.title + poem.author + poem.text).encode() is not None
    except StudioError as error:
        return one_sentence(error)
    json.dumps(strict.report.to_dict(), ensure_ascii=False).encode()
    return n_poems


def one_sentence(error: StudioError) -> StudioError:
    assert "\n" not in str(error)
    assert str(error).encode()
    return error


def refused(path: Path, match: str, format: str | None = None) -> None:
    error = read_to_the_end(path, format)
    assert isinstance(error, CorpusError), error
    assert match in error.message
