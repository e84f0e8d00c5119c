"""`poetry-tui runs`: list, show, compare, label, export and remove training runs."""

import argparse
import contextlib
import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.runs.folder import read_config
from engine.runs.labels import change_labels, rename_run
from engine.system.errors import RunError, UsageError
from engine.system.files import check_new_file, reporting_disk_errors, write_atomically
from engine.system.names import path_of
from engine.system.translations import listed, worded
from poetry_tui.commands.output import (
    Commands,
    command,
    confirm,
    figure,
    group,
    heads,
    print_json,
    print_note,
    print_pairs,
    print_table,
    printable,
)
from poetry_tui.tracking.comparison import (
    MISSING,
    VALIDATION_SPLIT_SETTINGS,
    differing,
    flat,
    titles,
    with_rate_changes,
)
from poetry_tui.tracking.control import remove_run
from poetry_tui.tracking.export import as_csv, as_json, as_tensorboard, read_records
from poetry_tui.tracking.reader import count_malformed, log_tail
from poetry_tui.tracking.run_state.status import Status
from poetry_tui.tracking.summary import RunSummary, find_run, list_runs
from poetry_tui.tracking.wording import ABOUT, perplexity

# Lines of the log shown for a failed or lost run.
LOG_LINES = 12
FIGURES = ("training loss, nats per Han character (perplexity)", "best validation, nats per Han character (perplexity)")


def add_parser(commands: Commands) -> None:
    verbs = group(commands, "runs", "list, show, compare, label, export and remove training runs")
    command(verbs, "list", _list, "list the runs, newest first", json_too=True)
    parser = command(verbs, "show", _show, "show the status and settings of a run", json_too=True)
    parser.add_argument("run", metavar="RUN", help="a run by name or folder")
    parser = command(verbs, "compare", _compare, "compare the settings and results of runs", json_too=True)
    parser.add_argument("runs", metavar="RUN", nargs="+", help="runs by name or folder")
    parser = command(verbs, "rename", _rename, "give a run a name, by which every command knows it; its folder stays")
    parser.add_argument("run", metavar="RUN", help="a run by name or folder")
    parser.add_argument("name", metavar="NAME", help="the name; an empty one removes the name")
    parser = command(verbs, "note", _note, "write a note on a run")
    parser.add_argument("run", metavar="RUN", help="a run by name or folder")
    parser.add_argument("note", metavar="TEXT", help="the note; an empty one removes the note")
    parser = command(verbs, "tag", _tag, "add tags to a run, or remove them")
    parser.add_argument("run", metavar="RUN", help="a run by name or folder")
    parser.add_argument("tags", metavar="TAG", nargs="+", help="tags, each one word")
    parser.add_argument("--remove", action="store_true", help="remove these tags")
    parser = command(verbs, "export", _export, "export the figures of a run for other programs")
    parser.add_argument("run", metavar="RUN", help="a run by name or folder")
    parser.add_argument(
        "--format", choices=("csv", "json", "tensorboard"), default="csv", help="format (default: %(default)s)"
    )
    parser.add_argument(
        "-o",
        dest="path",
        type=path_of,
        metavar="PATH",
        help="a file; of tensorboard a folder (default: stdout; of tensorboard the folder tensorboard/RUN)",
    )
    parser.add_argument("--force", action="store_true", help="replace an existing file")
    parser = command(verbs, "rm", _remove, "remove runs with their checkpoints")
    parser.add_argument("runs", metavar="RUN", nargs="+", help="runs by name or folder")
    parser.add_argument("--yes", action="store_true", help="do not ask")


def _list(options: argparse.Namespace) -> None:
    runs = list_runs()
    if options.json:
        print_json([_plain(run) for run in runs])
    elif runs:
        header = heads("run", "name", "tags", "status", "started", "step", "train. nats/Han", "val. nats/Han", "")
        rows = [
            (
                r.id,
                title,
                " ".join(r.labels.tags),
                worded(str(r.status)),
                _started(r),
                _steps(r),
                *_figures(r),
                _trouble(r),
            )
            for r, title in zip(runs, titles(runs), strict=True)
        ]
        print_table(header, rows)
    else:
        print_note("There is no run yet. `poetry-tui train --preset nndl` starts one, and so does the Train screen.")


def _show(options: argparse.Namespace) -> None:
    run = find_run(options.run)
    if options.json:
        print_json(_plain(run))
        return
    loss, best = _figures(run, with_perplexity=True)
    labels = run.labels
    print_pairs(
        [
            (worded("run"), run.id),
            *([(worded("name"), labels.name)] if labels.name else []),
            *([(worded("note"), labels.note)] if labels.note else []),
            *([("tags", " ".join(labels.tags))] if labels.tags else []),
            (worded("folder"), str(run.folder)),
            (worded("status"), worded(str(run.status))),
            (worded("started"), _started(run)),
            (worded("trained for"), _hours(run.elapsed_s)),
            (worded("step"), _steps(run)),
            *zip(heads(*FIGURES), (loss, best), strict=True),
            *([(worded("silent for"), _hours(run.silent_s))] if run.silent_s else []),
            *([(worded("error"), worded(run.error))] if run.error else []),
            *([(worded("problem"), trouble)] if (trouble := _trouble(run)) else []),
        ]
    )
    if run.status in (Status.FAILED, Status.LOST) and (lines := _log_tail(run)):
        print(f"\n{worded('end of the log')}")
        print("\n".join(f"  {printable(line)}" for line in lines))
    print(f"\n{worded('settings')}")
    print_pairs([(f"  {name}", _written(value)) for name, value in flat(_settings(run)).items()])


