"""The files of a model folder, as far as they can be read without torch: metadata, and the place of each weight.

model.json          architecture, vocabulary, how it was made
model.safetensors   eight bytes with its header's length, little-endian; the header in JSON; the data
lines.bloom         the lines that it was trained on (see `engine.novelty.training_lines`); a model may be without
"""

import math
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeGuard

from engine.config import ModelConfig
from engine.errors import Message, ModelError, UsageError
from engine.files import is_there, open_regular, parse_json, read_json, read_start
from engine.system.names import is_name
from engine.system.safe_text import shown

FORMAT_VERSION = 1
WEIGHTS, METADATA, RANKER = "model.safetensors", "model.json", "ranker.safetensors"
HINT = "Restore the folder from a copy, or train the model again."

# All of Unicode's Han characters, and more.
MAX_VOCABULARY_CHARS = 200_000
MAX_NAME_CHARS = 4096
# The library that reads the tensors allows no more.
MAX_TENSOR_HEADER_BYTES = 100_000_000
MAX_DIMENSIONS = 8
_MAX_POINTER_BYTES = 4096

DTYPE_BYTES = {"F32": 4, "F16": 2, "BF16": 2, "U8": 1, "I64": 8, "F64": 8}


def read_metadata(folder: Path) -> dict[str, Any]:
    """The model.json of a folder.

    Raises:
        ModelError: when it is missing, damaged, or of a format that this studio does not know.
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
    for field, (is_it, kind) in _FIELDS.items():
        if field in metadata and not is_it(metadata[field]):
            raise ModelError(
                "{path} describes no model: its {name} is not {kind}.", HINT, path=path, name=field, kind=kind
            )
    if "vocabulary" not in metadata or "architecture" not in metadata:
        raise ModelError("{path} describes no model: it lacks vocabulary or architecture.", HINT, path=path)
    corpus = metadata.pop("corpus", None)
    if corpus is not None:
        metadata["corpus"] = {"name": corpus} if isinstance(corpus, str) else corpus
    return metadata


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= MAX_NAME_CHARS


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_corpus(value: object) -> bool:
    """An object with name, sha256, licence and source, or the name alone, as in models made by other programs."""
    if isinstance(value, dict):
        return all(value.get(key) is None or _is_text(value[key]) for key in ("name", "sha256", "licence", "source"))
    return value is None or _is_text(value)


def _are_figures(value: object) -> bool:
    nats = value.get("val_nats_per_han") if isinstance(value, dict) else None
    return isinstance(value, dict) and (nats is None or isinstance(nats, int | float))


def _is_ancestor(value: object) -> bool:
    """What is remembered of a model that the training began with, which may have begun with another."""
    return isinstance(value, dict) and all(
        field not in value or _FIELDS[field][0](value[field])
        for field in ("name", "corpus", "training", "steps", "started_from", "mean_of")
    )


def _are_ancestors(value: object) -> bool:
    return isinstance(value, list) and all(_is_ancestor(one) and "training" in one for one in value)


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


# What everybody who reads a model.json relies on: its fields, where they are there, and what each must be.
_FIELDS: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "name": (_is_text, "a text"),
    "vocabulary": (lambda value: isinstance(value, str) and len(value) <= MAX_VOCABULARY_CHARS, "a text of characters"),
    "header_tags": (_are_texts, "a list of texts"),
    "architecture": (_is_object, "an object"),
    "n_params": (_is_count, "a whole number"),
    "steps": (_is_count, "a whole number"),
    "n_chars_seen": (_is_count, "a whole number"),
    "corpus": (_is_corpus, "a corpus"),
    "training": (_is_object, "an object"),
    "figures": (_are_figures, "an object of figures"),
    "started_from": (_is_ancestor, "a model"),
    "mean_of": (_are_ancestors, "a list of models"),
}


def architecture_of(folder: Path, metadata: Mapping[str, Any]) -> ModelConfig:
    """The network that a folder's metadata describes.

    Raises:
        ModelError: when it describes none.
    """
    try:
        return ModelConfig.from_dict(metadata["architecture"])
    except UsageError as error:
        raise ModelError(
            "{path} describes no model: {error}.", HINT, path=folder / METADATA, error=error.message.rstrip(".")
        ) from error


def checkpoint_named(pointer: Path) -> Path | None:
    """The folder that `last.json` or `best.json` names, beside which it lies; None where the file is missing or names none."""
    try:
        body = parse_json(read_start(pointer, _MAX_POINTER_BYTES))
    except (OSError, ValueError):
        return None
    name = body.get("path") if isinstance(body, dict) else None
    # A name alone: what lies elsewhere is no checkpoint of this run.
    return pointer.parent / name if isinstance(name, str) and is_name(name) else None


def tensor_entries(path: Path) -> dict[str, Any]:
    """The header of a safetensors file, every entry as the format has it: `dtype`, `shape`, `data_offsets`.

    Once this returns, the tensors lie one behind the other, from the header's end to the file's, so that whoever allocates by
    the header allocates no more than the file has.

    Raises:
        ModelError: when the file is missing, cut or damaged.
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
            entries = parse_json(file.read(header_size))
        if not isinstance(entries, dict):
            raise ValueError("its header is no object")
        _check_metadata(entries.pop("__metadata__", None))
        end = _end_of(entries)
        if 8 + header_size + end != size:
            raise ValueError(f"it has {size:,} bytes and should have {8 + header_size + end:,}")
    except FileNotFoundError:
        raise ModelError("{path} is missing.", HINT, path=path) from None
    except OSError as error:
        raise ModelError("{path} cannot be read: {error}.", HINT, path=path, error=error.strerror) from error
    except ValueError as error:
        raise ModelError("{path} is damaged: {error}.", HINT, path=path, error=error) from error
    return entries


def _check_metadata(metadata: object) -> None:
    if metadata is not None and not (
        isinstance(metadata, dict) and all(isinstance(one, str) for one in metadata.values())
    ):
        raise ValueError("its __metadata__ is no object of texts")


def _end_of(entries: Mapping[str, Any]) -> int:
    """Where the last tensor ends. Raises ValueError where an entry is none, or tensors overlap or leave a gap."""
    places = sorted(_place_of(name, entry) for name, entry in entries.items())
    end = 0
    for first, last, name in places:
        if first != end:
            raise ValueError(f"{shown(name)} does not begin where the tensor before it ends")
        end = last
    return end


def _place_of(name: str, entry: object) -> tuple[int, int, str]:
    """The first byte of a tensor's data, that behind its last, and its name. Raises ValueError where the entry is none."""
    values = entry if isinstance(entry, dict) else {}
    shape, offsets = values.get("shape"), values.get("data_offsets")
    n_bytes = DTYPE_BYTES.get(values["dtype"]) if isinstance(values.get("dtype"), str) else None
    if n_bytes is None or not _are_counts(shape) or not _are_counts(offsets) or len(offsets) != 2:
        raise ValueError(f"{shown(name)} is described in a way that is no tensor's")
    first, last = offsets
    if len(shape) > MAX_DIMENSIONS or last - first != math.prod(shape) * n_bytes:
        raise ValueError(f"the size of {shown(name)} does not fit its shape")
    return first, last, name


def _are_counts(value: object) -> TypeGuard[list[int]]:
    return isinstance(value, list) and all(map(_is_count, value))
