"""Looking at a run on the train screen: log, zoom, back in time, machine, replay, other runs beside it,
their table, the report."""

from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from textual.events import MouseScrollDown, MouseScrollUp
from textual.widget import Widget
from textual.widgets import Static

from engine import paths
from engine.presets import preset
from engine.runs.events import Compared, Resources
from poetry_tui.app import PoetryApp
from poetry_tui.report.write import folder_for
from poetry_tui.runs.replay import RunReplay
from poetry_tui.runs.state import Status
from poetry_tui.train.monitor.comparison import CompareScreen, ComparisonTable
from poetry_tui.train.monitor.log_pane import LogPane
from poetry_tui.train.monitor.loss_chart import LossChart
from poetry_tui.train.monitor.monitor import RunMonitor
from poetry_tui.train.monitor.prediction_grid import PredictionGrid
from poetry_tui.train.monitor.resource_pane import ResourcePane
from poetry_tui.train.monitor.samples import SampleTimeline
from poetry_tui.train.run_list import RunList
from poetry_tui.train.screen import TrainScreen
from tests.poetry_tui.conftest import Until
from tests.poetry_tui.runs import make_run
from tests.poetry_tui.train.train_desk import NAME, is_shown, make, studio, train

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
        await pilot.press("z")
        assert app.screen.query_one(LossChart).zoom < 1


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


async def test_runs_are_drawn_beside_one_another_over_the_axis_of_choice(heartbeats: None, until: Until) -> None:
    make([*make_run.life(300), make_run.finished(300)])
    other = make_run.write_run(paths.runs() / "other", [*make_run.life(200), make_run.finished(200)])
    app = studio()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: is_shown(app, Status.COMPLETED) and app.screen.query_one(RunList).option_count == 2)
        follower = train(app).runs.followed
        assert follower is not None
        beside = other if follower.folder.name == NAME else paths.runs() / NAME
        chart = app.screen.query_one(LossChart)
        app.screen.query_one(RunList).mark(beside)
        await pilot.press("m")
        await until(pilot, lambda: [name for name, state in chart.overlays if len(state.loss)] == [beside.name])
        await until(pilot, lambda: ("b", "overlay1") in [cell for row in chart._rows for cell in row])
        for axis in ("chars", "minutes", "step"):
            await pilot.press("x")
            assert chart.axis == axis
            assert len(chart._rows) > 5
        await pilot.press("g", "z", "comma")
        assert (chart.is_log, chart.zoom < 1, chart.end < 1) == (True, True, True)
        app.screen.query_one(RunList).mark(beside)
        await pilot.press("m")
        await until(pilot, lambda: not chart.overlays)


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


async def test_the_last_part_is_that_of_the_run_that_is_shown_however_long_those_beside_it(
    heartbeats: None, until: Until
) -> None:
    shown = make([*make_run.life(400), make_run.finished(400)])
    longer = make_run.write_run(paths.runs() / "other", [*make_run.life(2000), make_run.finished(2000)])
    app = studio()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: is_shown(app, Status.COMPLETED) and app.screen.query_one(RunList).option_count == 2)
        train(app).follow(shown)
        train(app).toggle_overlay(longer)
        chart = app.screen.query_one(LossChart)
        await until(pilot, lambda: [len(state.loss) for _, state in chart.overlays] == [400])

        def seen() -> str:
            """The figures below the step axis."""
            return "".join(character for character, _ in chart._rows[-1])

        assert "2k" in seen()
        for _ in range(2):
            await pilot.press("z")
            assert "2k" not in seen()
            assert "400" in seen()
            assert {"smooth", "overlay1"} <= {part for row in chart._rows for _, part in row}
        await pilot.press("z")
        assert "2k" in seen()
        # The wheel goes on from what is seen: the place under the pointer, a tenth of the picture, is in the run that is shown.
        await pilot._post_mouse_events([MouseScrollUp], chart, offset=(17, 5))
        await until(pilot, lambda: chart.zoom < 1)
        assert "2k" not in seen()
        assert "smooth" in {part for row in chart._rows for _, part in row}


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
        while not chart.is_a_dot_behind():
            n_grown += 1
            state.fold(make_run.records([make_run.step(n_drawn + n_grown)])[0])
        assert n_grown == n_drawn // n_dots + 1
        chart.show(state)
        assert not chart.is_a_dot_behind()


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


