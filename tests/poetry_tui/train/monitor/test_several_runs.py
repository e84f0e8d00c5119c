"""Several runs on the Train screen: beside one another in the chart, in a table, in a report."""

from pathlib import Path
from typing import Any

import pytest
from textual.events import MouseScrollUp

from engine.config.presets import preset
from engine.system import paths
from poetry_tui.app import PoetryApp
from poetry_tui.tracking.report.write import folder_for
from poetry_tui.tracking.run_state.status import Status
from poetry_tui.train.monitor.comparison import CompareScreen, ComparisonTable
from poetry_tui.train.monitor.loss_chart import LossChart
from poetry_tui.train.run_list import RunList
from poetry_tui.train.screen import TrainScreen
from tests.poetry_tui.conftest import Until
from tests.poetry_tui.tracking import make_run
from tests.poetry_tui.train.train_desk import NAME, is_shown, make, studio, train

pytestmark = pytest.mark.usefixtures("train_first")


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
        for key in ("z", "Z"):
            await pilot.press(key)
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
        told = str(app.screen.query_one(ComparisonTable).render())
        assert "learning rate" in told
        assert "m on another run adds it" in " ".join(told.split())
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen))
        await pilot.press("b", "m")
        assert any("another run than the one shown" in notice.message for notice in app._notifications)


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
