"""The rules of the house: what may import what, how long things grow, what the wheel holds, what make does."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("engine", "poetry_tui")
SOURCES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
# Over 300 lines a file wants splitting; over 400 it must be.
LONGEST_FILE = 400
LONGEST_FUNCTION = 50
# The training loop is one visible story from arguments to last step.
LONG_STORIES = {"engine/training/loop.py:train"}

needs_make = pytest.mark.skipif(shutil.which("make") is None or os.name != "posix", reason="make is not here")


def modules_of(package: str) -> list[str]:
    paths = (path.relative_to(ROOT).with_suffix("") for path in SOURCES if path.parts[len(ROOT.parts)] == package)
    return [".".join(path.parts).removesuffix(".__init__") for path in paths if path.name != "__main__"]


def loaded_by(imports: list[str]) -> set[str]:
    """The top-level packages in a fresh interpreter that has imported some modules."""
    script = f"import json, sys\nfor name in {imports!r}:\n    __import__(name)\nprint(json.dumps(list(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    return {name.split(".")[0] for name in json.loads(done.stdout)}


def test_no_module_of_the_face_loads_torch() -> None:
    assert loaded_by(modules_of("poetry_tui")).isdisjoint({"torch", "safetensors"})


def test_no_module_of_the_engine_loads_a_screen() -> None:
    assert loaded_by(modules_of("engine")).isdisjoint({"textual", "rich", "poetry_tui"})


def test_the_import_contracts_are_kept() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stdout


def test_no_file_is_too_long_to_read() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES}
    assert {path: length for path, length in lengths.items() if length > LONGEST_FILE} == {}


def test_no_function_is_too_long_to_read() -> None:
    lengths = {name: length for path in SOURCES for name, length in functions_of(path) if name not in LONG_STORIES}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}


def functions_of(path: Path) -> Iterator[tuple[str, int]]:
    """Each function of a file and how many lines it takes, docstring aside."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            docstring = node.body[0] if ast.get_docstring(node) else None
            described = docstring.end_lineno - docstring.lineno + 1 if docstring and docstring.end_lineno else 0
            yield f"{path.relative_to(ROOT)}:{node.name}", (node.end_lineno or 0) - node.lineno + 1 - described


def test_every_dependency_has_an_exact_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pinned = re.findall(r"^([\w.-]+)==[\w.]+$", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE)
    named = [
        re.split(r"[<>=~]", line)[0] for line in (*project["dependencies"], *project["optional-dependencies"]["dev"])
    ]
    assert {canonical(name) for name in named} <= {canonical(name) for name in pinned}


def canonical(package: str) -> str:
    return re.sub(r"[-_.]+", "-", package).lower()


def test_the_wheel_holds_both_packages_and_the_data(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, capture_output=True, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"engine/__main__.py", "poetry_tui/cli.py", "poetry_tui/app.tcss", "engine/py.typed"} <= names
    shipped = {f"engine/data/{path.relative_to(ROOT / 'data').as_posix()}" for path in tracked_data()}
    assert shipped
    assert shipped <= names
    assert not [name for name in names if name.startswith(("tests/", "data/", "training/"))]


def tracked_data() -> list[Path]:
    """The files below data/ that git would ship; all of them where there is no git."""
    listing = subprocess.run(["git", "ls-files", "data"], cwd=ROOT, capture_output=True, text=True, check=False)
    paths = [ROOT / line for line in listing.stdout.splitlines()]
    return [path for path in paths if path.is_file()] or [path for path in (ROOT / "data").rglob("*") if path.is_file()]


def make_with(pythons: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run make's search for a Python in `folder`, where every candidate is one of these shell scripts."""
    shutil.copy(ROOT / "Makefile", folder)
    programs = folder / "programs"
    programs.mkdir()
    for name in ("python", "python3", "python3.11", "python3.12", "python3.13", "python3.14"):
        (programs / name).write_text(f"#!/bin/sh\n{pythons.get(name, 'exit 1')}\n")
        (programs / name).chmod(0o755)
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}
    # The suite itself may run under make, whose flags are not for this one.
    environment = {name: value for name, value in environment.items() if not name.startswith("MAKE")}
    line = ["make", ".venv/bin/python"]
    return subprocess.run(line, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@needs_make
def test_make_takes_a_newer_python_beside_an_old_one(tmp_path: Path) -> None:
    works = 'if [ "$1" = -c ]; then exit 0; fi; mkdir -p "$3/bin"; echo made > "$3/bin/python"'
    done = make_with({"python3.12": works}, tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / ".venv/bin/python").read_text() == "made\n"


@needs_make
def test_make_says_in_one_sentence_that_python_is_too_old(tmp_path: Path) -> None:
    done = make_with({}, tmp_path)
    assert done.returncode != 0
    assert done.stderr.splitlines()[0].startswith("The studio needs Python 3.11 or newer")


@needs_make
def test_make_says_that_virtual_environments_cannot_be_made(tmp_path: Path) -> None:
    done = make_with({"python3": 'test "$1" = -c'}, tmp_path)
    assert done.returncode != 0
    assert "cannot make a virtual environment" in done.stderr
