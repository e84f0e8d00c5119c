"""Models and checkpoints on disk: safetensors and JSON, written aside and renamed; never pickle.

    model folder        model.safetensors   the weights
                        model.json          architecture, vocabulary, training settings
                        README.md           the model card
                        lines.bloom         the lines of the training text
    checkpoint folder   model.safetensors and model.json (lines.bloom is in the run folder), and
                        optimizer.safetensors   the state of the optimiser and of the random generators
                        progress.json           the progress of the training

Files are checked before they are used: the JSON gives the architecture, the architecture gives every
name and shape, and the safetensors header must agree with them and with the file's size before a weight is read.
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.overrides import TorchFunctionMode

from engine.corpus.novelty.training_lines import TrainingLines, lines_of_model
from engine.corpus.tokens.vocabulary import Vocabulary
from engine.model.card import CARD, model_card
from engine.model.char_rnn import CharRNN
from engine.model.metadata import (
    FORMAT_VERSION,
    HINT,
    METADATA,
    WEIGHTS,
    architecture_of,
    checkpoint_named,
    read_metadata,
    tensor_entries,
    vocabulary_of,
)
from engine.model.ranker import Ranker, ranker_of
from engine.system.errors import ModelError
from engine.system.files import is_folder, parse_json, read_start, replace_folder, write_atomically

# The state that each optimiser keeps per parameter.
ADAMW_STATE, RMSPROP_STATE = {"step", "exp_avg", "exp_avg_sq"}, {"step", "square_avg"}
OPTIMIZER, PROGRESS = "optimizer.safetensors", "progress.json"
MAX_PROGRESS_BYTES = 1 << 20
# Trained weights stay below a few hundred; below this limit no product or sum overflows float32.
LARGEST_WEIGHT = 1e6

# Names of the generator states of devices in `OPTIMIZER`; that of the CPU is "random.cpu".
RANDOM_OF_DEVICES = RANDOM_OF_CUDA, RANDOM_OF_MPS = "random.cuda", "random.mps"

DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model ready to compose: in evaluation mode, on its device.

    `lines`: the lines of its training text; None if unknown. `ranker`: ranks its candidates; None if none was fitted.
    """

    name: str
    model: CharRNN
    vocabulary: Vocabulary
    metadata: Mapping[str, Any]
    lines: TrainingLines | None = None
    ranker: Ranker | None = None

    @property
    def device(self) -> torch.device:
        return self.model.output_bias.device


def save_model(
    folder: Path,
    model: CharRNN,
    vocabulary: Vocabulary,
    about: Mapping[str, Any],
    *,
    half: bool = False,
    lines: TrainingLines | None = None,
) -> None:
    """Write a model folder atomically; an existing one is replaced.

    Args:
        about: further metadata (corpus, licence, steps, figures …); plain JSON values.
        half: store the weights in float16: half the size, and no figure changes in its third decimal.
        lines: the lines of the training text, stored with the model.
    """
    with replace_folder(folder) as aside:
        metadata = _write_model(aside, model, vocabulary, about, half=half)
        write_atomically(aside / CARD, model_card(metadata))
        if lines is not None:
            lines.save(aside)


def save_checkpoint(
    folder: Path,
    model: CharRNN,
    vocabulary: Vocabulary,
    about: Mapping[str, Any],
    optimizer: torch.optim.Optimizer,
    progress: Mapping[str, Any],
) -> None:
    """Write a checkpoint folder atomically: the model, and the state for an exact resume."""
    state: dict[str, Tensor] = {"random.cpu": torch.get_rng_state()}
    state.update((key, device.get_rng_state()) for key, device in _random_devices().items())
    for index, slots in optimizer.state_dict()["state"].items():
        state.update((f"{index}.{slot}", value.detach().cpu().contiguous()) for slot, value in slots.items())
    with replace_folder(folder) as aside:
        _write_model(aside, model, vocabulary, about, half=False)
        save_file(state, aside / OPTIMIZER)
        write_atomically(aside / PROGRESS, json.dumps(dict(progress), ensure_ascii=False, indent=2) + "\n")


def _write_model(
    folder: Path, model: CharRNN, vocabulary: Vocabulary, about: Mapping[str, Any], *, half: bool
) -> dict[str, Any]:
    """Write parameters and metadata, and return the metadata."""
    dtype = torch.float16 if half else torch.float32
    weights = {name: value.detach().to("cpu", dtype).contiguous() for name, value in _own_tensors(model).items()}
    save_file(weights, folder / WEIGHTS)
    metadata = {
        **about,
        "format_version": FORMAT_VERSION,
        "architecture": model.config.to_dict(),
        "n_params": model.n_params(),
        "vocabulary": "".join(vocabulary.characters),
        "header_tags": list(vocabulary.tags),
    }
    write_atomically(folder / METADATA, json.dumps(metadata, ensure_ascii=False, indent=2) + "\n")
    return metadata


