"""Search of the installed corpora for poems with a phrase: earlier uses of an allusion or a word. Needs no index.

The file of poems is searched as bytes: 312,000 poems (82 MB) take a few hundredths of a second per phrase.
"""

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from engine.corpus.corpus import Corpus, list_corpora, poem_of
from engine.prosody.text import is_han, split_lines
from engine.system.errors import CorpusError

MAX_FOUND = 40
_MIN_PHRASE_CHARS = 2


@dataclass(frozen=True, slots=True)
class Quotation:
    """A line of a poem that contains a phrase."""

    phrase: str
    line: str
    author: str
    title: str


def quotations(phrase: str, corpus: Corpus, without: str = "") -> Iterator[Quotation]:
    """Yield a line with the phrase from each poem of a corpus that has one, in order; poems with the text `without` are skipped.

    Raises:
        CorpusError: when the poems cannot be read.
    """
    with (
        corpus.reporting_unreadable_poems(),
        corpus.poems_file.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text,
    ):
        at = text.find(phrase.encode())
        while at >= 0:
            end = text.find(b"\n", at)
            end = len(text) if end < 0 else end
            poem = poem_of(text[text.rfind(b"\n", 0, at) + 1 : end])
            # The phrase may be in the title alone; in the text it must lie within one line.
            line = next((line for line in split_lines(poem.text) if phrase in line), None)
            if line is not None and poem.text != without:
                yield Quotation(phrase, line, poem.author, poem.title)
            at = text.find(phrase.encode(), end)


def largest_corpus() -> Corpus:
    """The installed corpus with the most poems.

    Raises:
        CorpusError: when there is none.
    """
    found = max(list_corpora(), key=lambda corpus: corpus.n_poems, default=None)
    if found is None:
        raise CorpusError("There is no corpus to look into.", "Install one: `poetry-tui corpus install tang-song`.")
    return found


def quotations_around(text: str, index: int, corpus: Corpus) -> list[Quotation]:
    """At most `MAX_FOUND` lines of other poems that contain a phrase around a character of a poem, longest phrases first."""
    found: list[Quotation] = []
    seen: set[str] = set()
    for phrase in _phrases(text, index):
        for one in islice(quotations(phrase, corpus, without=text), MAX_FOUND):
            if one.line not in seen and len(found) < MAX_FOUND:
                seen.add(one.line)
                found.append(one)
    return found


def _phrases(text: str, index: int) -> Iterator[str]:
    """The runs of at least `_MIN_PHRASE_CHARS` characters of a line that contain a position, longest first."""
    first = last = index
    while first > 0 and is_han(text[first - 1]):
        first -= 1
    while last < len(text) and is_han(text[last]):
        last += 1
    for length in range(last - first, _MIN_PHRASE_CHARS - 1, -1):
        for start in range(max(first, index - length + 1), min(index, last - length) + 1):
            yield text[start : start + length]
