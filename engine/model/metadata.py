"""Reading a model folder without torch: its metadata, and the header of its weights.

model.json          architecture, vocabulary, training settings
model.safetensors   8 bytes with the length of the header, little-endian; the header in JSON; the data
lines.bloom         the lines of the training text (see `engine.corpus.novelty.training_lines`); optional
"""

import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, ValidationError, convert

from engine.config.schema import ModelConfig
from engine.corpus.tokens.vocabulary import Vocabulary
from engine.system.errors import Message, ModelError, UsageError
from engine.system.files import is_there, open_regular, parse_json, read_json, read_start
from engine.system.names import is_name, shown

FORMAT_VERSION = 1
WEIGHTS, METADATA, RANKER = "model.safetensors", "model.json", "ranker.safetensors"
HINT = "Restore the folder from a copy, or train the model again."

# More than the number of Han characters in Unicode.
MAX_VOCABULARY_CHARS = 200_000
MAX_NAME_CHARS = 4096
# The limit of the safetensors library.
MAX_TENSOR_HEADER_BYTES = 100_000_000
MAX_DIMENSIONS = 8
_MAX_POINTER_BYTES = 4096

DTYPE_BYTES = {"F32": 4, "F16": 2, "BF16": 2, "U8": 1, "I64": 8, "F64": 8}


_Text = Annotated[str, Meta(max_length=MAX_NAME_CHARS)]
_Count = Annotated[int, Meta(ge=0)]


class _CorpusFields(Struct, frozen=True):
    name: _Text | None = None
    sha256: _Text | None = None
    licence: _Text | None = None
    source: _Text | None = None


class _Figures(Struct, frozen=True):
    val_nats_per_han: float | None = None


class _Ancestor(Struct, frozen=True):
    """Metadata of a model that a training started from, which may have an ancestor itself; or of a member of a mean."""

    name: _Text = ""
    corpus: _CorpusFields | _Text | None = None  # the name alone in models made by other programs
    training: dict[str, Any] = {}
    steps: _Count = 0
    started_from: "_Ancestor | UnsetType" = UNSET
    mean_of: "list[_Member]" = []


class _Member(_Ancestor, frozen=True, kw_only=True):
    training: dict[str, Any]


class _Metadata(_Ancestor, frozen=True, kw_only=True):
    """The fields of model.json that readers rely on."""

    vocabulary: Annotated[str, Meta(max_length=MAX_VOCABULARY_CHARS)]
    architecture: dict[str, Any]
    header_tags: list[_Text] = []
    n_params: _Count = 0
    n_chars_seen: _Count = 0
    figures: _Figures = _Figures()


class TensorEntry(Struct, frozen=True):
    """A tensor in the header of a safetensors file; the offsets are bytes from the end of the header."""

    dtype: Literal["F32", "F16", "BF16", "U8", "I64", "F64"]
    shape: Annotated[list[_Count], Meta(max_length=MAX_DIMENSIONS)]
    data_offsets: tuple[_Count, _Count]


def read_metadata(folder: Path) -> dict[str, Any]:
    """Read the model.json of a folder.

    Raises:
        ModelError: when it is missing, damaged, or of an unknown format version.
    """
    path = folder / METADATA
    if not is_there(path):
        hint = "Name a model folder; `poetry-tui models` lists them."
        raise ModelError("{path} holds no model: {name} is missing.", hint, path=folder, name=METADATA)
    metadata = read_json(path, ModelError, HINT)
    if not isinstance(metadata, dict) or metadata.get("format_version") != FORMAT_VERSION:
        problem = Message(
            "{path} is not in the model format {number} that this studio reads.", path=path, number=FORMAT_VERSION
        )
        raise ModelError(problem, "Update the studio, or train the model again.")
    try:
        convert(metadata, _Metadata)
    except ValidationError as error:
        raise ModelError("{path} describes no model: {error}.", HINT, path=path, error=error) from error
    corpus = metadata.pop("corpus", None)
    if corpus is not None:
        metadata["corpus"] = {"name": corpus} if isinstance(corpus, str) else corpus
    return metadata


def vocabulary_of(folder: Path, metadata: Mapping[str, Any]) -> Vocabulary:
    """The vocabulary in the metadata of a model folder. Raises ModelError when it is invalid."""
    try:
        return Vocabulary(metadata["vocabulary"], metadata.get("header_tags", ()))
    except ValueError as error:
        raise ModelError("{path} describes no model: {error}.", HINT, path=folder / METADATA, error=error) from error


def architecture_of(folder: Path, metadata: Mapping[str, Any]) -> ModelConfig:
    """The architecture in the metadata of a model folder. Raises ModelError when it is invalid."""
    try:
        return ModelConfig.from_dict(metadata["architecture"])
    except UsageError as error:
        raise ModelError(
            "{path} describes no model: {error}.", HINT, path=folder / METADATA, error=error.message.rstrip(".")
        ) from error


def checkpoint_named(pointer: Path) -> Path | None:
    """The checkpoint folder, beside `last.json` or `best.json`, that this file names; None if it is missing or names none."""
    try:
        body = parse_json(read_start(pointer, _MAX_POINTER_BYTES))
    except (OSError, ValueError):
        return None
    name = body.get("path") if isinstance(body, dict) else None
    # Only a plain name: a path elsewhere is no checkpoint of this run.
    return pointer.parent / name if isinstance(name, str) and is_name(name) else None


def tensor_entries(path: Path) -> dict[str, TensorEntry]:
    """Read the header of a safetensors file: its tensors by name.

    The tensors are checked to fill the file from the end of the header without gap or overlap, so that allocating by the header
    allocates no more than the size of the file.

    Raises:
        ModelError: when the file is missing, truncated or damaged.
    """
    try:
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            start = file.read(8)
            header_size = int.from_bytes(start, "little")
            if len(start) < 8 or header_size > size - 8:
                raise ValueError("it ends inside its header")
            if header_size > MAX_TENSOR_HEADER_BYTES:
                raise ValueError("its header is too long")
            header = parse_json(file.read(header_size))
        if isinstance(header, dict):
            convert(header.pop("__metadata__", {}), dict[str, str])
        entries = convert(header, dict[str, TensorEntry])
        end = _end_of(entries)
        if 8 + header_size + end != size:
            raise ValueError(f"it has {size:,} bytes and should have {8 + header_size + end:,}")
    except FileNotFoundError:
        raise ModelError("{path} is missing.", HINT, path=path) from None
    except OSError as error:
        raise ModelError("{path} cannot be read: {error}.", HINT, path=path, error=error) from error
    except ValueError as error:
        raise ModelError("{path} is damaged: {error}.", HINT, path=path, error=error) from error
    return entries


def _end_of(entries: Mapping[str, TensorEntry]) -> int:
    """The end offset of the last tensor. Raises ValueError when tensors overlap, leave a gap, or do not have the size of their shape."""
    end = 0
    for name, entry in sorted(entries.items(), key=lambda item: (item[1].data_offsets, item[0])):
        first, last = entry.data_offsets
        if first != end:
            raise ValueError(f"{shown(name)} does not begin where the tensor before it ends")
        if last - first != math.prod(entry.shape) * DTYPE_BYTES[entry.dtype]:
            raise ValueError(f"the size of {shown(name)} does not fit its shape")
        end = last
    return end
