"""The poster dialog: its picture follows the choices, and enter writes what it shows."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.app import App
from textual.pilot import Pilot

from engine.commands.poster import fonts
from engine.system.errors import StudioError
from poetry_tui.preferences.settings import Settings, SettingsStore
from poetry_tui.widgets.poster_dialog import PosterDialog
from tests.engine.commands.poster.conftest import POEM, font_folder  # noqa: F401 - a fixture


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SettingsStore:
    monkeypatch.setenv("POETRY_TUI_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return SettingsStore(Settings(language="en"), lambda error: None)


async def until(pilot: Pilot[None], holds: Callable[[], bool]) -> None:
    """Wait for what a worker does."""
    async with asyncio.timeout(30):
        while not holds():
            await pilot.pause(0.02)


async def opened(pilot: Pilot[None], settings: SettingsStore) -> PosterDialog:
    dialog = PosterDialog(POEM, settings, title="江上", form="qijue")
    pilot.app.push_screen(dialog)
    await until(pilot, lambda: bool(dialog.preview._rows))
    return dialog


async def test_enter_writes_the_poster_and_paper_and_seal_are_remembered(
    settings: SettingsStore, tmp_path: Path
) -> None:
    app: App[None] = App()
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await opened(pilot, settings)
        light = dialog.preview._rows[0][0]
        dialog.seal.value = "李白"
        await pilot.press(*["right"] * 5)
        await until(pilot, lambda: dialog.preview._rows[0][0] < light)
        await pilot.press("enter")
        await until(pilot, lambda: not isinstance(app.screen, PosterDialog))
    assert (tmp_path / "江上.png").read_bytes()[:4] == b"\x89PNG"
    assert (settings.current.poster_paper, settings.current.poster_seal) == ("night", "李白")


async def test_a_file_that_is_there_stays_as_it_is_until_enter_is_pressed_once_more(
    settings: SettingsStore, tmp_path: Path
) -> None:
    (tmp_path / "江上.png").write_text("mine")
    app: App[None] = App()
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await opened(pilot, settings)
        await pilot.press("enter")
        await until(pilot, lambda: "is there already" in str(dialog.problem.render()))
        assert (tmp_path / "江上.png").read_text() == "mine"
        await pilot.press("enter")
        await until(pilot, lambda: not isinstance(app.screen, PosterDialog))
    assert (tmp_path / "江上.png").read_bytes()[:4] == b"\x89PNG"


async def test_what_does_not_fit_and_a_missing_font_are_said_in_the_dialog(
    settings: SettingsStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    app: App[None] = App()
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = await opened(pilot, settings)
        dialog.seal.value = "Li"
        await until(pilot, lambda: "does not fit on a seal" in str(dialog.problem.render()))
        dialog.seal.value = ""
        await until(pilot, lambda: not str(dialog.problem.render()))
        dialog.file.value = "poem.gif"
        dialog.file.focus()
        await pilot.press("enter")
        await until(pilot, lambda: ".png or .svg" in str(dialog.problem.render()))
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, PosterDialog))

        def none() -> tuple[fonts.HanFont, ...]:
            raise StudioError("No font with Chinese characters was found.", fonts.INSTALL_HINT)

        monkeypatch.setattr("poetry_tui.widgets.poster_dialog.han_fonts", none)
        bare = PosterDialog(POEM, settings)
        app.push_screen(bare)
        await until(pilot, lambda: "fonts-noto-cjk" in str(bare.problem.render()))


async def test_no_half_block_stands_at_the_right_edge_of_the_picture(settings: SettingsStore) -> None:
    """Fonts that draw it as wide as a Han character would let it stand out of the paper."""
    app: App[None] = App()
    async with app.run_test(size=(80, 24)) as pilot:
        preview = (await opened(pilot, settings)).preview
        n_pixels = len(preview._rows[0])
        row = preview.render_line(0).text.strip()
        assert row == "▀" * (n_pixels - 1)
        edge = next(one for one in reversed(list(preview.render_line(0))) if one.style and one.style.bgcolor)
        assert preview.render_line(0).cell_length == preview.size.width
        assert edge.text.isspace()
