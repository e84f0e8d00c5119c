"""`train`: start a training, or resume one."""

import argparse
import contextlib
from pathlib import Path
from typing import Any

from engine.commands.console_logger import ConsoleLogger
from engine.commands.flags import add_setting_flags, flag_of, given, help_group
from engine.commands.front import say
from engine.commands.parser import new_parser
from engine.config.presets import PRESETS, configured_training, preset
from engine.config.schema import ARCHITECTURE_FIELDS, ModelConfig, TrainConfig
from engine.corpus.store import corpus_path, open_corpus
from engine.model.metadata import architecture_of, read_metadata
from engine.model.registry import find_model
from engine.runs import events
from engine.runs.event_log import to_line
from engine.runs.folder import EVENTS, MAX_CONFIG_BYTES, has_started, read_config, removed_unless_started
from engine.runs.labels import new_run_folder, run_folder
from engine.system import paths
from engine.system.errors import INTERRUPTED, RunError, UsageError
from engine.system.files import is_file, is_folder, is_there, parse_json, resolved
from engine.system.interruption import StopRequest
from engine.system.names import is_name, path_of
from engine.system.processes import is_main_process, restart_count, world_size
from engine.system.streams import OutputLostError

# Settings that may change on resume, because they do not change the training itself.
CHANGED_BY_RESUME = ("max_steps", "n_epochs", "device", "precision", "n_threads", "checkpoint_every", "validate_every")


def add_parser(commands: Any) -> None:
    parser = new_parser(commands, "train", train, "Train a model and print its run folder.")
    # Help shows the defaults of the default preset.
    usual = preset("studio")
    start = help_group(parser, "start").add_mutually_exclusive_group()
    start.add_argument("--preset", metavar="|".join(PRESETS), help="preset to start from (default: studio)")
    start.add_argument(
        "--config", type=path_of, metavar="FILE", help="settings from a JSON file, such as a run's config.json"
    )
    start.add_argument("--resume", type=path_of, metavar="DIR", help="resume a run from its last checkpoint")
    # The longer name is for torchrun, which reads --run as an ambiguous abbreviation of its own options.
    parser.add_argument(
        "--run",
        "--run-folder",
        dest="run",
        type=path_of,
        metavar="DIR",
        help="the new run's folder (default: one in the user's data folder)",
    )
    parser.add_argument("--json", action="store_true", help="print every event as a JSON line")
    add_setting_flags(parser, TrainConfig, without=("preset",), defaults=usual)
    add_setting_flags(parser, ModelConfig, defaults=usual.model)
    parser.epilog = "The defaults are those of the preset studio."


def train(arguments: argparse.Namespace) -> int:
    """Start or resume a training, with log lines on stderr; returns the exit status."""
    resume = arguments.resume is not None
    if resume:
        folder = run_folder(arguments.resume) or arguments.resume
        config = resumed_config(arguments, folder)
    else:
        config = new_config(arguments)
        if world_size() > 1 and arguments.run is None:
            raise UsageError("Several workers need to know their run's folder.", "Name it with --run-folder.")
        folder = arguments.run or new_run_folder(config)
        # When torchrun restarts the processes after a worker died, the run resumes from its last checkpoint.
        resume = restart_count() > 0 and has_started(folder)
        if has_started(folder) and not resume and is_main_process():
            raise RunError(
                "{path} already holds a run.", "Go on with it: --resume {path}, or choose another --run.", path=folder
            )
    # Checked before PyTorch is loaded.
    corpus_path(config.corpus)
    if is_main_process():
        say("run {folder}", folder=folder)
    with removed_unless_started(folder) if is_main_process() else contextlib.nullcontext(), StopRequest(say) as stop:
        sink = _EventSink(stop, as_json=arguments.json)
        from engine.training.loop import run_training

        # A follower rank is told by the main process when to stop.
        stop.can_save = not is_main_process()
        reason = run_training(
            config, folder, resume=resume, on_record=sink.on_record, stop_requested=lambda: stop.requested
        )
    if reason == "diverged":
        raise RunError(
            "The training diverged: its loss is no longer a sensible number.",
            "Try a smaller --learning-rate, or a smaller --clip-norm.",
        )
    if not arguments.json and is_main_process():
        sink.print(str(folder))
    if sink.lost is not None and not (sink.lost.is_broken_pipe or sink.lost.is_hang_up):
        raise RunError(
            "The output could not be written: {error}.",
            "All of it stands in {path}.",
            error=sink.lost,
            path=folder / EVENTS,
        )
    return INTERRUPTED if stop.requested and reason == "stopped" else 0


