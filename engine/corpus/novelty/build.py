"""Training lines of a corpus: built once, cached, copied into every run.

The cache is `lines-<key>.bloom`; the key depends on the format and the checksum of the corpus.
"""

import contextlib
import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from engine.corpus.caches import cache_of, key_of, read_or_build
from engine.corpus.corpus import Corpus, split_of
from engine.corpus.novelty.bloom import BloomFilter, CodePoints, Hashes, HashSet, code_points, distinct, hash_rows
from engine.corpus.novelty.line_index import MIN_LINE_CHARS, RUN_LENGTH, LineIndex
from engine.corpus.novelty.training_lines import FORMAT, LINE_BITS, RUN_BITS, TrainingLines, read_lines
from engine.corpus.poem import Poem
from engine.corpus.tokens.control_code_cache import ragged_positions
from engine.prosody.text import MARKS
from engine.runs.folder import LINES
from engine.system.errors import CorpusError, ModelError
from engine.system.files import reporting_disk_errors, write_atomically

# A pause within a line of 词: the line is stored without it as a whole, and as its two parts.
PAUSE = "、"
# A character counts as reduplicated if at least one line in LINES_A_REDUPLICATION, and at least MIN_REDUPLICATIONS lines,
# have it twice in a row.
LINES_A_REDUPLICATION = 125_000
MIN_REDUPLICATIONS = 3
# Line length -> characters before the caesura (白日|依山尽): a doubled character across it is a coincidence.
CAESURA = {4: 2, 5: 2, 7: 4}

_POEMS_AT_ONCE = 8192
_N_CODE_POINTS = 0x110000
_LINE_BREAK = "\n"

Int64 = npt.NDArray[np.int64]


def open_lines(corpus: Corpus) -> TrainingLines:
    """The training lines of a corpus, from the cache, or built (about 10 s for 300,000 poems).

    Raises CorpusError when the corpus is damaged or the cache cannot be written.
    """
    key = key_of(f"{FORMAT} {corpus.sha256}")
    path = cache_of(corpus, f"lines-{key}.bloom")

    def read() -> TrainingLines | None:
        with contextlib.suppress(ModelError):
            return read_lines(path)
        return None

    def build_cache() -> TrainingLines:
        lines = build(corpus.poems(), corpus.sha256)
        write_atomically(path, lines.to_bytes())
        return lines

    return read_or_build(path, read, build_cache)


def keep_lines(corpus: Corpus, folder: Path) -> None:
    """Copy the training lines of a corpus into the folder of a run, unless they are there."""
    with contextlib.suppress(ModelError):
        if read_lines(folder / LINES).corpus_sha256 == corpus.sha256:
            return
    lines = open_lines(corpus)
    with reporting_disk_errors(folder / LINES, CorpusError):
        lines.save(folder)


def build(poems: Iterable[Poem], corpus_sha256: str) -> TrainingLines:
    """Build the filters from the poems of the training split; held-out poems are skipped."""
    found = _read(poems)
    return TrainingLines(
        lines=BloomFilter.of(_together(found.line_hashes), LINE_BITS),
        runs=BloomFilter.of(_together(found.run_hashes), RUN_BITS),
        reduplicated=found.reduplicated(),
        corpus_sha256=corpus_sha256,
    )


def exact_lines(corpus: Corpus) -> LineIndex:
    """The training lines of a corpus without false positives, in memory: 8 bytes per line and run, 80 MB for 300,000 poems.

    Raises CorpusError when the corpus is damaged.
    """
    found = _read(corpus.poems())
    lines, runs = (HashSet(distinct(_together(hashes))) for hashes in (found.line_hashes, found.run_hashes))
    return LineIndex(lines, runs, found.reduplicated())


def _read(poems: Iterable[Poem]) -> "_Found":
    found = _Found()
    training = (poem.text for poem in poems if split_of(poem) == "train")
    while texts := list(itertools.islice(training, _POEMS_AT_ONCE)):
        found.add(texts)
        # Texts with pauses again, without the pauses; their lines without a pause are added twice, which is harmless.
        if paused := [text.replace(PAUSE, "") for text in texts if PAUSE in text]:
            found.add_lines(_Lines.of(paused))
    return found


@dataclass(frozen=True, slots=True)
class _Lines:
    """Lines of many poems: all their `characters`, the start of each line, and its length."""

    characters: CodePoints
    starts: Int64
    lengths: Int64

    @classmethod
    def of(cls, texts: list[str]) -> "_Lines":
        characters = code_points(_LINE_BREAK.join(texts))
        stops = np.flatnonzero(np.isin(characters, code_points(MARKS + _LINE_BREAK)))
        starts = np.concatenate(([0], stops + 1))
        lengths = np.concatenate((stops, [len(characters)])) - starts
        return cls(characters, starts[lengths > 0], lengths[lengths > 0])

    def of_length(self, length: int) -> CodePoints:
        """The lines of one length (n, length)."""
        return self._rows(self.starts[self.lengths == length], length)

    def runs(self, length: int) -> CodePoints:
        """Every run of `length` characters within a line (n, length)."""
        n_runs = np.maximum(self.lengths - length + 1, 0)
        return self._rows(ragged_positions(self.starts, n_runs), length)

    def _rows(self, starts: Int64, length: int) -> CodePoints:
        rows: CodePoints = self.characters[starts[:, None] + np.arange(length)]
        return rows


@dataclass(slots=True)
class _Found:
    """Counts and hashes so far. `doubled` (2, code points): doubled characters within a half-line, and across the caesura."""

    n_lines: int = 0
    line_hashes: list[Hashes] = field(default_factory=list)
    run_hashes: list[Hashes] = field(default_factory=list)
    doubled: Int64 = field(default_factory=lambda: np.zeros((2, _N_CODE_POINTS), np.int64))

    def add(self, texts: list[str]) -> None:
        lines = _Lines.of(texts)
        self.add_lines(lines)
        self.n_lines += len(lines.starts)
        for length in np.unique(lines.lengths).tolist():
            rows = lines.of_length(length)
            for position in range(1, length):
                characters = rows[rows[:, position] == rows[:, position - 1], position]
                np.add.at(self.doubled[int(position == CAESURA.get(length))], characters, 1)

    def add_lines(self, lines: _Lines) -> None:
        for length in np.unique(lines.lengths).tolist():
            if length >= MIN_LINE_CHARS:
                self.line_hashes.append(hash_rows(lines.of_length(length)))
        self.run_hashes.append(distinct(hash_rows(lines.runs(RUN_LENGTH))))

    def reduplicated(self) -> frozenset[str]:
        """The characters that are doubled often enough, and at least as often within a half-line as across the caesura (unlike 天)."""
        within, across = self.doubled
        enough = max(MIN_REDUPLICATIONS, self.n_lines // LINES_A_REDUPLICATION)
        return frozenset(chr(code) for code in np.flatnonzero((within >= enough) & (within >= across)))


def _together(hashes: list[Hashes]) -> Hashes:
    return np.concatenate(hashes) if hashes else np.zeros(0, np.uint64)
