"""Steering a run from the train screen: pause, stop, save, sample, learning rate, and leaving the studio."""

import msgspec
import pytest

from engine.runs.folder import CONTROL, read_config, write_config
from engine.runs.labels import read_labels
from poetry_tui.tracking import control as runs
from poetry_tui.tracking.run_state.status import Status
from poetry_tui.train.run_list import RunList
from poetry_tui.train.screen import TrainScreen
from poetry_tui.train.settings.form import RunSettings
from poetry_tui.train.settings.questions import config_of
from poetry_tui.widgets.fields import AskLine
from poetry_tui.widgets.shell.footer import StudioFooter
from poetry_tui.widgets.shell.quit_question import QuitQuestion
from tests.poetry_tui.conftest import Until
from tests.poetry_tui.tracking import make_run
from tests.poetry_tui.train.train_desk import is_shown, make, studio

pytestmark = pytest.mark.usefixtures("train_first")


async def test_p_pauses_and_goes_on_and_s_stops(heartbeats: None, until: Until) -> None:
    folder = make(make_run.life(300), alive=True)
    app = studio()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: is_shown(app, Status.RUNNING))
        footer = app.screen.query_one(StudioFooter)
        await until(pilot, lambda: "p pause" in footer.render_line(0).text)
        await pilot.press("p")
        await until(pilot, (folder / CONTROL / "pause").exists)
        make_run.append(folder, [make_run.paused(300)])
        await until(pilot, lambda: is_shown(app, Status.PAUSED))
        await until(pilot, lambda: "p resume" in footer.render_line(0).text)
        await pilot.press("p")
        await until(pilot, lambda: not (folder / CONTROL / "pause").exists())
        await pilot.press("s")
        await until(pilot, (folder / CONTROL / "stop").exists)


async def test_keys_that_would_do_nothing_are_not_offered(heartbeats: None, until: Until) -> None:
    make([*make_run.life(300), make_run.finished(300)])
    app = studio()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: is_shown(app, Status.COMPLETED))
        assert not {"p", "s", "c"} & set(app.screen.active_bindings)
        assert {"n", "l", "z", "ctrl+r"} <= set(app.screen.active_bindings)


async def test_stop_while_it_loads_is_said_again_once_it_runs(heartbeats: None, until: Until) -> None:
    folder = make([], alive=True)
    app = studio()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: is_shown(app, Status.STARTING))
        await pilot.press("s")
        await until(pilot, (folder / CONTROL / "stop").exists)
        (folder / CONTROL / "stop").unlink()
        make_run.append(folder, [make_run.started()])
        await until(pilot, (folder / CONTROL / "stop").exists)


async def test_a_run_is_told_to_save_to_sample_and_to_change_its_rate(heartbeats: None, until: Until) -> None:
    folder = make(make_run.life(300), alive=True)
    app = studio()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: is_shown(app, Status.RUNNING))
        await pilot.press("w", "e")
        await until(pilot, lambda: {"save", "sample"} <= {path.name for path in (folder / CONTROL).iterdir()})
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, AskLine))
        await pilot.press(*"0.0005", "enter")
        await until(pilot, (folder / CONTROL / "lr").exists)
        assert float((folder / CONTROL / "lr").read_text()) == 0.0005
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, AskLine))
        await pilot.press(*"fast", "enter")
        await until(pilot, lambda: "fast is no learning rate." in [notice.title for notice in app._notifications])


async def test_quitting_asks_once_when_a_training_from_here_still_runs(
    monkeypatch: pytest.MonkeyPatch, heartbeats: None, until: Until
) -> None:
    folder = make(make_run.life(50), alive=True)
    monkeypatch.setattr(runs, "started_here", lambda: [folder])
    app = studio()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: is_shown(app, Status.RUNNING))
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, QuitQuestion))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, TrainScreen))
        assert app.is_running
        await pilot.press("q")
        await until(pilot, lambda: isinstance(app.screen, QuitQuestion))
        await pilot.press("tab", "enter")
        await until(pilot, (folder / CONTROL / "stop").exists)


async def test_f2_names_the_run_under_the_cursor(heartbeats: None, until: Until) -> None:
    folder = make([*make_run.life(300), make_run.finished(300)])
    app = studio()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: is_shown(app, Status.COMPLETED))
        await pilot.press("b", "f2")
        await until(pilot, lambda: isinstance(app.screen, AskLine))
        await pilot.press(*"night rain", "enter")
        runs_listed = app.screen.query_one(RunList)
        await until(pilot, lambda: "night rain" in str(runs_listed.get_option_at_index(0).prompt))
        assert read_labels(folder).name == "night rain"


async def test_another_run_like_the_followed_one_begins_with_its_settings(heartbeats: None, until: Until) -> None:
    folder = make([*make_run.life(300), make_run.finished(300)])
    config = read_config(folder)
    write_config(folder, msgspec.structs.replace(config, seed=77, batch_size=48))
    app = studio()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: is_shown(app, Status.COMPLETED))
        form = app.screen.query_one(RunSettings)
        assert "New run" in str(form.border_title)
        assert config_of(form.answers())[0] != read_config(folder)
        await pilot.press("N")
        await until(pilot, lambda: form.row("preset").control.has_focus)
        assert config_of(form.answers())[0] == read_config(folder)


async def test_without_a_run_the_footer_offers_no_curve(until: Until) -> None:
    app = studio()
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        footer = app.screen.query_one(StudioFooter)
        assert "n new" in footer.render_line(0).text
        assert not {"m", "escape"} & set(app.screen.active_bindings)
        await pilot.press("n")
        await until(pilot, lambda: "escape" in app.screen.active_bindings)
