"""Completion in the shells themselves: each loads its script and completes a line."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.poetry_tui.tracking.make_run import life, write_run

LINES = [
    ("poetry-tui compl", "completion"),
    ("poetry-tui compose --temper", "--temperature"),
    ("poetry-tui compose --model studio-s", "studio-small"),
    ("poetry-tui compose --form qij", "qijue"),
    ("poetry-tui train --preset ti", "tiny"),
    ("poetry-tui train --corpus tang-song-", "tang-song-ci"),
    ("poetry-tui runs show my-f", "my-first"),
]
BASH = """
source "$1"
COMP_WORDS=($2); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_shtab_poetry_tui poetry-tui "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""
# zsh completes only in a terminal: it starts another zsh in one.
ZSH = """
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z "fpath=($1 \\$fpath); autoload -Uz compinit; compinit -u -D"
zpty -w -n z "$2"$'\\t'
zpty -r -m z out "*$3*"
print -r -- "$out"
zpty -d z
"""


@pytest.fixture
def environment(studio_home: Path) -> dict[str, str]:
    write_run(studio_home / "runs" / "my-first", life(20))
    beside = str(Path(sys.executable).parent)
    return {**os.environ, "PATH": os.pathsep.join((beside, os.environ["PATH"])), "LC_ALL": "C.UTF-8"}


def script(shell: str, environment: dict[str, str]) -> str:
    command = [sys.executable, "-m", "poetry_tui", "completion", shell]
    return subprocess.run(command, capture_output=True, encoding="utf-8", env=environment, check=True).stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_completes_commands_flags_and_names(shell: str, environment: dict[str, str], tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    file = tmp_path / "_poetry-tui"
    file.write_text(script(shell, environment), encoding="utf-8")
    for line, whole in LINES:
        command = {
            "bash": ["bash", "-c", BASH, "bash", str(file), line],
            "zsh": ["zsh", "-f", "-c", ZSH, "zsh", str(tmp_path), line, whole],
            "fish": ["fish", "--no-config", "-c", f"source {file}; complete -C {line!r}"],
        }[shell]
        done = subprocess.run(
            command, capture_output=True, encoding="utf-8", errors="replace", env=environment, timeout=120, check=False
        )
        assert whole in done.stdout, (line, done.stdout, done.stderr)


def test_zsh_asks_for_names_only_where_one_is_completed(environment: dict[str, str], tmp_path: Path) -> None:
    if shutil.which("zsh") is None:
        pytest.skip("zsh is not installed")
    file = tmp_path / "_poetry-tui"
    file.write_text(script("zsh", environment), encoding="utf-8")
    load = 'poetry-tui() { print asked for "$@" >&2 }; _arguments() {}; source "$1"'
    done = subprocess.run(["zsh", "-f", "-c", load, "zsh", str(file)], capture_output=True, env=environment, check=True)
    assert done.stderr == b""


def test_a_shell_that_is_not_known_is_refused(environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "poetry_tui", "completion"]
    for words in ([], ["cmd"]):
        done = subprocess.run([*command, *words], capture_output=True, encoding="utf-8", env=environment, check=False)
        assert done.returncode == 2
        assert "fish" in done.stderr
