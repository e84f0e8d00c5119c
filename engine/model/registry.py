"""The bundled models and the user's own, found by name or folder. Imports no torch."""

import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.model.card import CARD, model_card
from engine.model.metadata import (
    METADATA,
    RANKER,
    WEIGHTS,
    architecture_of,
    checkpoint_named,
    read_metadata,
    tensor_entries,
)
from engine.runs.folder import LINES, lines_file
from engine.runs.labels import run_folder
from engine.system import paths
from engine.system.errors import ModelError, did_you_mean
from engine.system.files import (
    folders_in,
    is_file,
    is_folder,
    is_there,
    replace_folder,
    reporting_disk_errors,
    resolved,
)
from engine.system.names import check_name, is_name, path_of, printable, shown

DEFAULT_MODEL = "studio-lstm"
# Pointers to the checkpoints of a run, the best one first; relative to the run folder or its checkpoints folder.
_POINTERS = ("checkpoints/best.json", "checkpoints/last.json", "best.json", "last.json")


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model in a list, with metadata checked by `read_metadata`. `problem`: why it cannot be used, with empty metadata; else ""."""

    name: str
    folder: Path
    is_bundled: bool
    size_bytes: int
    metadata: Mapping[str, Any]
    problem: str = ""

    @property
    def cell(self) -> str:
        return str(self.metadata.get("architecture", {}).get("cell", ""))

    @property
    def n_params(self) -> int | None:
        return self.metadata.get("n_params")

    @property
    def val_nats_per_han(self) -> float | None:
        """Validation loss in nats per Han character, if the metadata has it."""
        value: float | None = self.metadata.get("figures", {}).get("val_nats_per_han")
        return value

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for `--json`: the metadata without its long vocabulary."""
        about = {key: value for key, value in self.metadata.items() if key != "vocabulary"}
        return {
            **about,
            "name": self.name,
            "folder": str(self.folder),
            "bundled": self.is_bundled,
            "size_bytes": self.size_bytes,
            "vocab_chars": len(self.metadata.get("vocabulary", "")),
            "problem": self.problem,
        }


def list_models() -> list[ModelInfo]:
    """The bundled models, the default one first, then the user's; each group in order of name."""
    bundled = [_info(folder, is_bundled=True) for folder in _model_folders(_bundled())]
    bundled.sort(key=lambda model: (model.name != DEFAULT_MODEL, model.name))
    return bundled + [_info(folder, is_bundled=False) for folder in _model_folders(paths.models())]


def runs_with_a_model() -> list[str]:
    """The names of the user's runs with a checkpoint, in descending order: the latest first."""
    return sorted(
        (folder.name for folder in folders_in(paths.runs(), ModelError) if _model_in(folder) is not None), reverse=True
    )


def find_model(name_or_path: str | Path | None = None) -> Path:
    """Find the folder of a model.

    Args:
        name_or_path: the name of a model or run, or the folder of a model, checkpoint or run. A run stands for its best checkpoint.
            None: the default bundled model.

    Raises:
        UsageError: when the argument is neither a valid name nor a valid path.
        ModelError: when there is no such model; the hint lists the known names.
    """
    wanted = str(name_or_path or DEFAULT_MODEL)
    candidates = [path_of(wanted)]
    if is_name(wanted):
        candidates = [paths.models() / wanted, _bundled() / wanted, paths.runs() / wanted, *candidates]
    for candidate in candidates:
        found = _model_in(candidate)
        if found is not None:
            return found
    run = run_folder(wanted)
    if run is not None and (found := _model_in(run)) is not None:
        return found
    names = [printable(model.name) for model in list_models()]
    hint = (
        did_you_mean(wanted, names, "Known models: {names}.", names=tuple(names))
        if names
        else "Train one first, or install the studio again: its own is missing."
    )
    raise ModelError("There is no model called {name}.", hint, name=shown(wanted))


def add_model(source: Path, name: str | None = None) -> Path:
    """Copy a model into the user's folder, under `name` or its own name; returns the new folder.

    `source` is the folder of a model, a checkpoint or a run, of which the best checkpoint is taken. Only weights,
    metadata, ranker and training lines are copied, not the optimiser's state.

    Raises:
        ModelError: when the model is missing or damaged, the name is taken or invalid, or the folder cannot be written.
    """
    folder = _model_in(source)
    if folder is None:
        raise ModelError(
            "{path} holds no model.", "Name the folder of a model, of a checkpoint or of a run.", path=source
        )
    metadata = read_metadata(folder)
    tensor_entries(folder / WEIGHTS)
    name = check_name(name or str(metadata.get("name") or resolved(source).name), "model", ModelError)
    target = paths.models() / name
    if is_there(target) or is_there(_bundled() / name):
        raise ModelError(
            "There is already a model called {name}.", "Choose another name with --name.", name=shown(name)
        )
    with reporting_disk_errors(target, ModelError), replace_folder(target) as aside:
        shutil.copyfile(folder / WEIGHTS, aside / WEIGHTS)
        if (lines := lines_file(folder)) is not None:
            shutil.copyfile(lines, aside / LINES)
        if is_file(folder / RANKER):
            shutil.copyfile(folder / RANKER, aside / RANKER)
        metadata["name"] = name
        (aside / METADATA).write_text(json.dumps(metadata, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        (aside / CARD).write_text(model_card(metadata), encoding="utf-8")
    return target


def remove_model(name: str) -> None:
    """Delete one of the user's models.

    Raises:
        ModelError: when there is no model of that name, it is bundled, or the folder cannot be written.
    """
    folder = paths.models() / name
    if not is_name(name) or not is_folder(folder):
        if is_name(name) and is_folder(_bundled() / name):
            raise ModelError(
                "The model {name} came with the studio and stays.", "Only your own can be removed.", name=shown(name)
            )
        known = tuple(printable(path.name) for path in _model_folders(paths.models())) or "none"
        raise ModelError("You have no model called {name}.", "Your models: {names}.", name=shown(name), names=known)
    with reporting_disk_errors(folder, ModelError):
        # Renamed first: an interrupted deletion leaves nothing that looks like a model.
        doomed = Path(tempfile.mkdtemp(prefix=".removed-", dir=folder.parent))
        folder.rename(doomed / "model")
        shutil.rmtree(doomed)


def _bundled() -> Path:
    return paths.bundled_data() / "models"


def _model_folders(root: Path) -> list[Path]:
    """The folders in `root` with metadata or weights; one of the two may be missing."""
    return sorted(
        path for path in folders_in(root, ModelError) if is_there(path / METADATA) or is_there(path / WEIGHTS)
    )


def _info(folder: Path, *, is_bundled: bool) -> ModelInfo:
    try:
        metadata = read_metadata(folder)
        tensor_entries(folder / WEIGHTS)
        architecture_of(folder, metadata)
    except ModelError as error:
        return ModelInfo(folder.name, folder, is_bundled, _size_bytes(folder), {}, problem=str(error))
    return ModelInfo(folder.name, folder, is_bundled, _size_bytes(folder), metadata)


def _size_bytes(folder: Path) -> int:
    files = [*(folder / name for name in (METADATA, WEIGHTS, RANKER, CARD)), lines_file(folder)]
    return sum(path.stat().st_size for path in files if path is not None and is_file(path))


def _model_in(folder: Path) -> Path | None:
    """The folder itself if it holds a model, else the best or last checkpoint of a run or checkpoints folder; None if there is none."""
    if is_file(folder / METADATA):
        return folder
    for pointer in map(folder.joinpath, _POINTERS):
        named = checkpoint_named(pointer)
        if named is not None and is_file(named / METADATA):
            return named
    return None
