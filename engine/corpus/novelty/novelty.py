"""Novelty of a poem: its longest run of characters shared with a training line, and its copied lines."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from engine.corpus.corpus import Corpus, list_corpora, poem_of, split_of
from engine.corpus.novelty.build import PAUSE
from engine.corpus.novelty.line_index import MIN_LINE_CHARS, RUN_LENGTH, LineIndex
from engine.corpus.poem import Poem
from engine.prosody.text import is_han, lines_of, split_lines
from engine.system.errors import CorpusError


@dataclass(frozen=True, slots=True)
class Novelty:
    """The overlap of a poem with the training text. `exact`: the corpus was searched; `line`, `title` and `author` name the place.

    Otherwise the filter was: no false negatives, but `longest_run` and `n_lines_copied` may be too high. `run` is then "", because no run
    is certain to occur, and a run of fewer than four characters is reported as three.
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
    text: str, lines: LineIndex | None, corpus: Corpus | None, on_progress: Callable[[], None] = lambda: None
) -> Novelty | None:
    """Measure the novelty of a poem: exactly if a corpus is given, else by the filter; None without both.

    `on_progress` is called repeatedly while the corpus is searched; it may raise to abort.

    Raises:
        CorpusError: when the corpus cannot be read.
    """
    verse = verse_lines(text)
    if corpus is not None:
        return _exact(verse, lines, corpus, on_progress)
    return None if lines is None else _by_filter(verse, lines)


def corpus_of(metadata: Mapping[str, Any]) -> Corpus | None:
    """The installed corpus that a model was trained on, under any name; None if it is not installed. `metadata`: of the model."""
    trained_on = metadata.get("corpus")
    sha256 = trained_on.get("sha256") if isinstance(trained_on, dict) else None
    return next((corpus for corpus in list_corpora() if corpus.sha256 == sha256), None)


def verse_lines(text: str) -> list[str]:
    """The lines of a text, Han characters only; the pause 、 does not separate lines."""
    return "".join(character if is_han(character) else " " for character in text.replace(PAUSE, "")).split()


def _exact(verse: Sequence[str], lines: LineIndex | None, corpus: Corpus, on_progress: Callable[[], None]) -> Novelty:
    longest, copied = search(corpus, verse, lines, on_progress)
    n_copied = sum(line in copied for line in verse)
    if longest is None:
        return Novelty(0, "", len(verse), n_copied, exact=True)
    run, poem = longest.run, longest.poem
    return Novelty(len(run), run, len(verse), n_copied, True, longest.line, poem.title, poem.author)


def _by_filter(verse: Sequence[str], lines: LineIndex) -> Novelty:
    copied = [line for line, is_copied in zip(verse, lines.contains(verse).tolist(), strict=True) if is_copied]
    longest = max((*map(len, copied), *(length for _, length in map(lines.longest_run, verse))), default=0)
    longest = longest or min(RUN_LENGTH - 1, max(map(len, verse), default=0))
    return Novelty(longest, "", len(verse), len(copied), exact=False)


def n_memorised(poems: Sequence[Poem], known: LineIndex) -> int:
    """The number of poems with at least half of their lines, without marks, in the training text.

    A single line may be a coincidence: one in twenty lines of five characters of held-out poems occurs there.
    """
    lines_of = [split_lines(poem.text) for poem in poems]
    found = known.contains([line for lines in lines_of for line in lines])
    ends = np.cumsum([0, *map(len, lines_of)])
    n_lines, n_found = np.diff(ends), np.diff(np.concatenate(([0], np.cumsum(found)))[ends])
    return int(((n_found > 0) & (2 * n_found >= n_lines)).sum())


_PIECE_BYTES = 1 << 23


@dataclass(frozen=True, slots=True)
class Shared:
    """A shared run: `run` occurs in a line of the verse and in `line` of the training poem `poem`."""

    run: str
    poem: Poem
    line: str


def search(
    corpus: Corpus,
    lines: Sequence[str],
    filter: LineIndex | None = None,
    on_progress: Callable[[], None] = lambda: None,
) -> tuple[Shared | None, frozenset[str]]:
    """Compare lines, given without marks, with every line of the training poems.

    Returns the longest shared run, None where no character is shared, and the lines that are whole training lines. Of several runs of
    the greatest length one is returned. A training line with a pause, 念去去、千里烟波, counts as a whole line with
    and without it; runs end at the pause. `on_progress` is called for every piece of the file; it may raise to abort.

    Raises:
        CorpusError: when the corpus cannot be read.
    """
    # A copied line counts as the longest run too: it may be whole across a pause, which no run crosses.
    longest: Shared | None = None
    suspects = {line for line in lines if len(line) >= MIN_LINE_CHARS and (filter is None or line in filter)}
    copied: set[str] = set()
    for piece in _pieces(corpus):
        on_progress()
        for line in sorted(suspects - copied):
            if (whole := _whole_in(piece, line)) is not None:
                copied.add(line)
                longest = whole if longest is None or len(line) > len(longest.run) else longest
        longest = _longer_in(piece, lines, longest, filter)
    return longest, frozenset(copied)


def _pieces(corpus: Corpus) -> Iterator[bytes]:
    """Yield the file of poems in pieces of `_PIECE_BYTES`, extended to the end of a poem.

    A piece is searched as bytes: in UTF-8 no character occurs within another, and searching 76 MB for an absent run of four characters
    takes about 25 ms.
    """
    with corpus.reporting_unreadable_poems(), corpus.poems_file.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            yield piece + file.readline()


def _longer_in(piece: bytes, lines: Sequence[str], longest: Shared | None, filter: LineIndex | None) -> Shared | None:
    """The longest shared run of a piece if it is longer than `longest`, else `longest`.

    Only longer runs are searched for, so that most searches fail.
    """
    for line in lines:
        start, length = 0, len(longest.run) + 1 if longest else 1
        while start + length <= len(line):
            run = line[start : start + length]
            holder = _holder(piece, run) if filter is None or filter.may_contain(run) else None
            if holder is None:
                start += 1
            else:
                longest, length = Shared(run, *holder), length + 1
    return longest


def _whole_in(piece: bytes, line: str) -> Shared | None:
    """The line as a whole line of a training poem, with or without a pause; None if the piece has none."""
    for position in range(len(line)):
        written = f"{line[:position]}{PAUSE}{line[position:]}" if position else line
        holder = _holder(piece, written, is_whole=True)
        if holder is not None:
            return Shared(line, *holder)
    return None


def _holder(piece: bytes, run: str, *, is_whole: bool = False) -> tuple[Poem, str] | None:
    """The first training poem with a run within a line, or as a whole line, and that line."""
    sought, position = run.encode(), 0
    while (position := piece.find(sought, position)) >= 0:
        first = piece.rfind(b"\n", 0, position) + 1
        stop = piece.find(b"\n", position)
        position = stop if stop >= 0 else len(piece)
        try:
            poem = poem_of(piece[first:position])
        except ValueError as error:
            raise CorpusError("A line of the corpus is damaged.", "Install or import the corpus again.") from error
        # The run may be in the title, or in a held-out poem.
        for line in _lines(poem.text, with_pauses=PAUSE in run) if split_of(poem) == "train" else ():
            if line == run or (not is_whole and run in line):
                return poem, line
    return None


def _lines(text: str, *, with_pauses: bool) -> list[str]:
    if not with_pauses:
        return lines_of(text)
    stand_in = "\x00"
    return [line.replace(stand_in, PAUSE) for line in lines_of(text.replace(PAUSE, stand_in))]