class _EventSink:
    """Writes log lines to stderr and events to stdout. A closed stdout does not end the training."""

    def __init__(self, stop: StopRequest, *, as_json: bool) -> None:
        self._stop = stop
        self._as_json = as_json
        self._logger = ConsoleLogger(say)
        self.lost: OutputLostError | None = None

    def on_record(self, record: events.Record) -> None:
        self._stop.can_save |= isinstance(record.event, events.RunStarted)
        self._logger.log(record)
        if self._as_json:
            self.print(to_line(record))

    def print(self, line: str) -> None:
        """Print a line of data; store the error if it cannot be written."""
        try:
            print(line, flush=True)
        except OutputLostError as lost:
            self.lost = lost


def new_config(arguments: argparse.Namespace) -> TrainConfig:
    """The settings of a new training: preset or file, then the architecture of the parent model, then the flags."""
    base = configured_training(arguments.preset) if arguments.config is None else _config_from(arguments.config)
    changes = given(arguments, TrainConfig)
    del changes["preset"]
    if "corpus" in changes:
        changes["corpus"] = _lasting_name(changes["corpus"])
    config = base.replace(**changes)
    shape = {} if config.start_from is None else _shape_of(config.start_from)
    return config.replace(model=base.model.replace(**{**shape, **given(arguments, ModelConfig)}))


def _shape_of(name: str) -> dict[str, Any]:
    """The architecture of a model as settings."""
    folder = find_model(name)
    model = architecture_of(folder, read_metadata(folder))
    return {setting: getattr(model, setting) for setting in ARCHITECTURE_FIELDS}


def resumed_config(arguments: argparse.Namespace, folder: Path) -> TrainConfig:
    """The settings of a resumed run: its own, with flags for those of `CHANGED_BY_RESUME`."""
    if arguments.run is not None:
        raise UsageError("--run makes a new run and --resume goes on with an old one.", "Give one of them.")
    config = read_config(folder)
    changes = {**given(arguments, TrainConfig), **given(arguments, ModelConfig)}
    del changes["preset"]
    for name in changes:
        if name not in CHANGED_BY_RESUME:
            raise UsageError(
                "A run that goes on keeps its own {flag}.",
                "These may change: {names}.",
                flag=flag_of(name),
                names=tuple(map(flag_of, CHANGED_BY_RESUME)),
            )
    return config.replace(**changes)


def _config_from(path: Path) -> TrainConfig:
    hint = "Give a JSON file such as a run's config.json."
    try:
        # Opened directly, so that a pipe works too.
        with path.open("rb") as file:
            values = parse_json(file.read(MAX_CONFIG_BYTES))
    except OSError as error:
        raise UsageError("{path} cannot be read as settings: {error}.", hint, path=path, error=error) from error
    except ValueError as error:
        raise UsageError("{path} cannot be read as settings: {error}.", hint, path=path, error=error) from error
    if not isinstance(values, dict):
        raise UsageError("{value} holds no settings.", hint, value=path)
    return TrainConfig.from_dict(values)


def _lasting_name(corpus: str) -> str:
    """The name of an installed corpus, or the absolute path of a file, so that the run can be resumed from any folder."""
    path = path_of(corpus)
    is_installed = is_name(corpus) and is_file(paths.corpora() / corpus / "corpus.json")
    if is_installed or not is_there(path):
        return corpus
    # A pipe can be read only once: it is imported now, and the run refers to the corpus.
    return str(resolved(path)) if is_file(path) or is_folder(path) else open_corpus(path).name
