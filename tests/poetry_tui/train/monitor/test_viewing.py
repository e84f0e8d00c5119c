"""Looking at a run on the Train screen: log, zoom, back in time, machine, replay."""

import pytest
from rich.cells import cell_len
from textual.events import MouseScrollDown, MouseScrollUp
from textual.widget import Widget
from textual.widgets import Static

from engine.runs.events import Compared, Resources
from poetry_tui.tracking.replay import RunReplay
from poetry_tui.tracking.run_state.status import Status
from poetry_tui.train.monitor.chart_legend import CONTROL_LETTERS
from poetry_tui.train.monitor.log_pane import LogPane
from poetry_tui.train.monitor.loss_chart import LossChart
from poetry_tui.train.monitor.monitor import RunMonitor
from poetry_tui.train.monitor.prediction_grid import PredictionGrid
from poetry_tui.train.monitor.resource_pane import ResourcePane
from poetry_tui.train.monitor.samples import SampleTimeline
from poetry_tui.train.run_list import RunList
from tests.poetry_tui.conftest import Until
from tests.poetry_tui.tracking import make_run
from tests.poetry_tui.train.train_desk import is_shown, make, studio, train

pytestmark = pytest.mark.usefixtures("train_first")

USED = Resources(
    step=300, cpu_percent=193.0, memory_bytes=1_230_000_000, gpu_percent=87.0, gpu_memory_bytes=5_000_000_000,
    data_share=0.01, forward_share=0.6, backward_share=0.3, optimizer_share=0.05,
)  # fmt: skip


async def test_the_log_is_there_on_demand_and_zoom_shows_the_end(heartbeats: None, until: Until) -> None:
    make([*make_run.life(300), make_run.finished(300)])
    app = studio()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: is_shown(app, Status.COMPLETED))
        await pilot.press("l")
        await until(pilot, lambda: app.screen.query_one(LogPane).lines)
        chart = app.screen.query_one(LossChart)
        for key, shares in (("z", "75–100 %"), ("Z", "93.8–100 %"), ("comma", "90.6–96.9 %"), ("Z", "95.3–96.9 %")):
            await pilot.press(key)
            assert shares in str(chart.border_subtitle)
        await pilot.press("z")
        assert chart.zoom == 1


async def test_the_letters_on_the_step_axis_stand_in_the_legend_and_in_the_help(heartbeats: None, until: Until) -> None:
    make([*make_run.life(300), make_run.paused(300), make_run.finished(300)])
    app = studio()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: is_shown(app, Status.COMPLETED))
        chart = app.screen.query_one(LossChart)
        assert "P paused" in str(chart.border_subtitle)
        assert "learning rate" not in str(chart.border_subtitle)
        chart.zoom, chart.end = 0.25, 0.5
        chart.show(chart.state)
        assert "P paused" not in str(chart.border_subtitle)
        await pilot.press("question_mark")
        meanings = str(app.screen.query_one("#help-figures").render())
        assert all(letter in meanings for letter in (*CONTROL_LETTERS.values(), "learning rate changed"))


async def test_the_arrows_go_back_in_time_and_0_comes_back(heartbeats: None, until: Until) -> None:
    said = make_run.life(300)
    said += [make_run.step(305), Compared(step=305, prediction="日", target="月", probability=(0.5,))]
    make([*said, make_run.finished(305)])
    app = studio()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: is_shown(app, Status.COMPLETED))
        monitor, grid = app.screen.query_one(RunMonitor), app.screen.query_one(PredictionGrid)
        await pilot.press("left", "left")
        await until(pilot, lambda: grid.shown is not None and grid.shown.step == 300)
        assert monitor.selected_step == 300
        await pilot.press("shift+left")
        await until(pilot, lambda: grid.shown is not None and grid.shown.step == 50)
        assert "250" not in str(app.screen.query_one("SampleTimeline Static", Static).content)
        await pilot.press("0")
        await until(pilot, lambda: grid.shown is not None and grid.shown.step == 305)
        assert monitor.selected_step is None


@pytest.mark.parametrize("pane", [PredictionGrid, SampleTimeline, RunList])
async def test_the_arrows_go_through_time_wherever_the_focus_is(
    pane: type[Widget], heartbeats: None, until: Until
) -> None:
    make([*make_run.life(300), make_run.finished(300)])
    app = studio()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: is_shown(app, Status.COMPLETED))
        app.screen.query_one(pane).focus()
        await pilot.press("left", "left")
        await until(pilot, lambda: app.screen.query_one(RunMonitor).selected_step == 250)
        await pilot.press("right", "right")
        await until(pilot, lambda: app.screen.query_one(RunMonitor).selected_step is None)


async def test_y_shows_what_the_training_uses(heartbeats: None, until: Until) -> None:
    make([*make_run.life(300), USED], alive=True)
    app = studio()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: is_shown(app, Status.RUNNING))
        await pilot.press("y")
        pane = app.screen.query_one("ResourcePane Static", Static)
        await until(pilot, lambda: "193 %" in str(pane.content))
        for figure in ("1.9 cores", "1.23 GB", "87 %", "5.00 GB", "60 %", "the rest"):
            assert figure in str(pane.content)
        # The gradient of the output layer is made in the forward pass, and a card's times are those of handing over.
        assert "forward*" in str(pane.content)
        assert "* with the output's gradient" in str(app.screen.query_one(ResourcePane).border_subtitle)
        assert "until the card has the work" in str(app.screen.query_one(ResourcePane).tooltip)
        assert not app.screen.query_one(PredictionGrid).display


