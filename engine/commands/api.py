"""The Python interface: load a model, compose, check, evaluate, train. `import engine` exports these functions (docs/python.md).

PyTorch is loaded by the first call of `load`, `evaluate` or `train`; `check` needs none.
"""

import queue
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.config.presets import preset
from engine.config.schema import ComposeConfig, DeviceChoice, TrainConfig
from engine.corpus.cleaning import Cleaner
from engine.corpus.poem import RawPoem
from engine.corpus.readers.formats import open_poems
from engine.model.registry import find_model
from engine.prosody.checker import check as check
from engine.runs.events import Event, Record
from engine.runs.labels import new_run_folder
from engine.system.errors import CorpusError

if TYPE_CHECKING:
    from engine.composing.composer import Composition
    from engine.evaluation.likelihood import Figures
    from engine.model.checkpoint import LoadedModel

__all__ = ["check", "compose", "evaluate", "load", "train"]


def load(model: str | Path | None = None, device: DeviceChoice = "auto") -> "LoadedModel":
    """Load a model by name, or from the folder of a model, a checkpoint or a run; None: the bundled one.

    Args:
        device: auto, cpu, cuda or mps.

    Raises:
        ModelError: for a missing or damaged model.
        UsageError: for a device that is missing or unknown.
    """
    from engine.model.checkpoint import load_model
    from engine.model.devices import choose_device

    return load_model(find_model(model), choose_device(device))


def compose(
    model: "LoadedModel", begin: str = "", n: int = 1, *, form: str = "七绝", **constraints: Any
) -> "list[Composition]":
    """Compose the best `n` of a pool of candidates, best first.

    Args:
        begin: begin characters; may be empty with a title, keywords or an acrostic.
        constraints: fields of `engine.config.schema.ComposeConfig`: seed, temperature, rhyme, title, keywords, acrostic, keep …

    Raises:
        UsageError: for an unknown name or form, or a value out of range.
        ComposeError: for a character outside the vocabulary, or constraints that contradict each other.
    """
    from engine.composing.composer import compose_many

    return compose_many(model, ComposeConfig.from_dict({"begin": begin, "form": form, **constraints}), n)


def evaluate(model: "LoadedModel", poems: Path | Iterable[str]) -> "Figures":
    """Score a model on poems: nats per Han character, with and without control codes.

    Args:
        poems: a file of poems in any supported format, or texts, one per poem.

    Raises:
        CorpusError: when no poem can be read.
    """
    from engine.evaluation.likelihood import evaluate as figures_of

    raws = open_poems(poems) if isinstance(poems, Path) else (RawPoem("", "", text) for text in poems)
    cleaned = list(Cleaner(unique=False, lenient=True).clean_all(raws))
    if not cleaned:
        raise CorpusError("No poem could be read.", "Give poems in Han characters.")
    return figures_of(model, cleaned)


def train(
    config: TrainConfig | str, folder: Path | None = None, *, resume: bool = False, **settings: Any
) -> Iterator[Event]:
    """Train in a thread, and yield the events of the run until its end.

    The training starts when the first event is requested. Leaving the loop early stops it, after a last
    checkpoint. The run is an ordinary run folder: the studio shows it, and `load(folder)` loads its best checkpoint.

    Args:
        config: settings, or the name of a preset.
        folder: the run folder; None: a new one in the user's data folder.
        resume: continue the run of `folder` from its last checkpoint.
        settings: fields of `TrainConfig` that replace those of `config`.

    Raises:
        UsageError: for an unknown preset or setting, or a value out of range.
        StudioError: for an error that ends the training.
    """
    base = preset(config) if isinstance(config, str) else config
    changed = TrainConfig.from_dict({**base.to_dict(), **settings})
    return _events(changed, folder or new_run_folder(changed), resume)


def _events(config: TrainConfig, folder: Path, resume: bool) -> Iterator[Event]:
    from engine.training.loop import run_training

    said: queue.SimpleQueue[Record | BaseException | None] = queue.SimpleQueue()
    is_left = threading.Event()

    def run() -> None:
        try:
            run_training(config, folder, resume=resume, on_record=said.put, stop_requested=is_left.is_set)
            said.put(None)
        except BaseException as error:  # noqa: BLE001 - re-raised in the consumer's thread
            said.put(error)

    trainer = threading.Thread(target=run, name="train")
    trainer.start()
    try:
        while (record := said.get()) is not None:
            if isinstance(record, BaseException):
                raise record
            yield record.event
    finally:
        is_left.set()
        trainer.join()
