"""`poetry-tui doctor`: what the studio finds on this machine."""

import argparse
from typing import Any

from poetry_tui.commands.diagnostics import examine
from poetry_tui.commands.output import Commands, command, megabytes, print_json, print_note, print_pairs


def add_parser(commands: Commands) -> None:
    command(commands, "doctor", _doctor, "report versions, device, paths, corpora, models and terminal", json_too=True)


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
        ("corpora", ", ".join(f"{c['name']} ({c['n_poems']:,} poems)" for c in found["corpora"]) or "none yet"),
        ("models", ", ".join(model["name"] for model in found["models"]) or "none"),
        ("runs", str(found["n_runs"])),
        ("terminal", f"{terminal['columns']}×{terminal['rows']}, TERM={terminal['term']}, LANG={terminal['lang']}"),
        ("charts", {"ascii": "in plain ASCII", "braille": "in braille dots"}[terminal["charts"]]),
    ]
