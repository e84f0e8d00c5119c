"""What lies above keeps its characters, wherever the widgets below it begin and end."""

import functools
import re
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from textual._compositor import ChopsUpdate, Compositor
from textual.app import App, ComposeResult
from textual.command import CommandPalette
from textual.containers import Horizontal
from textual.content import Content
from textual.geometry import Region
from textual.screen import ModalScreen, Screen
from textual.strip import Strip
from textual.widgets import Static
from textual.widgets._toast import Toast

from poetry_tui.app import PoetryApp
from poetry_tui.preferences.settings import Settings
from poetry_tui.terminal.compat import (
    WholeCharacterCompositor,
    WholePiecesUpdate,
    break_lines_between_han,
    use_whole_characters,
)
from poetry_tui.widgets.shell.help_screen import HelpScreen
from tests.poetry_tui.conftest import Until

VERSE = "日暮江头一笛风满船明月照归篷扁舟夜泊芦花里不见青山只见鸿"
NOTICE = "第三句要押东韵，而七言第 3 句第 7 字要仄声；藏尾“春江花月”做不到。换一个体裁，或者放开一处。"
SIZES = [(80, 24), (100, 30), (120, 40), (200, 60)]


class Panels(App[None]):
    """Three panels full of verse, and a card over them."""

    CSS = """
    Screen { layers: below above; }
    Horizontal { layer: below; }
    .panel { width: 1fr; height: 1fr; border: round white; }
    #card { layer: above; width: 24; height: auto; border: solid red; }
    """

    def compose(self) -> ComposeResult:
        with Horizontal():
            for number in range(3):
                yield Static(VERSE * 20, id=f"panel-{number}", classes="panel")
        yield Static(VERSE, id="card")


class Cards(ModalScreen[None]):
    def compose(self) -> ComposeResult:
        yield Static(VERSE * 2)


def rows_of(app: App[Any]) -> list[str]:
    return [strip.text for strip in app.screen._compositor.render_strips()]


def inside(strips: list[Strip], region: Region) -> str:
    """What stands in a region of the screen."""
    return "".join(strips[y].crop(*region.column_span).text for y in region.line_range)


def han_in(text: str) -> str:
    return "".join(re.findall(r"[\u3000-\u9fff\uff00-\uffef]", text))


async def test_a_card_keeps_every_character_at_every_place_and_width_over_panels() -> None:
    use_whole_characters()
    app = Panels()
    async with app.run_test(size=(80, 24)) as pilot:
        card = app.query_one("#card")
        for width in (9, 24, 31):
            card.styles.width = width
            for x in range(0, 48, 1 if width == 24 else 5):
                for number in range(2):
                    app.query_one(f"#panel-{number}").styles.width = 17 + (x * (number + 3)) % 11
                card.styles.offset = (x, 3)
                await pilot.pause()
                region = card.region
                shown = inside(app.screen._compositor.render_strips(), region)
                assert han_in(shown) == VERSE, (x, width)
                assert all(cell_len(row) == 80 for row in rows_of(app))


async def test_a_part_of_the_screen_is_drawn_in_whole_pieces() -> None:
    """Whatever part has changed, what is sent are pieces of the whole picture, none of which ends in half a character."""
    use_whole_characters()
    app = Panels()
    async with app.run_test(size=(80, 24)) as pilot:
        app.query_one("#card").styles.offset = (23, 3)
        await pilot.pause()
        compositor = app.screen._compositor
        whole = compositor.render_strips()

        @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
        @given(st.lists(st.tuples(*(st.integers(0, n) for n in (78, 22, 40, 9))), min_size=1, max_size=4))
        def draw(parts: list[tuple[int, int, int, int]]) -> None:
            regions = {
                Region(x, y, width + 1, height + 1).intersection(Region(0, 0, 80, 24)) for x, y, width, height in parts
            }
            compositor._dirty_regions = set(regions)
            update = compositor.render_partial_update()
            assert isinstance(update, WholePiecesUpdate)
            drawn: dict[int, set[int]] = {}
            for x, y, text in pieces(update.render_segments(app.console)):
                assert whole[y].crop(x, x + cell_len(text)).text == text
                drawn.setdefault(y, set()).update(range(x, x + cell_len(text)))
            for region in regions:
                for y in region.line_range:
                    assert drawn[y].issuperset(range(*region.column_span))

        draw()