async def two_runs_beside(app: PoetryApp, pilot: Any, until: Until) -> list[Path]:
    """Follow one of two runs, with the other beside it by a click on its letter's place."""
    await until(pilot, lambda: is_shown(app, Status.COMPLETED) and app.screen.query_one(RunList).option_count == 2)
    follower, rows = train(app).runs.followed, app.screen.query_one(RunList)
    assert follower is not None
    other = next(run.folder for run in rows._runs if run.folder != follower.folder)
    await pilot.click(RunList, offset=(3, 1 + [run.folder for run in rows._runs].index(other)))
    await until(pilot, lambda: list(train(app).runs.overlays) == [other])
    await until(pilot, lambda: train(app).runs.overlays[other].is_settled)
    assert train(app).runs.followed is follower
    return [follower.folder, other]


def write_two_runs() -> None:
    make([*make_run.life(300), make_run.finished(300)])
    gru = preset("nndl").replace(model=preset("nndl").model.replace(cell="gru"))
    said = [make_run.started(gru), *make_run.life(200)[1:], make_run.finished(200)]
    make_run.write_run(paths.runs() / "other", said)


@pytest.mark.parametrize("size", [(120, 40), (80, 24)], ids=str)
async def test_t_puts_the_runs_side_by_side_and_h_shows_what_they_share(
    size: tuple[int, int], heartbeats: None, until: Until
) -> None:
    write_two_runs()
    app = studio()
    async with app.run_test(size=size) as pilot:
        await pilot.press("b")
        await two_runs_beside(app, pilot, until)
        await pilot.press("t")
        await until(pilot, lambda: isinstance(app.screen, CompareScreen))
        table = app.screen.query_one(ComparisonTable)
        await until(pilot, lambda: "lstm" in str(table.render()))
        assert "learning rate" not in str(table.render())
        await pilot.press("h")
        await until(pilot, lambda: "learning rate" in str(table.render()))
        await pilot.click("#compare-equal")
        await until(pilot, lambda: "learning rate" not in str(table.render()))
        await pilot.pause()  # until the smaller card, and its buttons, stand where they will be
        await pilot.click("#compare-close")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen))


async def test_one_run_alone_shows_all_of_its_settings(heartbeats: None, until: Until) -> None:
    make([*make_run.life(300), make_run.finished(300)])
    app = studio()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: is_shown(app, Status.COMPLETED))
        await pilot.press("t")
        await until(pilot, lambda: isinstance(app.screen, CompareScreen))
        assert "learning rate" in str(app.screen.query_one(ComparisonTable).render())
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen))


async def test_capital_r_writes_the_report_of_the_runs_and_says_where(heartbeats: None, until: Until) -> None:
    write_two_runs()
    app = studio()
    async with app.run_test(size=(120, 40)) as pilot:
        runs_shown = await two_runs_beside(app, pilot, until)
        await pilot.press("R")
        page = folder_for(runs_shown) / "report.html"
        await until(pilot, lambda: any(str(page) in note.message for note in app._notifications))
        text = page.read_text(encoding="utf-8")
        assert all(folder.name in text for folder in runs_shown)


async def test_a_report_that_cannot_be_written_is_said_in_one_sentence(heartbeats: None, until: Until) -> None:
    folder = make([*make_run.life(300), make_run.finished(300)])
    app = studio()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: is_shown(app, Status.COMPLETED))
        # Somebody's own folder stands where the report would go.
        folder_for([folder]).mkdir(parents=True)
        (folder_for([folder]) / "mine.txt").write_text("mine", encoding="utf-8")
        await pilot.press("R")
        await until(pilot, lambda: [note for note in app._notifications if note.severity == "error"])
        said = next(note.message for note in app._notifications if note.severity == "error")
        assert "is no report" in said
        assert "\n" not in said
        assert not said.startswith("poetry-tui")


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
