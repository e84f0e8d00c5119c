"""An index of the lines of a training text: whole lines, runs of characters, reduplications.

Shapes: B lines, L characters each.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from engine.corpus.novelty.bloom import BloomFilter, CodePoints, Flags, HashSet, hash_ends, hash_strings
from engine.prosody.text import MARKS

# Shorter lines are common phrases: of the lines of held-out poems, a third of those of three characters occur in
# the training text, a sixth of those of four, one in twenty of those of five, one in thirty of those of seven.
MIN_LINE_CHARS = 4
# A known line of five characters within a longer line counts as copied; four characters are a common phrase.
MIN_PART_CHARS = 5
# Length of the runs in the filter, in characters; longer runs are found as overlapping runs of it.
RUN_LENGTH = 4

_WITHOUT_MARKS = str.maketrans("", "", MARKS)


@dataclass(frozen=True, eq=False)
class LineIndex:
    """An index of training lines. `line in index` looks up a whole line without marks; lines below `MIN_LINE_CHARS` are never in it.

    `lines`: the whole lines. `runs`: all runs of `RUN_LENGTH` characters within them. There are no false negatives; Bloom filters have
    a few false positives.
    """

    lines: BloomFilter | HashSet
    runs: BloomFilter | HashSet
    reduplicated: frozenset[str]

    def __contains__(self, line: str) -> bool:
        return bool(self.contains([line])[0])

    def contains(self, lines: Sequence[str]) -> Flags:
        """Whether each line occurs in the training text."""
        bare = [line.translate(_WITHOUT_MARKS) for line in lines]
        found = self.lines.contains(hash_strings(bare))
        found &= np.array([len(line) >= MIN_LINE_CHARS for line in bare], np.bool_)
        return found

    def contains_known(self, lines: Sequence[str]) -> Flags:
        """Whether each line contains a training line of at least `MIN_PART_CHARS` characters, or is one."""
        bare = [line.translate(_WITHOUT_MARKS) for line in lines]
        parts = [[line, *_parts_of(line)] for line in bare]
        known = self.contains([part for some in parts for part in some])
        held = np.zeros(len(bare), np.bool_)
        held[np.repeat(np.arange(len(bare)), list(map(len, parts)))[known]] = True
        return held

    def ends(self, beginnings: CodePoints) -> Flags:
        """Whether each beginning of a line ends with a training line of at least `MIN_PART_CHARS` characters.

        Of the line 独看床前明月光, the beginning 独看床前明 does not, the whole line does.

        Args:
            beginnings: code points (B, L) of beginnings of equal length, without marks.
        """
        hashes = hash_ends(beginnings, MIN_PART_CHARS)
        return np.asarray(self.lines.contains(hashes.ravel()).reshape(hashes.shape).any(1))

    def reduplicates(self, character: str) -> bool:
        """Whether the training text doubles a character as a reduplication: 悠悠, 日日."""
        return character in self.reduplicated

    def may_contain(self, run: str) -> bool:
        """Whether a run may occur within a training line; False is certain. Always True below `RUN_LENGTH` characters."""
        return len(run) < RUN_LENGTH or self.longest_run(run) == (0, len(run))

    def longest_run(self, line: str) -> tuple[int, int]:
        """The longest run of a line's characters that may occur in one training line: (first position, length).

        Never shorter than the real one if that has at least `RUN_LENGTH` characters; (0, 0) if there is none of that
        length.
        """
        n_runs = len(line) - RUN_LENGTH + 1
        if n_runs < 1:
            return 0, 0
        found = self.runs.contains(hash_strings([line[position : position + RUN_LENGTH] for position in range(n_runs)]))
        first = best_first = best = 0
        for position, is_found in enumerate(found.tolist()):
            first = first if is_found else position + 1
            if position + 1 - first > best:
                best_first, best = first, position + 1 - first
        return (best_first, best + RUN_LENGTH - 1) if best else (0, 0)


def _parts_of(line: str) -> Iterator[str]:
    for first in range(len(line) - MIN_PART_CHARS + 1):
        for stop in range(first + MIN_PART_CHARS, len(line) + 1):
            yield line[first:stop]