def pieces(sent: str) -> list[tuple[int, int, str]]:
    """(column, row, text) of what was sent to the terminal."""
    found = []
    for row, column, rest in re.findall(r"\x1b\[(\d+);(\d+)H((?:(?!\x1b\[\d+;\d+H).)*)", sent, re.S):
        found.append((int(column) - 1, int(row) - 1, re.sub(r"\x1b\[[\d;]*m", "", rest)))
    return found


async def test_a_notice_in_chinese_keeps_every_character_at_every_width(until: Until) -> None:
    app = PoetryApp(Settings(language="zh", pace=3, n_candidates=1))
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.session.current is not None and app.screen.session.current.is_over)  # type: ignore[attr-defined]
        app.clear_notifications()
        title = "这样的诗作不成"
        app.notify(NOTICE, title=title, severity="error", markup=False, timeout=600)
        for width, height in [*SIZES, *((width, 30) for width in range(60, 140, 7))]:
            await pilot.resize_terminal(width, height)
            # The notice grows with its lines, and its place may be a frame behind.
            await until(pilot, functools.partial(is_whole, app, width, han_in(title + NOTICE)))


def is_whole(app: App[Any], width: int, text: str) -> bool:
    """Whether the one notice shows its text at this width. Its last row, which is empty, may lie below the footer."""
    notices = app.screen.query(Toast)
    if app.screen.size.width != width or len(notices) != 1:
        return False
    region = notices.first().region.shrink((0, 0, 1, 0))
    return han_in(inside(app.screen._compositor.render_strips(), region)) == text


async def test_every_screen_is_composed_of_whole_characters() -> None:
    """The canary: Textual makes its compositor where we replace it, and draws by the methods that we extend."""
    app = PoetryApp(Settings())
    async with app.run_test(size=(100, 30)) as pilot:
        screens: list[Screen[Any]] = [app.screen]
        for opening in ("question_mark", "ctrl+p"):
            await pilot.press(opening)
            await pilot.pause()
            screens.append(app.screen)
            await pilot.press("escape")
        assert [type(screen) for screen in screens[1:]] == [HelpScreen, CommandPalette]
        assert all(isinstance(screen._compositor, WholeCharacterCompositor) for screen in screens)
        await app.push_screen(Cards())
        assert isinstance(app.screen._compositor, WholeCharacterCompositor)
    for name in ("_render_chops", "render_partial_update", "visible_widgets", "_regions_to_spans", "render_strips"):
        assert hasattr(Compositor, name)
    assert ChopsUpdate.render_segments is not WholePiecesUpdate.render_segments


async def test_textual_still_cuts_where_nothing_covers() -> None:
    """The day this fails, Textual has mended it, and our compositor can go."""
    app = Panels()
    async with app.run_test(size=(80, 24)) as pilot:
        lost = []
        for x in (22, 23):
            app.query_one("#card").styles.offset = (x, 3)
            await pilot.pause()
            theirs = Compositor()
            theirs.reflow(app.screen, app.size)
            lost.append(han_in(inside(theirs.render_strips(), app.query_one("#card").region)) != VERSE)
        assert any(lost)


@given(st.text("春江花月，。“”（）《》 abc.…\u3000", max_size=60), st.integers(2, 30))
def test_a_line_of_chinese_breaks_between_any_characters_but_at_their_marks(text: str, width: int) -> None:
    break_lines_between_han()
    lines = Content(text).wrap(width)
    assert "".join("".join(line.plain.split()) for line in lines) == "".join(text.split())
    assert all(line.cell_length <= width for line in lines)


def test_a_line_of_chinese_is_filled_and_its_marks_are_not_parted_from_it() -> None:
    break_lines_between_han()
    lines = [
        line.plain
        for line in Content("现在第 4 步，共 600 步。曲线下面，“左边”是一首（真诗）。It's 3.5 nats.").wrap(20)
    ]
    assert lines == ["现在第 4 步，共 600", "步。曲线下面，“左边”", "是一首（真诗）。It's", "3.5 nats."]
