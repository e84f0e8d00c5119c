"""The contrast of all text with what is behind it, in both themes: at least 4.5 to 1 (WCAG 2.2, level AA)."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.color import Color as RichColor
from rich.segment import Segment
from textual.color import Color
from textual.theme import Theme

import poetry_tui
from engine.system import paths
from poetry_tui.app import PoetryApp
from poetry_tui.compose.screen import ComposeScreen
from poetry_tui.engine_client.client import Phase
from poetry_tui.favourites.poem_list import PoemShelf
from poetry_tui.favourites.store import Favourite, FavouriteStore
from poetry_tui.preferences.settings import Settings
from poetry_tui.preferences.themes import INK, PAPER, THEMES
from poetry_tui.tracking.run_state.status import Status
from poetry_tui.train.run_list import RunList
from tests.poetry_tui.conftest import Until
from tests.poetry_tui.tracking import make_run
from tests.poetry_tui.train.train_desk import is_shown, train

MIN_RATIO = 4.5
# The lines of boxes, blocks and braille dots: drawings, not text.
DRAWINGS = (range(0x2500, 0x25A0), range(0x2800, 0x2900))


def luminance(colour: Color) -> float:
    """Relative luminance of sRGB, from 0 to 1 (WCAG 2.2)."""
    parts = [part / 255 for part in colour.rgb]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ratio(one: Color, other: Color) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def is_text(character: str) -> bool:
    return not character.isspace() and not any(ord(character) in drawing for drawing in DRAWINGS)


def texts(app: PoetryApp) -> Iterator[Segment]:
    """What is written on the screen in front, piece by piece; behind a dialog, nothing."""
    screen = app.screen
    for y, strip in enumerate(screen._compositor.render_strips()):
        for widget in screen.children:
            region = widget.region
            if widget.display and region.y <= y < region.bottom:
                yield from strip.crop(region.x, region.right)


def colours(segment: Segment) -> tuple[Color, Color]:
    """Of a piece of text: its own, and that behind it."""
    style = segment.style
    assert style is not None
    own, behind = (_true(colour) for colour in (style.color, style.bgcolor))
    return (behind, own) if style.reverse else (own, behind)


def _true(colour: RichColor | None) -> Color:
    assert colour is not None
    return Color.from_rich_color(colour)


def pale(app: PoetryApp) -> dict[str, str]:
    """Texts that can hardly be read, with their colours and their contrast."""
    found = {}
    for segment in texts(app):
        if any(map(is_text, segment.text)):
            own, behind = colours(segment)
            if ratio(own, behind) < MIN_RATIO:
                found[segment.text.strip()] = f"{own.hex} on {behind.hex}: {ratio(own, behind):.2f}"
    return found


def test_the_ratio_is_that_of_the_standard() -> None:
    black, white, grey = (Color.parse(name) for name in ("#000000", "#ffffff", "#767676"))
    assert ratio(black, white) == pytest.approx(21)
    assert ratio(white, white) == 1
    assert ratio(grey, white) == pytest.approx(4.54, abs=0.01)


# What no text is drawn with: the loss chart's range, mean and axis, a meter's rest, the footer's edge.
DRAWN_ONLY = {"range", "mean", "axis", "rest", "edge"}


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_a_paler_foreground_is_read_on_the_background_and_on_a_dialog(theme: Theme) -> None:
    drawn = "|".join(DRAWN_ONLY)
    shades = {
        int(share)
        for path in Path(poetry_tui.__file__).parent.rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if not re.search(rf"--({drawn}) ", line)
        for share in re.findall(r"(?:[^-]color: |\")\$foreground (\d+)%", line)
    }
    assert shades
    colours = theme.to_color_system().generate()
    foreground = Color.parse(colours["foreground"])
    for name in ("background", "surface"):
        behind = Color.parse(colours[name])
        for share in shades:
            assert ratio(behind.blend(foreground, share / 100), behind) >= MIN_RATIO, (share, name)


@pytest.mark.parametrize("theme", [INK, PAPER])
async def test_the_compose_screen_and_its_dialogs_can_be_read(theme: str, until: Until) -> None:
    app = PoetryApp(Settings(theme=theme, pace=3, form="qijue", n_candidates=3, with_tones=True))
    async with app.run_test(size=(130, 44)) as pilot:
        screen = app.screen
        assert isinstance(screen, ComposeScreen)
        await until(pilot, lambda: app.services.engine.state.phase is Phase.READY)
        await until(pilot, lambda: len(screen.fields.form.values) > 4)
        assert pale(app) == {}
        await pilot.press("enter")
        await until(pilot, lambda: len(screen.session.compositions) == 3 and screen.session.compositions[-1].is_over)
        await pilot.press("right", "right", "right", "l", "j", "L", "right", "down", "down")
        await until(pilot, lambda: screen.inspector_pane.inspector.inspection is not None)
        assert pale(app) == {}
        await pilot.press("escape", "P")
        await pilot.pause()
        assert pale(app) == {}
        dialogs = set()
        for keys in ("question_mark", "e", "h", "a", "d", "w space", "ctrl+p"):
            await pilot.press(*keys.split())
            await pilot.pause(0.3)
            dialogs.add(type(app.screen).__name__)
            assert pale(app) == {}, keys
            await pilot.press("escape", "escape", "escape")
        assert len(dialogs) > 5
        app.notify("山", title="日")
        app.notify("夜", severity="warning")
        app.notify("湖", severity="error")
        await pilot.pause()
        assert pale(app) == {}


@pytest.mark.parametrize("theme", [INK, PAPER])
async def test_the_train_screen_can_be_read(theme: str, until: Until, heartbeats: None, train_first: None) -> None:
    lives = (make_run.life(1000), [*make_run.life(300), make_run.failed(300)], make_run.life(300))
    for day, said in enumerate(lives):
        make_run.write_run(paths.runs() / f"2026112{3 - day}-101500-nndl-lstm", said, alive=day == 0)
    app = PoetryApp(Settings(theme=theme))
    async with app.run_test(size=(130, 50)) as pilot:
        await until(pilot, lambda: is_shown(app, Status.RUNNING))
        await until(pilot, lambda: app.screen.query_one(RunList).highlighted is not None)
        # Overlaid runs, an earlier step, the system, the log, the comparison, a name, the settings, a list, a wrong answer.
        for keys in (
            "b down m",
            "left left",
            "y",
            "y l",
            "l t",
            "escape f2",
            "escape n",
            "enter",
            "escape tab",
            "f f tab",
        ):
            await pilot.press(*keys.split())
            await pilot.pause(0.2)
            assert pale(app) == {}, keys
        train(app).follow(paths.runs() / "20261122-101500-nndl-lstm")
        await until(pilot, lambda: is_shown(app, Status.FAILED))
        assert pale(app) == {}


@pytest.mark.parametrize("theme", [INK, PAPER])
async def test_the_favourites_can_be_read(theme: str, until: Until, no_engine: None) -> None:
    for text in ("日暮江头一笛风，满船明月照归篷。", "山中有客不知年。"):
        FavouriteStore().add(
            Favourite(0, text, text[0], "studio-lstm", 7, {}, -60.0, 1.8e9, "题", ("江", "秋"), "给小红")
        )
    app = PoetryApp(Settings(theme=theme))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("3")
        await until(pilot, lambda: app.screen.query(PoemShelf) and app.screen.query_one(PoemShelf).chosen is not None)
        # The shelf, a search, and what stands there when nothing is found.
        for keys in ("down", "slash", "z z"):
            await pilot.press(*keys.split())
            await pilot.pause(0.2)
            assert pale(app) == {}, keys
