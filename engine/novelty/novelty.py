"""How new a poem is: its longest run of characters shared with one line that the model was trained on, and its copied lines."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from engine.corpus.poem import Poem
from engine.corpus.store import Corpus, list_corpora
from engine.novelty.build import PAUSE
from engine.novelty.line_index import RUN_LENGTH, LineIndex
from engine.novelty.search import search
from engine.prosody.text import is_han, split_lines


@dataclass(frozen=True, slots=True)
class Novelty:
    """`exact`: found in the corpus, of which `line`, `title` and `author` tell the place.

    Otherwise looked up in the filter: no false negatives, but `longest_run` and `n_lines_copied` may be too high,
    and a run of fewer than four characters is reported as three.
    """

    longest_run: int
    run: str
    n_lines: int
    n_lines_copied: int
    exact: bool
    line: str | None = None
    title: str | None = None
    author: str | None = None

    def to_dict(self) -> dict[str, object]:
        return asdict(self)


def novelty_of(
    text: str, lines: LineIndex | None, corpus: Corpus | None, go_on: Callable[[], None] = lambda: None
) -> Novelty | None:
    """Judge a poem: exactly where there is a corpus, else by the filter; None where there is neither.

    `go_on` is called again and again while the corpus is searched; it may raise to break off.

    Raises:
        CorpusError: when the corpus cannot be read.
    """
    verse = verse_lines(text)
    if corpus is not None:
        return _exact(verse, lines, corpus, go_on)
    return None if lines is None else _by_filter(verse, lines)


def corpus_of(header: Mapping[str, Any]) -> Corpus | None:
    """The corpus that a model was trained on, where it is installed, under whatever name; `header`: of its model.json."""
    trained_on = header.get("corpus")
    sha256 = trained_on.get("sha256") if isinstance(trained_on, dict) else None
    return next((corpus for corpus in list_corpora() if corpus.sha256 == sha256), None)


def verse_lines(text: str) -> list[str]:
    """The lines of any text, Han characters alone; a pause 、 parts no line."""
    return "".join(character if is_han(character) else " " for character in text.replace(PAUSE, "")).split()


def _exact(verse: Sequence[str], lines: LineIndex | None, corpus: Corpus, go_on: Callable[[], None]) -> Novelty:
    found = search(corpus, verse, lines, go_on)
    n_copied = sum(line in found.copied for line in verse)
    if found.longest is None:
        return Novelty(0, "", len(verse), n_copied, exact=True)
    longest = found.longest
    return Novelty(
        len(longest.run), longest.run, len(verse), n_copied, True, longest.line, longest.title, longest.author
    )


def _by_filter(verse: Sequence[str], lines: LineIndex) -> Novelty:
    copied = [line for line, is_copied in zip(verse, lines.contains(verse).tolist(), strict=True) if is_copied]
    runs = [line[first : first + length] for line in verse for first, length in [lines.longest_run(line)]]
    run = max([*runs, *copied], key=len, default="")
    longest = len(run) or min(RUN_LENGTH - 1, max(map(len, verse), default=0))
    return Novelty(longest, run, len(verse), len(copied), exact=False)


def n_memorised(poems: Sequence[Poem], known: LineIndex) -> int:
    """How many poems have at least half of their lines, marks aside, in the training text.

    One line alone may be a coincidence: of lines of five characters of held-out poems one in twenty stands there.
    """
    lines_of = [split_lines(poem.text) for poem in poems]
    found = known.contains([line for lines in lines_of for line in lines])
    ends = np.cumsum([0, *map(len, lines_of)])
    n_lines, n_found = np.diff(ends), np.diff(np.concatenate(([0], np.cumsum(found)))[ends])
    return int(((n_found > 0) & (2 * n_found >= n_lines)).sum())
