"""`poetry-tui report`: a folder that shows runs, from real run folders."""

import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path

import pytest

from engine.config.presets import preset
from engine.training.loop import run_training
from poetry_tui.commands.cli import main
from tests.small_corpus import write_corpus


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """An LSTM and a GRU, trained for half a minute of nobody's time."""
    folder = tmp_path_factory.mktemp("runs")
    corpus = str(write_corpus(folder / "poems.txt"))
    base = preset("tiny").replace(corpus=corpus, max_steps=40, device="cpu")
    found = []
    for cell in ("lstm", "gru"):
        run_training(base.replace(model=base.model.replace(cell=cell)), folder / f"of-{cell}")
        found.append(folder / f"of-{cell}")
    return found


class _Page(HTMLParser):
    """The text of a page, and whatever it would fetch from elsewhere."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.fetched: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.fetched += [str(value) for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def report_on(runs: list[Path], folder: Path) -> Path:
    assert main(["report", *map(str, runs), "-o", str(folder), "--language", "en"]) == 0
    return folder


def test_one_run_is_told_from_its_settings_to_its_last_poems(two_runs: list[Path], tmp_path: Path) -> None:
    folder = report_on(two_runs[:1], tmp_path / "report")
    page = _Page((folder / "report.html").read_text(encoding="utf-8"))
    text = " ".join(page.words)
    assert page.fetched == []
    for wanted in (
        "Training report: of-lstm",
        "40 / 40",
        "completed",
        "Samples through time",
        "poetry-tui train --preset tiny",
    ):
        assert wanted in text
    assert "日" in text
    markdown = (folder / "report.md").read_text(encoding="utf-8")
    assert all((folder / name).is_file() for name in re.findall(r"!\[[^]]*\]\(([^)]+)\)", markdown))


def test_the_settings_in_which_runs_differ_are_pointed_out(two_runs: list[Path], tmp_path: Path) -> None:
    markdown = (report_on(two_runs, tmp_path / "report") / "report.md").read_text(encoding="utf-8")
    assert "| **cell** | **lstm** | **gru** |" in markdown
    assert re.search(r"^\| corpus \|", markdown, re.MULTILINE)


def test_every_curve_is_a_drawing_with_a_line_a_run(two_runs: list[Path], tmp_path: Path) -> None:
    folder = report_on(two_runs, tmp_path / "report")
    for name in ("loss.svg", "validation.svg", "validation-by-time.svg"):
        root = ElementTree.fromstring((folder / name).read_text(encoding="utf-8"))
        lines = [node for node in root.iter() if node.tag.endswith("polyline")]
        assert len(lines) == 2
        assert all(len(node.attrib["points"].split()) > 1 for node in lines)
        assert {"of-lstm", "of-gru"} <= {node.text for node in root.iter() if node.tag.endswith("text")}


def test_a_report_takes_the_place_of_a_report_and_of_nothing_else(two_runs: list[Path], tmp_path: Path) -> None:
    folder = report_on(two_runs[:1], tmp_path / "report")
    report_on(two_runs[1:], folder)
    assert "of-gru" in (folder / "report.md").read_text(encoding="utf-8")
    precious = tmp_path / "thesis"
    precious.mkdir()
    (precious / "chapter.txt").write_text("years of work")
    assert main(["report", str(two_runs[0]), "-o", str(precious)]) == 2
    assert [path.name for path in precious.iterdir()] == ["chapter.txt"]


@pytest.mark.parametrize("name", ["out.png", "report.html", "report.PDF"])
def test_a_report_is_no_file_whatever_its_name_says(
    name: str, two_runs: list[Path], tmp_path: Path, studio_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", str(two_runs[0]), "-o", str(tmp_path / name)]) == 2
    assert "report.html, report.md and the curves" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
    assert not studio_home.exists()


def test_a_run_that_never_spoke_is_reported_as_such(tmp_path: Path) -> None:
    run = tmp_path / "silent"
    run.mkdir()
    (run / "config.json").write_text("{}")
    folder = report_on([run], tmp_path / "report")
    assert "failed" in (folder / "report.md").read_text(encoding="utf-8")


def test_a_run_that_is_not_there_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "nowhere"]) == 1
    assert "no run called 'nowhere'" in capsys.readouterr().err
