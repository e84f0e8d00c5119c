"""`poetry-tui doctor`, `locate` and `cache`: examine the installation, print the paths of files, clear caches."""

import argparse
import importlib.metadata
import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from engine import __version__
from engine.commands.front import has_little_memory
from engine.corpus.caches import clear_caches
from engine.corpus.corpus import list_corpora
from engine.model.registry import list_models
from engine.system import paths
from engine.system.errors import Message, RunError
from engine.system.translations import listed, worded
from poetry_tui.commands.output import (
    Commands,
    command,
    group,
    heads,
    megabytes,
    print_json,
    print_note,
    print_pairs,
    print_table,
)
from poetry_tui.favourites.store import default_path
from poetry_tui.preferences.chart_glyphs import chosen
from poetry_tui.tracking.summary import list_runs

# The content of each path, by the names of `places`.
CONTENT = {
    "data": "your files: the next four, unsaved poems",
    "corpora": "poems to learn from",
    "models": "models that you added",
    "runs": "trainings",
    "favourites": "saved poems",
    "config": "your defaults, to edit",
    "settings": "settings of the studio",
    "log": "narration of the composing service",
    "cache": "may be removed: `cache clear`",
    "bundled": "tables and models of the studio",
}


def add_parser(commands: Commands) -> None:
    command(commands, "doctor", _doctor, "report versions, device, paths, corpora, models and terminal", json_too=True)
    parser = command(commands, "locate", _locate, "print where your files lie, and those of the studio", json_too=True)
    parser.add_argument("name", nargs="?", choices=list(CONTENT), help="print only this path")
    verbs = group(commands, "cache", "remove what can be made again")
    command(verbs, "clear", _clear, "remove all caches: of the list of runs, and of corpora (tokens, lines, n-grams)")


def _locate(options: argparse.Namespace) -> None:
    found = {name: str(path) for name, path in places().items() if options.name in (None, name)}
    if options.json:
        print_json(found)
    elif options.name is not None:
        print(found[options.name])
    else:
        print_table(
            heads("name", "content", "path"), [(name, worded(CONTENT[name]), path) for name, path in found.items()]
        )


def _clear(options: argparse.Namespace) -> None:
    if any(run.status.is_live for run in list_runs()):
        raise RunError("A training is running, and reads the caches of its corpus.", "Stop it first.")
    n_caches, n_bytes = clear_caches()
    print_note(
        "{n_caches} {n_caches:cache was|caches were} removed, {size}.", n_caches=n_caches, size=megabytes(n_bytes)
    )


def _doctor(options: argparse.Namespace) -> int:
    found = examine()
    if options.json:
        print_json(found)
    else:
        print_pairs(_pairs(found))
        for problem in found["problems"]:
            print_note(problem)
    return 1 if found["problems"] else 0


def _pairs(found: dict[str, Any]) -> list[tuple[str, str]]:
    device, where, terminal = found["device"], found["paths"], found["terminal"]
    packages = listed(f"{name} {version or worded('missing')}" for name, version in found["packages"].items())
    return [
        (worded("studio"), found["studio"]),
        (worded("python"), worded("{python} on {platform}", python=found["python"], platform=found["platform"])),
        (worded("packages"), packages),
        (worded("npm"), found["npm"] or worded("not found: `corpus install` needs it, or a tarball")),
        (
            worded("device"),
            device.get("problem")
            or worded(
                "{device} ({name}), {cores} {cores:core|cores}",
                device=device["device"],
                name=device["name"],
                cores=device["cores"],
            ),
        ),
        (worded("data"), where["data"] + ("" if where["home_is_writable"] else worded(" (cannot be written)"))),
        (worded("free space"), megabytes(where["free_bytes"])),
        (worded("bundled"), where["bundled"]),
        (worded("config"), where["config"]),
        (worded("log"), where["log"]),
        (worded("cache"), where["cache"]),
        (
            worded("corpora"),
            listed(
                worded("{name} ({n_poems:,} {n_poems:poem|poems})", name=c["name"], n_poems=c["n_poems"])
                for c in found["corpora"]
            )
            or worded("none yet"),
        ),
        (worded("models"), listed(model["name"] for model in found["models"]) or worded("none")),
        (worded("runs"), str(found["n_runs"])),
        (
            worded("terminal"),
            listed(
                (f"{terminal['columns']}×{terminal['rows']}", f"TERM={terminal['term']}", f"LANG={terminal['lang']}")
            ),
        ),
        (worded("charts"), worded("in plain ASCII") if terminal["charts"] == "ascii" else worded("in braille dots")),
    ]