async def test_r_replays_the_run_from_its_beginning_and_comes_back(heartbeats: None, until: Until) -> None:
    make([*make_run.life(300), make_run.finished(300)])
    app = studio()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: is_shown(app, Status.COMPLETED))
        await pilot.press("r")
        await until(pilot, lambda: is_shown(app, Status.REPLAYING))
        replay = train(app).runs.followed
        assert isinstance(replay, RunReplay)
        await pilot.press("p")
        await until(pilot, lambda: replay.is_held)
        before = replay.speed
        await pilot.press("+")
        assert replay.speed == 2 * before
        await pilot.press("p", *"++++++++")
        await until(pilot, lambda: replay.is_over and replay.state.step == 300)
        assert not {"s", "c"} & set(app.screen.active_bindings)
        await pilot.press("r")
        await until(pilot, lambda: is_shown(app, Status.COMPLETED))


@pytest.mark.parametrize("is_of_before", [False, True])
async def test_the_chart_says_its_unit_and_which_axis_is_estimated(
    is_of_before: bool, heartbeats: None, until: Until
) -> None:
    said = [*make_run.life(300), make_run.finished(300)]
    make(make_run.of_before(said) if is_of_before else said)
    app = studio()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: is_shown(app, Status.COMPLETED))
        chart = app.screen.query_one(LossChart)
        await until(pilot, lambda: "nats/Han (perplexity)" in str(chart.border_title))
        assert ("~" in str(chart.border_title)) == is_of_before
        await pilot.press("x")
        await until(pilot, lambda: "by characters" in str(chart.border_subtitle))
        assert ("~by characters" in str(chart.border_subtitle)) == is_of_before


async def test_the_chart_is_behind_when_the_run_has_grown_by_a_dot(heartbeats: None, until: Until) -> None:
    make(make_run.life(1000, every=1), alive=True)
    app = studio()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: is_shown(app, Status.RUNNING))
        chart = app.screen.query_one(LossChart)
        state = chart.state
        assert state is not None
        chart.show(state)
        n_drawn, n_dots = len(state.loss), 2 * chart.content_size.width
        n_grown = 0
        while not chart.has_grown_by_a_dot():
            n_grown += 1
            state.fold(make_run.records([make_run.step(n_drawn + n_grown)])[0])
        assert n_grown == n_drawn // n_dots + 1
        chart.show(state)
        assert not chart.has_grown_by_a_dot()


async def test_the_wheel_zooms_about_the_pointer(heartbeats: None, until: Until) -> None:
    make([*make_run.life(1000), make_run.finished(1000)])
    app = studio()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: is_shown(app, Status.COMPLETED))
        chart = app.screen.query_one(LossChart)
        await pilot._post_mouse_events([MouseScrollUp], chart, offset=(20, 5))
        await until(pilot, lambda: chart.zoom < 1)
        assert chart.end < 1
        for _ in range(3):
            await pilot._post_mouse_events([MouseScrollDown], chart, offset=(20, 5))
        await until(pilot, lambda: chart.zoom == 1 and chart.end == 1)


async def test_on_a_narrow_screen_b_leads_to_the_runs_and_esc_back(heartbeats: None, until: Until) -> None:
    make([*make_run.life(300), make_run.finished(300)])
    app = studio()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: is_shown(app, Status.COMPLETED))
        await pilot.press("b")
        await until(pilot, lambda: isinstance(app.focused, RunList) and app.focused.region.height > 0)
        await pilot.press("escape")
        await until(pilot, lambda: app.focused is not None and not isinstance(app.focused, RunList))
        focused = app.focused
        assert focused is not None
        assert focused.region.height > 0


async def test_on_a_low_screen_the_machine_is_seen_whole(heartbeats: None, until: Until) -> None:
    make([*make_run.life(300), USED], alive=True)
    app = studio()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: is_shown(app, Status.RUNNING))
        await pilot.press("y")
        pane = app.screen.query_one(ResourcePane)
        await until(pilot, lambda: "the rest" in str(pane.query_one(Static).content))
        await until(pilot, lambda: pane.max_scroll_y == 0)


async def test_a_long_prediction_stands_character_over_character_beside_its_scroll_bar(
    heartbeats: None, until: Until
) -> None:
    said = [*make_run.life(300), make_run.step(305)]
    said.append(Compared(step=305, prediction="日" * 90, target="月" * 90, probability=(0.5,) * 90))
    make([*said, make_run.finished(305)])
    app = studio()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: is_shown(app, Status.COMPLETED))
        grid = app.screen.query_one(PredictionGrid)
        await until(pilot, lambda: grid.shown is not None and grid.shown.step == 305 and grid.show_vertical_scrollbar)
        lines = str(grid.query_one(Static).content).splitlines()
        await until(pilot, lambda: grid.query_one(Static).size.height == len(lines))
        assert all(cell_len(line) <= grid.scrollable_content_region.width for line in lines)