def _own_tensors(model: CharRNN) -> dict[str, Tensor]:
    """The state dict without the output weight of a tied model, which is the embedding."""
    tensors = dict(model.state_dict())
    if model.config.tied:
        del tensors["output_weight"]
    return tensors


class _LeaveUnfilled(TorchFunctionMode):
    """Skip every `torch.nn.init` function: on the meta device they make PyTorch load its compiler, which takes seconds."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if getattr(func, "__module__", None) == "torch.nn.init":
            return (kwargs or {}).get("tensor", args[0] if args else None)
        return func(*args, **(kwargs or {}))


def load_model(folder: Path, device: torch.device) -> LoadedModel:
    """Read a model or checkpoint folder.

    Raises:
        ModelError: when a file is missing, truncated, damaged or does not fit the others; it names the file and the reason.
    """
    metadata = read_metadata(folder)
    config = architecture_of(folder, metadata)
    vocabulary = vocabulary_of(folder, metadata)
    # On the meta device first: damaged metadata must not cause a large allocation.
    with torch.device("meta"), _LeaveUnfilled():
        model = CharRNN(config, len(vocabulary))
    _check_weights(folder / WEIGHTS, {key: tuple(value.shape) for key, value in _own_tensors(model).items()})
    # Copied: the file is mapped, and the alignment of a mapped weight would change the last digit of a product.
    weights = {key: value.to(torch.float32, copy=True) for key, value in _read_tensors(folder / WEIGHTS).items()}
    for key, value in weights.items():
        _check_values(folder / WEIGHTS, key, value)
    model.load_state_dict(weights, strict=not config.tied, assign=True)
    if config.tied:
        model.output_weight = model.embedding.weight
    model.to(device).eval()
    lines = lines_of_model(folder, metadata)
    ranker = ranker_of(folder, model.output_weight.shape[1])
    return LoadedModel(str(metadata.get("name") or folder.name), model, vocabulary, metadata, lines, ranker)


def _check_values(path: Path, name: str, value: Tensor) -> None:
    """Check that the values are finite and within ±`LARGEST_WEIGHT`. Raises ModelError."""
    if not value.numel():
        return
    # One pass: a NaN becomes both the minimum and the maximum.
    low, high = value.aminmax()
    if low >= -LARGEST_WEIGHT and high <= LARGEST_WEIGHT:
        return
    if low.isfinite() and high.isfinite():
        raise ModelError(
            "{path} is damaged: {name} holds values beyond any that are learned.", HINT, path=path, name=name
        )
    raise ModelError("{path} is damaged: {name} holds values that are no numbers.", HINT, path=path, name=name)


def load_progress(folder: Path, optimizer: torch.optim.Optimizer) -> dict[str, Any]:
    """Restore optimiser and random generators from a checkpoint, and return the contents of its progress.json.

    Raises:
        ModelError: when a file is missing, damaged or of another model.
    """
    try:
        progress = parse_json(read_start(folder / PROGRESS, MAX_PROGRESS_BYTES), infinity_too=True)
        if not isinstance(progress, dict):
            raise ValueError(f"{PROGRESS} is no JSON object")
        tensor_entries(folder / OPTIMIZER)
        state = _read_tensors(folder / OPTIMIZER)
        cpu_state = state.pop("random.cpu", torch.empty(0))
        _check_random(cpu_state, torch.get_rng_state())
        # States of devices that this machine lacks are dropped; a checkpoint of another machine may lack those of ours.
        kept = {key: state.pop(key) for key in RANDOM_OF_DEVICES if key in state}
        devices = {key: device for key, device in _random_devices().items() if key in kept}
        for key, device in devices.items():
            _check_random(kept[key], device.get_rng_state())
        slots = _optimizer_slots(state, optimizer)
    except (OSError, ValueError) as error:
        raise ModelError(
            "The checkpoint {path} cannot be continued: {error}.",
            "Continue from another checkpoint of the run.",
            path=folder,
            error=getattr(error, "strerror", None) or str(error),
        ) from error
    torch.set_rng_state(cpu_state)
    for key, device in devices.items():
        device.set_rng_state(kept[key])
    optimizer.load_state_dict({"state": slots, "param_groups": optimizer.state_dict()["param_groups"]})
    return progress


def _random_devices() -> dict[str, Any]:
    """The devices of this machine with a random generator of their own (for dropout), by their names in `OPTIMIZER`."""
    return {
        **({RANDOM_OF_CUDA: torch.cuda} if torch.cuda.is_available() else {}),
        **({RANDOM_OF_MPS: torch.mps} if torch.backends.mps.is_available() else {}),
    }


def _check_random(state: Tensor, present: Tensor) -> None:
    """Check that a generator state has the type and shape of the present one. Raises ValueError."""
    if state.dtype != present.dtype or state.shape != present.shape:
        raise ValueError(f"{OPTIMIZER} lacks the state of the random numbers")


def _optimizer_slots(state: Mapping[str, Tensor], optimizer: torch.optim.Optimizer) -> dict[int, dict[str, Tensor]]:
    """Optimiser state by index of the parameter. Raises ValueError when it does not fit the model."""
    weights = [weight for group in optimizer.param_groups for weight in group["params"]]
    slots: dict[int, dict[str, Tensor]] = {}
    for key, value in state.items():
        number, _, slot = key.partition(".")
        # A slot has the shape of its weight, or is a scalar such as the step count.
        index = int(number) if number.isdecimal() and number.isascii() else len(weights)
        if index >= len(weights) or value.shape not in (weights[index].shape, ()):
            raise ValueError(f"{OPTIMIZER} belongs to another model")
        if not value.is_floating_point() or not value.isfinite().all():
            raise ValueError(f"{OPTIMIZER} holds values that are no numbers")
        slots.setdefault(index, {})[slot] = value
    known = RMSPROP_STATE if isinstance(optimizer, torch.optim.RMSprop) else ADAMW_STATE
    if len(slots) not in (0, len(weights)) or any(state.keys() != known for state in slots.values()):
        raise ValueError(f"{OPTIMIZER} belongs to another model or optimiser")
    return slots


def _check_weights(path: Path, expected: Mapping[str, tuple[int, ...]]) -> None:
    """Compare the header of a safetensors file with the expected shapes. Raises ModelError."""
    entries = tensor_entries(path)
    for name in expected.keys() - entries.keys():
        raise ModelError("{path} lacks the weight {name}.", HINT, path=path, name=name)
    for name in entries.keys() - expected.keys():
        raise ModelError("{path} holds a weight that the model has no place for: {name}.", HINT, path=path, name=name)
    for name, shape in expected.items():
        found = tuple(entries[name].shape)
        if found != shape:
            raise ModelError(
                "{path} does not fit its {name}: {name2} is {found} and should be {shape}.",
                HINT,
                path=path,
                name=METADATA,
                name2=name,
                found=str(found),
                shape=str(shape),
            )
        if entries[name].dtype not in DTYPES:
            raise ModelError(
                "{path} keeps {name} as {kind}, which is no floating type.",
                HINT,
                path=path,
                name=name,
                kind=entries[name].dtype,
            )


def _read_tensors(path: Path) -> dict[str, Tensor]:
    """Read the tensors of a file whose entries were checked. Raises ModelError."""
    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise ModelError("{path} is damaged: {error}.", HINT, path=path, error=error) from error


class CheckpointFolder:
    """The checkpoints of one run: `step-…` folders, and `last.json` and `best.json`, each of which names one of them."""

    N_KEPT = 2

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path_of(self, step: int) -> Path:
        return self.folder / f"step-{step:08d}"

    def point(self, pointer: str, step: int) -> None:
        """Point `last` or `best` to the checkpoint of a step, which must be complete on disk already."""
        write_atomically(
            self.folder / f"{pointer}.json", json.dumps({"step": step, "path": self.path_of(step).name}) + "\n"
        )

    def find(self, pointer: str) -> Path | None:
        """The checkpoint that `last` or `best` names; None if there is none."""
        target = checkpoint_named(self.folder / f"{pointer}.json")
        return target if target is not None and is_folder(target) else None

    def prune(self) -> None:
        """Remove all checkpoints but the newest `N_KEPT`, `last` and `best`, and partial files of killed processes."""
        whole = sorted(path for path in self.folder.glob("step-????????") if path.is_dir())
        kept = {*whole[-self.N_KEPT :], self.find("last"), self.find("best")}
        for path in self.folder.iterdir():
            if path.is_dir() and path not in kept:
                shutil.rmtree(path)
            elif path.name.startswith(".") and path.suffix == ".tmp":
                path.unlink()  # a pointer whose replacement was interrupted
