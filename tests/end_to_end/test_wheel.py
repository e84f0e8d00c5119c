"""The wheel and the source distribution: their files and size, and the commands of an environment into which it was installed."""

import json
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from hatch_build import described

ROOT = Path(__file__).parent.parent.parent
DEADLINE_S = 300
# A package index takes files of up to 100 MB without asking.
MAX_BYTES = 70_000_000


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built without a network."""
    return built("wheel", tmp_path_factory.mktemp("dist"))


def built(target: str, folder: Path) -> Path:
    build = [sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, capture_output=True, check=True, timeout=DEADLINE_S)
    (found,) = folder.iterdir()
    return found


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a new environment that holds the wheel; its dependencies are this environment's."""
    environment = tmp_path_factory.mktemp("environment")
    venv.create(environment, symlinks=os.name != "nt")
    context = {"base": str(environment), "platbase": str(environment)}
    packages = Path(sysconfig.get_path("purelib", "venv", context))
    # A folder that a .pth names is searched, but the .pth files within it, such as that of the checkout, are not read.
    (packages / "dependencies.pth").write_text(f"{sysconfig.get_path('purelib')}\n", encoding="utf-8")
    folder = Path(sysconfig.get_path("scripts", "venv", context))
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "python"), "install", "--no-deps", "--no-index"]
    subprocess.run([*pip, str(wheel)], capture_output=True, check=True, timeout=DEADLINE_S)
    return folder


def run(command: Sequence[str | Path], folder: Path) -> str:
    """The output of a command that is run in a folder outside the checkout."""
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False, timeout=DEADLINE_S
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_holds_both_packages_and_the_data(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"engine/__main__.py", "poetry_tui/commands/cli.py", "poetry_tui/app.tcss", "engine/py.typed"} <= names
    assert "poetry_tui/commands/web/app_index.html" in names
    assert {f"poetry_tui/tracking/report/templates/report.{kind}.jinja" for kind in ("css", "html", "md")} <= names
    shipped = {f"engine/data/{path.relative_to(ROOT / 'data').as_posix()}" for path in tracked_data()}
    assert shipped
    assert shipped <= names
    assert not [name for name in names if name.startswith(("tests/", "data/", "training/"))]


def test_the_description_has_links_that_work_elsewhere_and_no_address_that_is_none(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (metadata,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
    head, _, description = archive.read(metadata).decode().partition("\n\n")
    assert "example" not in head
    links = re.findall(r"\]\(([^)]+)\)", description)
    assert [link for link in links if not link.startswith(("https://", "#"))] == []
    assert "# " in description
    # Where the project has an address, everything leads there.
    whole = described((ROOT / "README.md").read_text(encoding="utf-8"), "https://host/project")
    links = re.findall(r"\]\(([^)]+)\)", whole)
    assert "https://host/project/raw/main/docs/pictures/compose.png" in links
    assert [link for link in links if not link.startswith(("https://", "#"))] == []


def test_the_source_distribution_can_be_built_from_and_both_are_small(wheel: Path, tmp_path: Path) -> None:
    source = built("sdist", tmp_path)
    with tarfile.open(source) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "hatch_build.py", "README.md", "LICENSE", "Makefile", "constraints.txt"} <= names
    assert "data/models/studio-lstm/model.safetensors" in names
    assert max(wheel.stat().st_size, source.stat().st_size) < MAX_BYTES


def tracked_data() -> list[Path]:
    """The files below data/ that git would ship; all of them where there is no git."""
    listing = subprocess.run(["git", "ls-files", "data"], cwd=ROOT, capture_output=True, text=True, check=False)
    paths = [ROOT / line for line in listing.stdout.splitlines()]
    return [path for path in paths if path.is_file()] or [path for path in (ROOT / "data").rglob("*") if path.is_file()]


def test_the_installed_command_composes_with_the_bundled_model(programs: Path, tmp_path: Path) -> None:
    (line,) = run([programs / "poetry-tui", "compose", "日", "--seed", "7", "--json"], tmp_path).splitlines()
    poem = json.loads(line)
    assert poem["text"].startswith("日")
    assert len(poem["text"]) > 10


def test_the_installed_engine_is_the_wheels_and_answers(programs: Path, tmp_path: Path) -> None:
    assert "compose" in run([programs / "python", "-P", "-m", "engine", "--help"], tmp_path)
    located = "import engine, poetry_tui, engine.system.paths as p; print(engine.__file__, poetry_tui.__file__, p.bundled_data())"
    for path in run([programs / "python", "-P", "-c", located], tmp_path).split():
        assert Path(path).is_relative_to(programs.parent), path
