"""The training lines of a model in a compact file, `lines.bloom`, which ships with the model.

`LineIndex` is implemented by two Bloom filters, of whole lines and of runs of four characters: no false negatives,
and the false-positive rates of `LINE_BITS` and `RUN_BITS`.

The file, little-endian: 8 bytes of magic; 8 bytes with the length of the header; the header in JSON, with the format,
the corpus and the sizes; the bits of the lines, then those of the runs; SHA-256 of everything before it.
"""

import hashlib
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct, convert, to_builtins

from engine.corpus.novelty.bloom import MAX_BITS, MAX_HASHES, Bits, BloomFilter
from engine.corpus.novelty.line_index import LineIndex
from engine.runs.folder import LINES, lines_file
from engine.system.errors import ModelError
from engine.system.files import open_regular, parse_json, write_atomically

HINT = "Restore it from a copy of the model, or delete it: without it the model composes, and no line is compared."
FORMAT = 1

# Bits per key. The false-positive rate is 1 in 120 for lines, 1 in 10 for runs; 300,000 poems take 7.5 MB.
LINE_BITS = 10.0
RUN_BITS = 4.8

# Two filters of the maximum size, and the header.
MAX_FILE_BYTES = MAX_BITS // 4 + (1 << 20)

_MAGIC = b"VERSELNS"
_SIZES = struct.Struct("<8sQ")
_CHECKSUM_BYTES = 32


class _FilterSizes(Struct, frozen=True):
    n_bits: Annotated[int, Meta(gt=0, le=MAX_BITS, multiple_of=8)]
    n_hashes: Annotated[int, Meta(gt=0, le=MAX_HASHES)]
    n_keys: Annotated[int, Meta(ge=0)]


class _Header(Struct, frozen=True):
    corpus_sha256: str
    lines: _FilterSizes
    runs: _FilterSizes
    reduplicated: str


@dataclass(frozen=True, eq=False)
class TrainingLines(LineIndex):
    """The lines of a training text as Bloom filters, with the checksum of the corpus."""

    lines: BloomFilter
    runs: BloomFilter
    corpus_sha256: str

    def to_bytes(self) -> bytes:
        """The content of the file."""
        lines, runs = (_FilterSizes(one.n_bits, one.n_hashes, one.n_keys) for one in (self.lines, self.runs))
        header = _Header(self.corpus_sha256, lines, runs, "".join(sorted(self.reduplicated)))
        text = json.dumps({"format": FORMAT, **to_builtins(header)}, ensure_ascii=False).encode()
        content = _SIZES.pack(_MAGIC, len(text)) + text + self.lines.bits.tobytes() + self.runs.bits.tobytes()
        return content + hashlib.sha256(content).digest()

    def save(self, folder: Path) -> None:
        """Write `lines.bloom` into a folder atomically."""
        write_atomically(folder / LINES, self.to_bytes())


def read_lines(path: Path) -> TrainingLines:
    """Read the training lines of a file.

    Raises:
        ModelError: when the file is missing, truncated, altered or of an unknown format.
    """
    try:
        with open_regular(path) as file:
            content = file.read(MAX_FILE_BYTES)
        magic, header_size = _SIZES.unpack(content[: _SIZES.size])
        if magic != _MAGIC:
            raise ValueError("it is no file of training lines")
        if hashlib.sha256(content[:-_CHECKSUM_BYTES]).digest() != content[-_CHECKSUM_BYTES:]:
            raise ValueError("its checksum is wrong, so that it was cut or altered")
        bits = np.frombuffer(content, np.uint8)[_SIZES.size + header_size : -_CHECKSUM_BYTES]
        return _lines_of(parse_json(content[_SIZES.size : _SIZES.size + header_size]), bits)
    except (OSError, ValueError, struct.error) as error:
        raise ModelError("{path} cannot be read: {error}.", HINT, path=path, error=error) from error


def lines_of_model(folder: Path, metadata: Mapping[str, Any]) -> TrainingLines | None:
    """The training lines in a model folder, or in the run folder of a checkpoint; None if there are none.

    Args:
        metadata: the metadata of the model.

    Raises:
        ModelError: when they are damaged, or belong to another corpus than the model's.
    """
    path = lines_file(folder)
    if path is None:
        return None
    lines = read_lines(path)
    corpus = metadata.get("corpus")
    if isinstance(corpus, dict) and corpus.get("sha256") not in (None, lines.corpus_sha256):
        raise ModelError("{path} holds the lines of another corpus than the model's.", HINT, path=path)
    return lines


def _lines_of(header: Any, bits: Bits) -> TrainingLines:
    """Decode header and bits. Raises ValueError if the header is invalid, or does not fit the bits."""
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise ValueError(f"it is not in format {FORMAT}, which this studio reads")
    known = convert(header, _Header)
    n_line_bytes, n_bytes = known.lines.n_bits // 8, (known.lines.n_bits + known.runs.n_bits) // 8
    if n_bytes != len(bits):
        raise ValueError(f"it has {len(bits):,} bytes of bits and should have {n_bytes:,}")
    return TrainingLines(
        lines=BloomFilter(bits[:n_line_bytes], known.lines.n_hashes, known.lines.n_keys),
        runs=BloomFilter(bits[n_line_bytes:], known.runs.n_hashes, known.runs.n_keys),
        reduplicated=frozenset(known.reduplicated),
        corpus_sha256=known.corpus_sha256,
    )
