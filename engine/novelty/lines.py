"""The lines that a model was trained on, small enough to ship with it: one file, `lines.bloom`.

Two Bloom filters, of whole lines and of runs of four characters, and the characters that the training text reduplicates. What
stands in the training text is always found; something else is taken for it now and then (see `LINE_BITS`, `RUN_BITS`).

The file, little-endian: eight bytes of magic; eight with the length of the header; the header in JSON, which names the format,
the corpus and the sizes; the bits of the lines, then those of the runs; SHA-256 of all before it.
"""

import hashlib
import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine.corpus.poems import MARKS
from engine.errors import ModelError
from engine.files import write_atomically
from engine.model_files import LINES, lines_file
from engine.novelty.bloom import (
    MOST_BITS,
    MOST_HASHES,
    Bits,
    BloomFilter,
    CodePoints,
    Flags,
    extend,
    hash_strings,
)

HINT = "Restore it from a copy of the model, or delete it: without it the model composes, and no line is compared."
FORMAT = 1

# Shorter ones are phrases that anybody finds: of the lines of held-out poems, a third of those of three characters stand in
# the training text, a sixth of those of four, one in twenty of those of five, one in thirty of those of seven.
SHORTEST_LINE = 4
# A line of seven characters may hold one of five that somebody wrote; four of a line are a common turn.
SHORTEST_PART = 5
# Of so many characters are the runs in the filter; longer ones are chains of them.
RUN_LENGTH = 4
# One line in 120 is taken for a training line by mistake; of the runs, one in ten. For 300,000 poems that makes 7.5 MB.
LINE_BITS = 10.0
RUN_BITS = 4.8

_MAGIC = b"VERSELNS"
_SIZES = struct.Struct("<8sQ")
_CHECKSUM_BYTES = 32
_WITHOUT_MARKS = str.maketrans("", "", MARKS)


@dataclass(frozen=True, eq=False)
class TrainingLines:
    """`line in lines` asks for a whole line, marks aside; a line of fewer than `SHORTEST_LINE` characters is never in."""

    corpus_sha256: str
    lines: BloomFilter
    runs: BloomFilter
    reduplicated: frozenset[str]

    def __contains__(self, line: str) -> bool:
        return bool(self.contains([line])[0])

    def contains(self, lines: Sequence[str]) -> Flags:
        """For each line whether it stands in the training text."""
        bare = [line.translate(_WITHOUT_MARKS) for line in lines]
        found = self.lines.contains(hash_strings(bare))
        found &= np.array([len(line) >= SHORTEST_LINE for line in bare], np.bool_)
        return found

    def held_in(self, lines: Sequence[str]) -> Flags:
        """For each line whether a training line of `SHORTEST_PART` characters or more stands in it: it whole, or a part of it."""
        bare = [line.translate(_WITHOUT_MARKS) for line in lines]
        beginnings = [[line[:stop] for stop in range(SHORTEST_PART, len(line) + 1)] for line in bare]
        held = self.contains(bare)
        ended = self.ended_by([one for some in beginnings for one in some])
        held[np.repeat(np.arange(len(bare)), list(map(len, beginnings)))[ended]] = True
        return held

    def ended_by(self, beginnings: Sequence[str]) -> Flags:
        """For each beginning of a line whether a training line of `SHORTEST_PART` characters or more ends it.

        Beginnings are given without marks. Of the line 独看床前明月光 the beginning 独看床前明 is ended by none, the whole by one.
        """
        parts = [[one[start:] for start in range(len(one) - SHORTEST_PART + 1)] for one in beginnings]
        found = self.lines.contains(hash_strings([part for some in parts for part in some]))
        ended = np.zeros(len(beginnings), np.bool_)
        ended[np.repeat(np.arange(len(beginnings)), list(map(len, parts)))[found]] = True
        return ended

    def completed_by(self, beginning: str, characters: CodePoints) -> Flags:
        """For each code point of (V,) whether, put after `beginning`, it completes a training line.

        For a mask over the vocabulary at the last place of a line.
        """
        if len(beginning) + 1 < SHORTEST_LINE:
            return np.zeros(characters.shape, np.bool_)
        return self.lines.contains(extend(hash_strings([beginning]), characters))

    def reduplicates(self, character: str) -> bool:
        """Whether the training text really doubles a character: 悠悠, 日日."""
        return character in self.reduplicated

    def may_hold(self, run: str) -> bool:
        """Whether a run may stand within a training line; False is certain. Of fewer than `RUN_LENGTH` characters any may."""
        return len(run) < RUN_LENGTH or self.longest_run(run) == (0, len(run))

    def longest_run(self, line: str) -> tuple[int, int]:
        """The longest run of a line's characters that may stand in one training line: (first place, length).

        Never shorter than the real one where that has `RUN_LENGTH` characters or more; (0, 0) where there is none of that
        length.
        """
        n_runs = len(line) - RUN_LENGTH + 1
        if n_runs < 1:
            return 0, 0
        found = self.runs.contains(hash_strings([line[place : place + RUN_LENGTH] for place in range(n_runs)]))
        first = best_first = best = 0
        for place, is_found in enumerate(found.tolist()):
            first = first if is_found else place + 1
            if place + 1 - first > best:
                best_first, best = first, place + 1 - first
        return (best_first, best + RUN_LENGTH - 1) if best else (0, 0)

    def to_bytes(self) -> bytes:
        """The file's content."""
        header = {
            "format": FORMAT,
            "corpus_sha256": self.corpus_sha256,
            "lines": _sizes(self.lines),
            "runs": _sizes(self.runs),
            "reduplicated": "".join(sorted(self.reduplicated)),
        }
        text = json.dumps(header, ensure_ascii=False).encode()
        content = _SIZES.pack(_MAGIC, len(text)) + text + self.lines.bits.tobytes() + self.runs.bits.tobytes()
        return content + hashlib.sha256(content).digest()

    def save(self, folder: Path) -> None:
        """Write `lines.bloom` into a folder, in one step."""
        write_atomically(folder / LINES, self.to_bytes())


