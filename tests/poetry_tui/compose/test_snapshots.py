"""What the Compose screen looks like, cell by cell: three sizes, both themes, forms, tones, columns, locks, the too small
terminal, help.

`pytest tests/poetry_tui/compose/test_snapshots.py --snapshot-update` makes the pictures again; look at them before they are committed.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, cast

import pytest

from poetry_tui.app import PoetryApp
from poetry_tui.compose.inspector.states_screen import StatesScreen
from poetry_tui.compose.screen import ComposeScreen
from poetry_tui.engine_client.client import Phase
from poetry_tui.preferences.settings import Settings
from poetry_tui.preferences.themes import INK, PAPER
from poetry_tui.widgets.poem.poem_view import PoemView
from poetry_tui.widgets.shell.header import StudioHeader
from tests.poetry_tui.compose.open_studio import AT_ONCE
from tests.poetry_tui.conftest import Until

SIZES = [(80, 24), (120, 40), (200, 60)]
Before = Callable[[Any], Awaitable[None]]


@pytest.fixture(autouse=True)
def the_same_seed_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secrets.randbelow", lambda _: 7)


def opened(until: Until, *keys: str, n_poems: int = 0, then: Sequence[str] = ()) -> Before:
    """Wait for the engine, press some keys, wait for the poems and all that is said of them; then press some more."""

    async def before(pilot: Any) -> None:
        app = cast(PoetryApp, pilot.app)
        screen = cast(ComposeScreen, app.screen)
        await until(pilot, lambda: app.services.engine.state.phase is Phase.READY)
        await until(pilot, lambda: "cpu" in screen.query_one(StudioHeader).status)
        await until(pilot, lambda: len(screen.fields.form.values) > 4)
        await pilot.press(*keys)
        await until(pilot, lambda: len(screen.session.compositions) == n_poems)
        await until(pilot, lambda: all(request.is_over for request in screen.session.compositions))
        if n_poems:
            await pilot.press("right", "right", "right", *then)
            await until(pilot, lambda: is_all_said(screen))
        await pilot.pause()

    return before


def is_all_said(screen: ComposeScreen) -> bool:
    current, pane = screen.session.current, screen.inspector_pane
    is_judged = screen.query_one(PoemView).view_state.annotations != {}
    is_seen_through = not pane.display or pane.inspector.inspection is not None
    return current is not None and current.novelty is not None and is_judged and is_seen_through


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("theme", [INK, PAPER])
def test_a_complete_poem(snap_compare: Any, until: Until, theme: str, size: tuple[int, int]) -> None:
    app = PoetryApp(Settings(theme=theme, pace=3, n_candidates=1))
    assert snap_compare(app, terminal_size=size, run_before=opened(until, "enter", n_poems=1))


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_candidates_in_a_form_with_their_tones(snap_compare: Any, until: Until, size: tuple[int, int]) -> None:
    app = PoetryApp(Settings(pace=3, form="qijue", n_candidates=5, with_tones=True))
    assert snap_compare(
        app, terminal_size=size, run_before=opened(until, "enter", n_poems=5, then=["right_square_bracket", "right"])
    )


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_columns_in_traditional_characters(snap_compare: Any, until: Until, size: tuple[int, int]) -> None:
    app = PoetryApp(Settings(theme=PAPER, pace=3, is_upright=True, is_traditional=True, n_candidates=1))
    assert snap_compare(app, terminal_size=size, run_before=opened(until, "enter", n_poems=1))


def test_locks_and_a_picked_character(snap_compare: Any, until: Until) -> None:
    app = PoetryApp(Settings(pace=3, n_candidates=1))
    before = opened(until, "enter", n_poems=1, then=["l", "j", "L", "right", "down", "down"])
    assert snap_compare(app, terminal_size=(120, 40), run_before=before)


def test_an_empty_poem_pane(snap_compare: Any, until: Until) -> None:
    assert snap_compare(PoetryApp(Settings()), terminal_size=(80, 24), run_before=opened(until))


def test_the_inspector_on_a_narrow_screen(snap_compare: Any, until: Until) -> None:
    app = PoetryApp(Settings(pace=3, n_candidates=1))
    assert snap_compare(app, terminal_size=(80, 24), run_before=opened(until, "enter", "p", "i", n_poems=1))


def test_everything_in_chinese(snap_compare: Any, until: Until) -> None:
    app = PoetryApp(Settings(pace=3, language="zh", n_candidates=1))
    assert snap_compare(app, terminal_size=(120, 40), run_before=opened(until, "enter", n_poems=1))


def test_a_terminal_that_is_too_small(snap_compare: Any) -> None:
    assert snap_compare(PoetryApp(Settings()), terminal_size=(40, 10))


def test_help(snap_compare: Any, until: Until) -> None:
    assert snap_compare(PoetryApp(Settings()), terminal_size=(120, 40), run_before=opened(until, "question_mark"))


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (120, 40), (200, 60)], ids=str)
def test_a_notice_in_chinese_over_verse_and_panels(snap_compare: Any, until: Until, size: tuple[int, int]) -> None:
    async def before(pilot: Any) -> None:
        await opened(until, "enter", n_poems=1)(pilot)
        pilot.app.notify(
            "藏尾“春江花月”做不到：春是平声，而七言 aBbA 式第 1 句第 7 字要仄声。",
            title="这样的诗作不成",
            severity="error",
            markup=False,
            timeout=600,
        )
        await pilot.pause()

    app = PoetryApp(Settings(language="zh", pace=3, n_candidates=1, with_tones=True))
    assert snap_compare(app, terminal_size=size, run_before=before)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_the_states_of_a_poem(snap_compare: Any, until: Until, size: tuple[int, int]) -> None:
    async def before(pilot: Any) -> None:
        await opened(until, "enter", n_poems=1)(pilot)
        await pilot.press("H")
        await until(
            pilot, lambda: isinstance(pilot.app.screen, StatesScreen) and pilot.app.screen.map.states is not None
        )
        await pilot.press("down", "down")
        await pilot.pause()

    assert snap_compare(PoetryApp(AT_ONCE), terminal_size=size, run_before=before)
