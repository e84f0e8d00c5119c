"""The rules of the house: the direction of imports, complexity, pinned versions, and how make installs."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("engine", "poetry_tui")
SOURCES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]

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


def test_no_function_takes_more_decisions_than_the_cap() -> None:
    # Alone, so that a cap that is switched off in the settings is missed.
    ruff = [str(Path(sys.executable).with_name("ruff")), "check", "--select", "C901", "--output-format", "concise"]
    done = subprocess.run([*ruff, *PACKAGES], cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]["lint"]
    assert "C90" in settings["select"]
    assert settings["mccabe"]["max-complexity"] <= 12


def test_no_files_import_each_other_in_a_circle() -> None:
    imports = {name: imports_of(name) for name in module_paths()}
    ahead = {name: reachable_from(name, imports) for name in imports}
    assert sorted(name for name in imports if name in ahead[name]) == []


def module_paths() -> dict[str, Path]:
    """Every module of both packages by its dotted name."""
    names = {path: ".".join(path.relative_to(ROOT).with_suffix("").parts) for path in SOURCES}
    return {name.removesuffix(".__init__"): path for path, name in names.items()}


def imports_of(module: str) -> set[str]:
    """The modules of ours that a module names in an import: within a function and for the type checker too."""
    paths, found = module_paths(), set()
    for node in ast.walk(ast.parse(paths[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            submodules = {f"{node.module}.{alias.name}" for alias in node.names} & paths.keys()
            found |= submodules or {node.module}
    return found & paths.keys() - {module}


def reachable_from(module: str, imports: Mapping[str, set[str]]) -> set[str]:
    """The modules that a module imports, directly or through others."""
    reached: set[str] = set()
    waiting = [*imports[module]]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += imports[name]
    return reached


def test_every_dependency_has_an_exact_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pinned = re.findall(r"^([\w.-]+)==[\w.]+$", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE)
    extras = project["optional-dependencies"]
    named = [re.split(r"[<>=~]", line)[0] for line in (*project["dependencies"], *extras["web"], *extras["dev"])]
    assert {canonical(name) for name in named} <= {canonical(name) for name in pinned}


def canonical(package: str) -> str:
    return re.sub(r"[-_.]+", "-", package).lower()


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


# Stands for the environment's python: answers whether PyTorch is there, and notes the options of pip.
FAKE_PYTHON = """#!/bin/sh
case "$*" in
    "-c "*) exit {torch_missing} ;;
    *" pip "*) echo "$@" >>pip.log; case "$*" in *whl/cpu*) exit {cpu_fails} ;; esac ;;
esac
"""


def make_installs(
    folder: Path, stamp: str, *options: str, torch_missing: bool = True, cpu_fails: bool = False
) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    """Let make install into an environment with a pip that only notes its options; returns these too."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, folder)
    python = folder / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(FAKE_PYTHON.format(torch_missing=int(torch_missing), cpu_fails=int(cpu_fails)))
    python.chmod(0o755)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    line = ["make", f".venv/{stamp}", *options]
    done = subprocess.run(line, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done, (folder / "pip.log").read_text().splitlines()


@needs_make
def test_make_studio_says_the_size_before_and_installs_no_developer_tools(tmp_path: Path) -> None:
    done, pip = make_installs(tmp_path, ".installed")
    assert done.returncode == 0, done.stderr
    assert re.search(r"About .* [GM]B are downloaded", done.stderr)
    assert [line.split()[-1] for line in pip] == ["."]
    assert "--quiet" not in pip[0]
    assert not (tmp_path / ".venv/.installed-dev").exists()


@needs_make
def test_make_test_installs_the_developer_tools_in_one_go(tmp_path: Path) -> None:
    done, pip = make_installs(tmp_path, ".installed-dev")
    assert done.returncode == 0, done.stderr
    assert [line.split()[-1] for line in pip] == [".[dev]"]
    assert (tmp_path / ".venv/.installed").exists()


@needs_make
def test_make_takes_the_cpu_build_of_torch_on_request(tmp_path: Path) -> None:
    done, pip = make_installs(tmp_path, ".installed", "TORCH=cpu")
    assert done.returncode == 0, done.stderr
    assert [line.split()[-1] for line in pip] == ["torch", "."]
    assert "whl/cpu" in pip[0]
    assert "whl/cpu" not in pip[1]


@needs_make
def test_make_says_in_one_sentence_that_the_cpu_build_cannot_be_had(tmp_path: Path) -> None:
    done, pip = make_installs(tmp_path, ".installed", "TORCH=cpu", cpu_fails=True)
    assert done.returncode != 0
    assert [line for line in done.stderr.splitlines() if "cannot be had" in line and "without TORCH=cpu" in line]
    assert len(pip) == 1
    assert not (tmp_path / ".venv/.installed").exists()


@needs_make
@pytest.mark.parametrize("options", [(), ("TORCH=cpu",)])
def test_make_leaves_an_installed_torch_as_it_is(tmp_path: Path, options: tuple[str, ...]) -> None:
    done, pip = make_installs(tmp_path, ".installed", *options, torch_missing=False)
    assert done.returncode == 0, done.stderr
    assert [line.split()[-1] for line in pip] == ["."]
    pinned = (tmp_path / ".venv/constraints.txt").read_text()
    assert "numpy==" in pinned
    assert "torch==" not in pinned
