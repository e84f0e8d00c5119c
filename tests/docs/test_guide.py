"""README, CONTRIBUTING and the guide: their generated pages are current, and their commands, options, files and links exist."""

import argparse
import importlib.util
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.docs.__main__ import DOCS, PAGES
from benchmarks.docs.cli_page import commands_of
from benchmarks.docs.keys_page import owners_of_keys
from engine.__main__ import make_parser as make_engine_parser
from poetry_tui.commands.cli import ENGINE_COMMANDS, make_parser

ROOT = DOCS.parent
DOCUMENTS = [
    *(
        ROOT / name
        for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "data/README.md", "data/prosody/README.md")
    ),
    *sorted(DOCS.glob("*.md")),
]
WRITTEN = [path for path in DOCUMENTS if path.name not in PAGES]
FOLDERS = "engine|poetry_tui|tests|benchmarks|data|docs"
# Options of other programs that the guide names: torchrun's, those of the installers, and those of the benchmarks.
OPTIONS_OF_OTHERS = {
    *("--nproc-per-node", "--standalone", "--max-restarts", "--nnodes", "--rdzv-backend", "--rdzv-endpoint"),
    *("--from", "--index-url", "--torch-backend", "--pip-args", "--extra-index-url", "--install"),
    *("--quick", "--minutes", "--kills"),
}
# Placeholders for what the reader puts in.
PLACEHOLDERS = {"STEPS": "100", "FLAGS": ""}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def commands_in(document: Path) -> Iterator[str]:
    """The `poetry-tui …` lines of a document's code blocks, without prompt, comment and pipe."""
    for block in re.findall(r"^```\w*\n(.*?)^```", document.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            for part in line.removeprefix("$ ").partition(" #")[0].split(" | "):
                if part.startswith("poetry-tui "):
                    yield re.split(r" \d?>", part)[0].strip()


def parsers() -> Iterator[argparse.ArgumentParser]:
    for top in (make_parser(), make_engine_parser()):
        yield top
        for command in commands_of(top).values():
            yield command
            yield from commands_of(command).values()


@pytest.mark.parametrize("name", PAGES)
def test_the_generated_pages_are_current(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == PAGES[name](), "run `make docs`"


def test_the_page_of_commands_names_every_command() -> None:
    text = (DOCS / "cli.md").read_text(encoding="utf-8")
    for name, parser in commands_of(make_parser()).items():
        assert f"## `poetry-tui {name}`\n" in text
        for verb in commands_of(parser):
            assert f"### `poetry-tui {name} {verb}`\n" in text


def test_the_page_of_keys_reads_the_bindings_of_all_three_screens() -> None:
    packages = {owner.__module__.split(".")[1] for owner in owners_of_keys()}
    assert {"app", "compose", "train", "favourites"} <= packages


def test_the_keys_of_the_readme_are_bound_on_the_screens_that_it_names() -> None:
    sections = (DOCS / "keys.md").read_text(encoding="utf-8").split("\n## ")
    compose, train = (
        next(part for part in sections if screen in part.splitlines()[0]) for screen in ("Compose", "Train")
    )
    table = (ROOT / "README.md").read_text(encoding="utf-8").split("| Compose | | Train | |\n")[1].split("\n\n")[0]
    rows = [line.split("|")[1:5] for line in table.splitlines()[1:]]
    for column, section in ((0, compose), (2, train)):
        bound = {
            key for keys in re.findall(r"^\| (`.*?) \|", section, re.MULTILINE) for key in re.findall("`([^`]+)`", keys)
        }
        assert {key for row in rows for key in re.findall(r"`([^`]+)`", row[column])} <= bound


@pytest.mark.parametrize("document", WRITTEN, ids=name_of)
def test_every_command_of_a_code_block_can_be_parsed(document: Path) -> None:
    for line in commands_in(document):
        words = [PLACEHOLDERS.get(word, word) for word in shlex.split(line)[1:]]
        parser = make_engine_parser() if words[0] in ENGINE_COMMANDS else make_parser()
        parser.parse_args([word for word in words if word])


def test_the_readme_shows_commands() -> None:
    assert len(list(commands_in(ROOT / "README.md"))) >= 5


@pytest.mark.parametrize("document", WRITTEN, ids=name_of)
def test_every_option_that_is_named_exists(document: Path) -> None:
    known = {
        option
        for parser in parsers()
        for action in parser._actions
        if action.help != argparse.SUPPRESS
        for option in action.option_strings
    }
    code = re.findall(r"`+[^`]+`+", document.read_text(encoding="utf-8"))
    named = {option for part in code for option in re.findall(r"(?<![\w-])--[a-z][\w-]*", part)}
    assert named - known - OPTIONS_OF_OTHERS - {"--debug"} == set()


@pytest.mark.parametrize("document", WRITTEN, ids=name_of)
def test_every_file_that_is_named_exists(document: Path) -> None:
    named = re.findall(rf"`((?:{FOLDERS})/[\w./-]*)`", document.read_text(encoding="utf-8"))
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("document", WRITTEN, ids=name_of)
def test_every_module_that_is_named_exists(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    named = re.findall(r"`((?:engine|poetry_tui|benchmarks)(?:\.[a-z_]+)+)`|python -m ([\w.]+)", text)
    assert [name for pair in named for name in pair if name and importlib.util.find_spec(name) is None] == []


@pytest.mark.parametrize("document", WRITTEN, ids=name_of)
def test_every_name_given_with_its_file_stands_there(document: Path) -> None:
    pairs = re.findall(rf"`((?:{FOLDERS})/[\w./]+\.py)` \(`(\w+)`\)", document.read_text(encoding="utf-8"))
    missing = [
        f"{path}: {name}"
        for path, name in pairs
        if not re.search(rf"^\s*(?:async )?(?:def|class) {name}\b", (ROOT / path).read_text("utf-8"), re.MULTILINE)
    ]
    assert missing == []


def test_every_name_of_the_glossary_stands_in_the_code() -> None:
    rows = re.findall(r"^\|.*\|([^|]*)\|$", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.MULTILINE)
    named = {name for cell in rows for name in re.findall(r"`(\w+)`", cell)}
    sources = [
        path.read_text(encoding="utf-8")
        for folder in ("engine", "poetry_tui")
        for path in (ROOT / folder).rglob("*.py")
    ]
    defined = set(re.findall(r"(?:\bclass |\bdef )(\w+)|^\s*(\w+)(?:: | = )", "\n".join(sources), re.MULTILINE))
    assert named > {"Slot", "Particles"}
    assert named - {name for pair in defined for name in pair} == set()


# The files on each way, of which none may be added without a reason.
MAX_FILES_OF_WALKS = {"A training step": 6, "A step event": 8, "A token": 8}


@pytest.mark.parametrize(("walk", "max_files"), MAX_FILES_OF_WALKS.items())
def test_each_walk_of_the_architecture_names_a_file_at_each_step(walk: str, max_files: int) -> None:
    text = (DOCS / "architecture.md").read_text(encoding="utf-8")
    walked = text.split(f"## {walk}, ")[1].split("\n## ")[0].split("\n\n")[1]
    assert 5 <= len(re.findall(r"^\d+\. `(\S+\.py)` \(`\w+`\)", walked, re.MULTILINE)) <= 9
    # Every file on the way is named, and there are no more of them.
    assert len(set(re.findall(r"`(\S+\.py)`", walked))) <= max_files


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_link_leads_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", document.read_text(encoding="utf-8")):
        path, _, anchor = target.partition("#")
        linked = document.parent / path if path else document
        assert linked.exists(), target
        if anchor:
            assert anchor in {anchor_of(heading) for heading in headings_of(linked)}, target


def headings_of(document: Path) -> list[str]:
    return re.findall(r"^#+ (.*)$", document.read_text(encoding="utf-8"), re.MULTILINE)


def anchor_of(heading: str) -> str:
    """The anchor that GitHub gives to a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_every_page_of_the_guide_is_in_its_index() -> None:
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    assert [
        path.name for path in DOCS.glob("*.md") if path.name != "README.md" and f"]({path.name})" not in index
    ] == []


def test_every_picture_is_shown_and_small() -> None:
    shown = "".join(path.read_text(encoding="utf-8") for path in DOCUMENTS)
    for picture in (DOCS / "pictures").iterdir():
        assert f"pictures/{picture.name})" in shown
        assert picture.stat().st_size <= 200_000


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 120
