"""`poetry-tui doctor`, `locate` and `cache`: what the studio finds on this machine, where its files lie, and clearing caches."""

import argparse
import shutil
from typing import Any

from engine.system import paths
from engine.system.errors import RunError
from poetry_tui.commands.diagnostics import examine, places
from poetry_tui.commands.output import Commands, command, group, megabytes, print_json, print_note, print_pairs
from poetry_tui.tracking.summary import list_runs

# In the folder of a corpus.
CORPUS_CACHES = ("tokens-*", "kneser-ney-*", "lines-*.bloom")


def add_parser(commands: Commands) -> None:
    command(commands, "doctor", _doctor, "report versions, device, paths, corpora, models and terminal", json_too=True)
    parser = command(commands, "locate", _locate, "print where config, data, logs and caches lie", json_too=True)
    parser.add_argument("name", nargs="?", choices=list(places()), help="print only this path")
    verbs = group(commands, "cache", "remove what can be made again")
    command(verbs, "clear", _clear, "remove all caches: of the list of runs, and of corpora (tokens, lines, n-grams)")


def _locate(options: argparse.Namespace) -> None:
    found = {name: str(path) for name, path in places().items()}
    if options.name is not None:
        found = {options.name: found[options.name]}
    if options.json:
        print_json(found)
    elif options.name is not None:
        print(found[options.name])
    else:
        print_pairs(list(found.items()))


def _clear(options: argparse.Namespace) -> None:
    if any(run.status.is_live for run in list_runs()):
        raise RunError("A training is running, and reads the caches of its corpus.", "Stop it first.")
    found = [paths.caches()] if paths.caches().exists() else []
    found += [path for pattern in CORPUS_CACHES for path in paths.corpora().glob(f"*/{pattern}")]
    size = sum(file.stat().st_size for path in found for file in (path, *path.rglob("*")) if file.is_file())
    for path in found:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    print_note(f"{len(found)} caches were removed, {megabytes(size)}.")


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
    packages = ", ".join(f"{name} {version or 'missing'}" for name, version in found["packages"].items())
    return [
        ("studio", found["studio"]),
        ("python", f"{found['python']} on {found['platform']}"),
        ("packages", packages),
        ("npm", found["npm"] or "not found: `corpus install` needs it, or a tarball"),
        ("device", device.get("problem") or f"{device['device']} ({device['name']}), {device['cores']} cores"),
        ("your files", where["home"] + ("" if where["home_is_writable"] else " (cannot be written)")),
        ("free space", megabytes(where["free_bytes"])),
        ("the studio's", where["bundled"]),
        ("config", where["config"]),
        ("log", where["log"]),
        ("cache", where["cache"]),
        ("corpora", ", ".join(f"{c['name']} ({c['n_poems']:,} poems)" for c in found["corpora"]) or "none yet"),
        ("models", ", ".join(model["name"] for model in found["models"]) or "none"),
        ("runs", str(found["n_runs"])),
        ("terminal", f"{terminal['columns']}×{terminal['rows']}, TERM={terminal['term']}, LANG={terminal['lang']}"),
        ("charts", {"ascii": "in plain ASCII", "braille": "in braille dots"}[terminal["charts"]]),
    ]
