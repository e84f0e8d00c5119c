"""Curves and bars where braille is missing: found out from the terminal, or chosen, and then nothing but ASCII."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.widgets import Static

from engine.runs.events import Resources
from poetry_tui.app import PoetryApp
from poetry_tui.preferences.chart_glyphs import (
    Charts,
    arrow,
    bar,
    chosen,
    progress,
    shade,
    small_curve,
    stroke,
    use_charts,
)
from poetry_tui.preferences.settings import Settings, load_settings, settings_file
from poetry_tui.tracking.run_state.curve import Curve
from poetry_tui.tracking.run_state.status import Status
from poetry_tui.train.monitor.braille_plot import Mark, Overlay, plot
from poetry_tui.train.monitor.figures import RunFigures, SparklineRow
from poetry_tui.train.monitor.loss_chart import LossChart
from tests.poetry_tui.compose.open_studio import AT_ONCE, open_studio
from tests.poetry_tui.conftest import Until
from tests.poetry_tui.tracking import make_run
from tests.poetry_tui.train.train_desk import is_shown, make

BRAILLE_AND_BLOCKS = re.compile("[\u2500-\u259f\u2800-\u28ff]")
# Those, and Textual's arrows; the square of a wish is a character to be typed.
NOT_PLAIN = re.compile("[\u2500-\u259f\u25b2-\u25bf\u2800-\u28ff]")


@pytest.fixture(autouse=True)
def as_the_terminal_can() -> Iterator[None]:
    """What is drawn with is one for the whole process; the next test shall find it as it was."""
    yield
    use_charts("auto")


@pytest.mark.parametrize(
    ("environment", "charts"),
    [
        ({"TERM": "xterm-256color", "LANG": "zh_CN.UTF-8"}, "braille"),
        ({"TERM": "xterm", "LANG": "en_US.utf8"}, "braille"),
        ({"TERM": "xterm", "LANG": "C"}, "braille"),
        ({"TERM": "xterm", "LC_ALL": "en_GB.UTF-8", "LANG": "zh_CN.GB18030"}, "braille"),
        ({}, "braille"),
        ({"TERM": "linux", "LANG": "zh_CN.UTF-8"}, "ascii"),
        ({"TERM": "dumb"}, "ascii"),
        ({"TERM": "vt100"}, "ascii"),
        ({"TERM": "xterm", "LANG": "zh_CN.GB18030"}, "ascii"),
        ({"TERM": "xterm", "LC_ALL": "", "LC_CTYPE": "de_DE.ISO-8859-1@euro", "LANG": "de_DE.UTF-8"}, "ascii"),
    ],
)
def test_the_terminal_decides_unless_somebody_does(environment: dict[str, str], charts: Charts) -> None:
    assert chosen("auto", environment) == charts
    for wanted in ("braille", "ascii"):
        assert chosen(wanted, environment) == wanted


@given(st.lists(st.floats(-1e6, 1e6), max_size=60), st.integers(12, 90), st.integers(5, 30), st.booleans())
def test_a_plain_chart_is_ascii_and_stands_where_the_other_one_stands(
    values: list[float], width: int, height: int, is_log: bool
) -> None:
    curve = Curve()
    for step, value in enumerate(values):
        curve.append(step, value)
    marks, others = [Mark(1, "validation", "o", 5.0), Mark(2, "control", "P")], [Overlay(curve, "overlay1", "b")]
    fine, plain = (
        plot(curve, marks, width, height, overlays=others, is_log=is_log, is_ascii=is_ascii)
        for is_ascii in (False, True)
    )
    assert [[part for _, part in row] for row in plain] == [[part for _, part in row] for row in fine]
    assert "".join(character for row in plain for character, _ in row).isascii()


def test_a_stroke_is_as_high_as_its_dots_and_leans_as_they_do() -> None:
    assert [stroke(bits) for bits in (0x01 | 0x08, 0x02 | 0x10, 0x04 | 0x20, 0x40 | 0x80)] == list("'-._")
    assert stroke(0x01 | 0x10 | 0x20 | 0x80) == "\\"
    assert stroke(0x40 | 0x04 | 0x02 | 0x08) == "/"
    assert stroke(0x01 | 0x02 | 0x04 | 0x40) == "|"
    assert all(stroke(bits).isascii() for bits in range(1, 256))


@given(st.floats(-1, 2), st.integers(1, 100))
def test_bars_fill_their_width_in_either_hand(share: float, width: int) -> None:
    for charts in ("ascii", "braille"):
        use_charts(charts)
        assert len(bar(share, width)) == width
        assert len("".join(progress(share, width))) == width
    use_charts("ascii")
    assert f"{bar(share, width)}{''.join(progress(share, width))}".isascii()


def test_a_small_curve_rises_with_its_values() -> None:
    use_charts("ascii")
    assert small_curve([0.0, 1.0, 2.0, 3.0]) == "_.-'"
    assert small_curve([5.0, 5.0]) == "__"
    assert small_curve([]) == ""
    use_charts("auto")
    assert small_curve([0.0, 1.0, 7.0]) == "▁▂█"


@pytest.mark.usefixtures("train_first")
async def test_the_train_screen_does_without_braille_and_blocks_when_it_is_told_to(
    heartbeats: None, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However long the curves of a run may wait for their next turn.
    monkeypatch.setattr("poetry_tui.train.monitor.monitor.MIN_CURVES_PERIOD_S", 1e6)
    used = Resources(
        step=300, cpu_percent=193.0, memory_bytes=1_230_000_000, gpu_percent=None, gpu_memory_bytes=None,
        data_share=0.01, forward_share=0.6, backward_share=0.3, optimizer_share=0.05,
    )  # fmt: skip
    make([*make_run.life(300), used], alive=True)
    app = PoetryApp(Settings())
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: is_shown(app, Status.RUNNING))
        await pilot.press("y")
        assert BRAILLE_AND_BLOCKS.search(drawn(app))
        app.action_charts("ascii")
        await until(pilot, lambda: not BRAILLE_AND_BLOCKS.search(drawn(app)))
        assert load_settings(settings_file()).charts == "ascii"
        assert app.screen.query_one(LossChart).styles.border_top[0] == "ascii"
        app.action_charts("braille")
        await until(pilot, lambda: BRAILLE_AND_BLOCKS.search(drawn(app)))


async def test_a_studio_in_plain_ascii_has_neither_blocks_nor_lines_nor_arrows(until: Until) -> None:
    async with open_studio(until, settings=replace(AT_ONCE, charts="ascii")) as studio:
        await studio.press("enter")
        await studio.written()
        await studio.press("right", "right")
        await studio.until(lambda: "LSTM layer" in whole(studio.app))
        assert not NOT_PLAIN.search(whole(studio.app))
        for screen in ("2", "3"):
            await studio.press(screen)
            await studio.until(lambda: not NOT_PLAIN.search(whole(studio.app)))


def test_shades_rise_with_their_share() -> None:
    use_charts("ascii")
    assert "".join(shade(share / 7) for share in range(8)) == " .:-=+*#"
    assert [arrow(drawn) for drawn in "▼▲▶"] == ["v", "^", ">"]
    use_charts("auto")
    assert "".join(shade(share / 7) for share in range(8)) == "▁▂▃▄▅▆▇█"
    assert [arrow(drawn) for drawn in "▼▲▶"] == ["▼", "▲", "▶"]


def whole(app: PoetryApp) -> str:
    """The text of the whole screen."""
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


def drawn(app: PoetryApp) -> str:
    """Every curve, bar and border of the run that is shown."""
    rows = [app.screen.query_one(kind) for kind in (RunFigures, LossChart, SparklineRow)]
    lines = [strip.text for widget in rows for strip in widget.render_lines(widget.outer_size.region)]
    return "\n".join([*lines, str(app.screen.query_one("ResourcePane Static", Static).content)])


def test_a_choice_that_makes_no_sense_is_the_terminals() -> None:
    settings_file().parent.mkdir(parents=True, exist_ok=True)
    settings_file().write_text('{"charts": "crayon"}', encoding="utf-8")
    assert load_settings(settings_file()) == replace(Settings(), charts="auto")