def read_lines(path: Path) -> TrainingLines:
    """The lines of a file.

    Raises:
        ModelError: when the file is missing, cut, altered or of a format that this studio does not know.
    """
    try:
        content = path.read_bytes()
        magic, header_size = _SIZES.unpack(content[: _SIZES.size])
        if magic != _MAGIC:
            raise ValueError("it is no file of training lines")
        if hashlib.sha256(content[:-_CHECKSUM_BYTES]).digest() != content[-_CHECKSUM_BYTES:]:
            raise ValueError("its checksum is wrong, so that it was cut or altered")
        bits = np.frombuffer(content, np.uint8)[_SIZES.size + header_size : -_CHECKSUM_BYTES]
        header = json.loads(content[_SIZES.size : _SIZES.size + header_size])
        return _lines_of(header, bits)
    except (OSError, ValueError, KeyError, TypeError, struct.error) as error:
        raise ModelError(f"{path} cannot be read: {error}.", HINT) from error


def lines_of_model(folder: Path, header: Mapping[str, Any]) -> TrainingLines | None:
    """The training lines that lie with a model, or with the run of a checkpoint; None where none do.

    Args:
        header: the model's own, of its model.json.

    Raises:
        ModelError: when they are damaged, or those of another corpus than the model's.
    """
    path = lines_file(folder)
    if path is None:
        return None
    lines = read_lines(path)
    corpus = header.get("corpus")
    if isinstance(corpus, dict) and corpus.get("sha256") not in (None, lines.corpus_sha256):
        raise ModelError(f"{path} holds the lines of another corpus than the model's.", HINT)
    return lines


def _lines_of(header: Mapping[str, Any], bits: Bits) -> TrainingLines:
    """Raises ValueError, KeyError or TypeError where header and bits do not fit."""
    if header["format"] != FORMAT:
        raise ValueError(f"it is in format {header['format']}, and this studio reads {FORMAT}")
    n_bytes = [_n_bytes(header[name]) for name in ("lines", "runs")]
    if sum(n_bytes) != len(bits):
        raise ValueError(f"it has {len(bits):,} bytes of bits and should have {sum(n_bytes):,}")
    return TrainingLines(
        str(header["corpus_sha256"]),
        _filter(header["lines"], bits[: n_bytes[0]]),
        _filter(header["runs"], bits[n_bytes[0] :]),
        frozenset(header["reduplicated"]),
    )


def _sizes(filter: BloomFilter) -> dict[str, int]:
    return {"n_bits": filter.n_bits, "n_hashes": filter.n_hashes, "n_keys": filter.n_keys}


def _n_bytes(sizes: Mapping[str, Any]) -> int:
    n_bits, n_hashes = sizes["n_bits"], sizes["n_hashes"]
    if not (isinstance(n_bits, int) and 0 < n_bits <= MOST_BITS and n_bits % 8 == 0):
        raise ValueError(f"a filter cannot have {n_bits!r} bits")
    if not (isinstance(n_hashes, int) and 0 < n_hashes <= MOST_HASHES):
        raise ValueError(f"a filter cannot have {n_hashes!r} hashes")
    return n_bits // 8


def _filter(sizes: Mapping[str, Any], bits: Bits) -> BloomFilter:
    return BloomFilter(bits, int(sizes["n_hashes"]), int(sizes["n_keys"]))