PACKAGES = ("torch", "numpy", "textual", "rich", "safetensors", "opencc")
DEVICE_TIMEOUT_S = 120
# Run in a child process, because this one never loads torch.
_ASK_FOR_DEVICE = """
import json, torch
from engine.config.schema import ModelConfig
from engine.model.devices import choose_device, device_name, product_dtype, usable_cores
device = choose_device("auto")
name = device_name(device, product_dtype("auto", device, ModelConfig().hidden_size))
print(json.dumps({"device": device.type, "name": name, "cores": usable_cores()}))
"""


def examine() -> dict[str, Any]:
    """Collect the facts for troubleshooting as plain values. `problems`: one sentence for each."""
    device = ask_for_device()
    models = [
        {"name": m.name, "bundled": m.is_bundled, "size_bytes": m.size_bytes, "problem": m.problem}
        for m in list_models()
    ]
    folder = paths.home()
    return {
        "studio": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": {name: _version(name) for name in PACKAGES},
        "npm": shutil.which("npm"),
        "device": device,
        "paths": {
            "home": str(folder),
            "home_is_writable": _is_writable(),
            "free_bytes": _free_bytes(),
            **{name: str(path) for name, path in places().items()},
        },
        "corpora": [{"name": corpus.name, "n_poems": corpus.n_poems} for corpus in list_corpora()],
        "models": models,
        "n_runs": len(list_runs()),
        "terminal": _terminal(),
        "problems": _problems(device, models),
    }


def places() -> dict[str, Path]:
    """The user's folders and files, and the studio's data folder, by the names of `CONTENT`."""
    return {
        "data": paths.home(),
        "corpora": paths.corpora(),
        "models": paths.models(),
        "runs": paths.runs(),
        "favourites": default_path(),
        "config": paths.config_file(),
        "settings": paths.state_file("settings.json"),
        "log": paths.state_file("log/engine.log"),
        "cache": paths.caches(),
        "bundled": paths.bundled_data(),
    }


def ask_for_device() -> dict[str, Any]:
    """The engine's device, its name and the number of cores; or `problem` when torch cannot be loaded."""
    try:
        answer = subprocess.run(
            [sys.executable, "-P", "-c", _ASK_FOR_DEVICE],
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=DEVICE_TIMEOUT_S,
            check=True,
        )
        found = json.loads(answer.stdout)
    except subprocess.CalledProcessError as error:
        last_line = next(iter(reversed(error.stderr.strip().splitlines())), f"exit status {error.returncode}")
        return {"problem": last_line}
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        return {"problem": str(error)}
    return dict(found)


def _problems(device: dict[str, Any], models: list[dict[str, Any]]) -> list[str]:
    problems: list[str] = []
    if "problem" in device:
        remedy = "lift the limit of memory (`ulimit -v`)" if has_little_memory() else "install the studio again"
        problems.append(
            Message(
                "The engine does not start ({problem}); {remedy}.", problem=device["problem"], remedy=Message(remedy)
            )
        )
    if not any(model["bundled"] and not model["problem"] for model in models):
        problems.append(Message("The studio's own model is missing; install the studio again, or train one."))
    problems += [
        Message("The model {name} is unusable: {problem}", name=model["name"], problem=model["problem"])
        for model in models
        if model["problem"]
    ]
    if not _is_writable():
        problems.append(
            Message(
                "{path} cannot be written; change its permissions, or set {variable}.",
                path=paths.home(),
                variable=paths.HOME_VARIABLE,
            )
        )
    return problems


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _is_writable() -> bool:
    """Whether the user's folder can be written, or created if it does not exist."""
    there = next(path for path in (paths.home(), *paths.home().absolute().parents) if path.exists())
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)


def _free_bytes() -> int:
    there = next(path for path in (paths.home(), *paths.home().absolute().parents) if path.is_dir())
    return shutil.disk_usage(there).free


def _terminal() -> dict[str, Any]:
    # Imported here because the settings import the themes, and these Textual.
    from poetry_tui.preferences.settings import load_settings, settings_file

    size = shutil.get_terminal_size()
    return {
        "is_terminal": sys.stdout.isatty(),
        "columns": size.columns,
        "rows": size.lines,
        **{name.lower(): os.environ.get(name, "") for name in ("TERM", "COLORTERM", "LANG", "TERM_PROGRAM")},
        "charts": chosen(load_settings(settings_file()).charts),
        "kitty_keys_off": os.environ.get("TEXTUAL_DISABLE_KITTY_KEY", ""),
    }