def _compare(options: argparse.Namespace) -> None:
    if len(options.runs) < 2:
        raise UsageError("A comparison needs two runs or more.", "`poetry-tui runs list` shows them.")
    runs = [find_run(name) for name in options.runs]
    settings = differing([_settings(run) for run in runs])
    if options.json:
        print_json({"runs": [run.to_dict() for run in runs], "differing": settings})
        return
    rows = [(name, *map(_written, values)) for name, values in settings.items()]
    figures = [(_steps(run), *_figures(run, with_perplexity=True)) for run in runs]
    labels = heads("step", *FIGURES)
    rows += [(label, *values) for label, values in zip(labels, zip(*figures, strict=True), strict=True)]
    print_table(("", *(run.labels.name or run.id for run in runs)), rows)
    if not VALIDATION_SPLIT_SETTINGS.isdisjoint(settings):
        print_note("They are validated on different poems: those nats do not compare one to one.")


def _rename(options: argparse.Namespace) -> None:
    rename_run(find_run(options.run).folder, options.name)


def _note(options: argparse.Namespace) -> None:
    change_labels(find_run(options.run).folder, note=options.note.strip())


def _tag(options: argparse.Namespace) -> None:
    run = find_run(options.run)
    kept = [tag for tag in run.labels.tags if tag not in options.tags]
    added = [] if options.remove else list(dict.fromkeys(" ".join(options.tags).split()))
    change_labels(run.folder, tags=tuple(kept + added))


def _export(options: argparse.Namespace) -> None:
    run = find_run(options.run)
    records = read_records(run.folder)
    path: Path | None = options.path
    content: str | bytes
    match options.format:
        case "csv":
            content = as_csv(records)
        case "json":
            content = as_json(records, {**_plain(run), "config": dict(_config(run))})
        case _:
            content = as_tensorboard(records)
            # TensorBoard treats a folder as a run, and every file with "tfevents" in its name as events.
            path = (path or Path("tensorboard", run.id)) / "events.out.tfevents.poetry-tui"
    if path is None:
        print(content, end="")
        return
    path = path.expanduser().absolute()
    if options.format != "tensorboard":
        check_new_file(path, replaces=options.force)
    with reporting_disk_errors(path, RunError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, content)
    if options.format == "tensorboard":
        print_note("`tensorboard --logdir {path}` shows it beside the other runs there.", path=path.parent.parent)
    print(path)


def _remove(options: argparse.Namespace) -> int:
    # Look up all of them before removing the first.
    runs = [find_run(name) for name in options.runs]
    names = listed(run.id for run in runs)
    if not confirm(names, options.yes):
        return 1
    for run in runs:
        remove_run(run.folder)
        print_note("The run {name} is removed.", name=run.id)
    return 0


def _plain(run: RunSummary) -> dict[str, Any]:
    return {**run.to_dict(), "n_malformed": _n_malformed(run)}


def _trouble(run: RunSummary) -> str:
    """The reason why a run cannot be read, or the number of its malformed lines; "" without any."""
    n_malformed = _n_malformed(run)
    if run.problem or not n_malformed:
        return worded(run.problem)
    if n_malformed == 1:
        return worded("1 line of its events is malformed")
    return worded("{n_lines:,} {n_lines:line of its events is|lines of its events are} malformed", n_lines=n_malformed)


def _n_malformed(run: RunSummary) -> int:
    try:
        return 0 if run.problem else count_malformed(run.folder)
    except OSError:  # removed, or made unreadable, since it was summarised
        return 0


def _log_tail(run: RunSummary) -> list[str]:
    # The rest of the run's facts are shown without a log too.
    with contextlib.suppress(OSError):
        return log_tail(run.folder, LOG_LINES)
    return []


def _written(value: object) -> str:
    return MISSING if value is None else str(value)


def _settings(run: RunSummary) -> Mapping[str, Any]:
    """The settings of a run for display and comparison, with the later learning rates."""
    return with_rate_changes(_config(run), run.rate_changes)


def _config(run: RunSummary) -> Mapping[str, Any]:
    """The settings of the run's `run_started`; those of its config file if it never started."""
    if run.config:
        return run.config
    try:
        return read_config(run.folder).to_dict()
    except RunError as error:
        print_note(str(error))
        return {}


def _hours(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 3600:,}:{whole % 3600 // 60:02}:{whole % 60:02}"


def _figures(run: RunSummary, *, with_perplexity: bool = False) -> tuple[str, str]:
    """The training loss and the best validation, both in nats per Han character. The loss of a run of an older version, reported
    per character, is an estimate (`~`), or in nats per character if it cannot be converted."""

    def formatted(nats: float | None) -> str:
        suffix = f" ({perplexity(nats)})" if with_perplexity and nats is not None else ""
        return figure(nats) + suffix

    if run.loss_nats_per_han is None and run.loss_nats is not None:
        loss = worded("{nats} per character", nats=figure(run.loss_nats))
    else:
        loss = (ABOUT if run.loss_unit == "about_han" else "") + formatted(run.loss_nats_per_han)
    return loss, formatted(run.best_nats_per_han)


def _steps(run: RunSummary) -> str:
    if not run.total_steps:
        return f"{run.step:,}"
    return worded("{step:,} of {n_steps:,}", step=run.step, n_steps=run.total_steps)


def _started(run: RunSummary) -> str:
    if run.started_s is None:
        return "-"
    return datetime.datetime.fromtimestamp(run.started_s).strftime("%Y-%m-%d %H:%M")
