"""The files of a model folder, as far as they can be read without torch: the header, and where each weight lies.

model.json          architecture, vocabulary, how it was made
model.safetensors   eight bytes with its header's length, little-endian; the header in JSON; the data
lines.bloom         the lines that it was trained on (see `engine.novelty.lines`); a model may be without
"""

import json
import math
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.config import ModelConfig
from engine.errors import ModelError, UsageError

FORMAT_VERSION = 1
WEIGHTS, HEADER, LINES = "model.safetensors", "model.json", "lines.bloom"
# Where a run keeps its checkpoints; their `lines.bloom` is the run's.
CHECKPOINTS = "checkpoints"
HINT = "Restore the folder from a copy, or train the model again."

DTYPE_BYTES = {"F32": 4, "F16": 2, "BF16": 2, "U8": 1, "I64": 8, "F64": 8}


def read_header(folder: Path) -> dict[str, Any]:
    """The model.json of a folder.

    Raises:
        ModelError: when it is missing, damaged, or of a format that this studio does not know.
    """
    path = folder / HEADER
    try:
        header = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        hint = "Name a model folder; `poetry-tui models` lists them."
        raise ModelError(f"{folder} holds no model: {HEADER} is missing.", hint) from None
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read: {error}.", HINT) from error
    if not isinstance(header, dict) or header.get("format_version") != FORMAT_VERSION:
        problem = f"{path} is not in the model format {FORMAT_VERSION} that this studio reads."
        raise ModelError(problem, "Update the studio, or train the model again.")
    return header


def architecture_of(folder: Path, header: Mapping[str, Any]) -> ModelConfig:
    """The network that a folder's header describes.

    Raises:
        ModelError: when it describes none.
    """
    try:
        return ModelConfig.from_dict(header["architecture"])
    except (KeyError, TypeError, ValueError, UsageError) as error:
        raise ModelError(f"{folder / HEADER} describes no model: {error}.", HINT) from error


def lines_file(folder: Path) -> Path | None:
    """The file with the training lines of a model or checkpoint folder, where there is one."""
    candidates = [folder / LINES]
    if folder.parent.name == CHECKPOINTS:
        candidates.append(folder.parent.parent / LINES)
    return next(filter(Path.is_file, candidates), None)


def tensor_entries(path: Path) -> dict[str, Any]:
    """The header of a safetensors file, once its offsets are known to fit the file's size.

    Raises:
        ModelError: when the file is missing, cut or damaged.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            (header_size,) = struct.unpack("<Q", file.read(8))
            if header_size > size - 8:
                raise ValueError("it ends inside its header")
            entries = json.loads(file.read(header_size))
        entries.pop("__metadata__", None)
        end = max((entry["data_offsets"][1] for entry in entries.values()), default=0)
        if 8 + header_size + end != size:
            raise ValueError(f"it has {size:,} bytes and should have {8 + header_size + end:,}")
        for entry in entries.values():
            first, last = entry["data_offsets"]
            if last - first != math.prod(entry["shape"]) * DTYPE_BYTES[entry["dtype"]]:
                raise ValueError("a tensor's size does not fit its shape")
    except FileNotFoundError:
        raise ModelError(f"{path} is missing.", HINT) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, struct.error) as error:
        raise ModelError(f"{path} is damaged: {error}.", HINT) from error
    return entries  # type: ignore[no-any-return]
