"""The exported picture of a screen: Han characters keep their two cells."""

from pathlib import Path

import pytest
from textual.app import App, ComposeResult
from textual.widgets import Static

from poetry_tui.app import PoetryApp
from poetry_tui.preferences.i18n import Language
from poetry_tui.preferences.settings import Settings
from poetry_tui.terminal.screenshot import with_true_widths
from tests.poetry_tui.conftest import Until


class Page(App[None]):
    def compose(self) -> ComposeResult:
        yield Static("床前明月光 and ascii & <b>", markup=False)


def widths(svg: str, text: str) -> float:
    """The `textLength` of the run that holds a text."""
    before = svg[: svg.index(text)]
    return float(before[before.rindex('textLength="') :].split('"')[1])


async def test_han_characters_are_twice_as_wide_as_latin_ones_and_the_text_is_untouched() -> None:
    app = Page()
    async with app.run_test(size=(40, 5)):
        squeezed = app.export_screenshot()
    svg = with_true_widths(squeezed)
    run = svg[svg.index("床前明月光") :].split("<")[0]
    plain = len(run.replace("&#160;", " ").replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">"))
    cell = widths(squeezed, "床前明月光") / plain
    assert round(widths(svg, "床前明月光") / cell) == plain + len("床前明月光")
    assert svg.count("<text") == squeezed.count("<text")


def test_a_picture_without_han_stays_as_it_is() -> None:
    svg = '<svg><text class="a" x="0" textLength="61" clip-path="b">hello</text></svg>'
    assert with_true_widths(svg) == svg


def said(app: PoetryApp) -> list[str]:
    return [notice.message for notice in app._notifications]


async def test_a_picture_is_saved_where_there_was_no_folder_of_downloads(
    until: Until, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "nobody" / "Downloads"
    monkeypatch.setattr("poetry_tui.terminal.screenshot.user_downloads_path", lambda: folder)
    app = PoetryApp(Settings())
    async with app.run_test(size=(80, 24)) as pilot:
        app.action_screenshot()
        await until(pilot, lambda: said(app))
        (picture,) = folder.iterdir()
        assert said(app) == [f"The picture is saved as {picture}"]
        assert "<svg" in picture.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", ["cannot be saved", "File exists"]), ("zh", ["画面存不进", "那里已有同名的文件"])],
)
async def test_a_picture_that_cannot_be_saved_is_said_with_its_place_and_the_reason(
    language: Language, words: list[str], until: Until, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    downloads = tmp_path / "Downloads"
    downloads.write_text("a file in the place of the folder")
    monkeypatch.setattr("poetry_tui.terminal.screenshot.user_downloads_path", lambda: downloads)
    app = PoetryApp(Settings(language=language))
    async with app.run_test(size=(80, 24)) as pilot:
        app.action_screenshot()
        await until(pilot, lambda: said(app))
        assert all(one in said(app)[0] for one in [*words, str(downloads)])
