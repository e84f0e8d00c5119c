"""The train screen through its keys."""

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from textual.events import MouseScrollDown, MouseScrollUp
from textual.widgets import Static

from engine import paths
from engine.config import TrainConfig
from engine.errors import CorpusError, RunError
from engine.events import Compared, Resources, RunFailed, Sampled
from engine.run_folder import CONTROL
from poetry_tui import runs
from poetry_tui.app import PoetryApp
from poetry_tui.run_replay import RunReplay
from poetry_tui.run_state import Status
from poetry_tui.screens.quit_question import QuitQuestion
from poetry_tui.screens.train import TrainScreen
from poetry_tui.settings import Settings
from poetry_tui.themes import INK, PAPER
from poetry_tui.widgets.ask_line import AskLine
from poetry_tui.widgets.log_pane import LogPane
from poetry_tui.widgets.loss_chart import LossChart
from poetry_tui.widgets.prediction_grid import PredictionGrid
from poetry_tui.widgets.run_list import RunList
from poetry_tui.widgets.run_monitor import RunMonitor
from poetry_tui.widgets.run_settings import RunSettings
from tests.tui import make_run
from tests.tui.conftest import Until

NAME = "20261123-101500-nndl-lstm"


@pytest.fixture(autouse=True)
def train_first(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The studio opens on the train screen, asks no service, and has the corpus `tang`."""
    monkeypatch.setattr(PoetryApp, "DEFAULT_MODE", "train")
    monkeypatch.setattr(PoetryApp, "wake_engine", lambda self: None)
    monkeypatch.setattr("poetry_tui.screens.train.installed_corpora", lambda: ["tang"])
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def heartbeats(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run lives as long as it has a heartbeat, however slow the machine is."""

    def beats(folder: Path) -> bool:
        return (folder / "heartbeat").exists()

    for module in ("run_follower.is_alive", "run_summary.run_is_alive", "runs.is_alive", "runs.run_is_alive"):
        monkeypatch.setattr(f"poetry_tui.{module}", beats)


def make(said: list[Any], alive: bool = False) -> Path:
    return make_run.write_run(paths.runs() / NAME, said, alive=alive)


def studio(theme: str = INK) -> PoetryApp:
    return PoetryApp(Settings(theme=theme))


def train(app: PoetryApp) -> TrainScreen:
    assert isinstance(app.screen, TrainScreen)
    return app.screen


def is_shown(app: PoetryApp, status: Status) -> bool:
    screen = app.screen
    if not isinstance(screen, TrainScreen) or screen.follower is None or screen.is_dirty:
        return False
    return screen.follower.is_settled and screen.follower.status is status


async def test_it_attaches_to_the_live_run_by_itself(heartbeats: None, until: Until) -> None:
    make_run.write_run(paths.runs() / "z-newer", [*make_run.life(50), make_run.finished(50)])
    folder = make(make_run.life(300), alive=True)
    app = studio()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: is_shown(app, Status.RUNNING))
        screen = train(app)
        assert screen.follower is not None
        assert screen.follower.folder == folder
        make_run.append(folder, [make_run.step(305)])
        await until(pilot, lambda: screen.follower and screen.follower.state.step == 305)


async def test_p_pauses_and_goes_on_and_s_stops(heartbeats: None, until: Until) -> None:
    folder = make(make_run.life(300), alive=True)
    app = studio()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: is_shown(app, Status.RUNNING))
        await pilot.press("p")
        await until(pilot, (folder / CONTROL / "pause").exists)
        make_run.append(folder, [make_run.paused(300)])
        await until(pilot, lambda: is_shown(app, Status.PAUSED))
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


async def test_ctrl_r_starts_a_training_with_the_form_as_it_stands(
    monkeypatch: pytest.MonkeyPatch, heartbeats: None, until: Until
) -> None:
    started: list[TrainConfig] = []

    def start(config: TrainConfig) -> Path:
        started.append(config)
        return make([], alive=True)

    monkeypatch.setattr(runs, "start_run", start)
    app = studio()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = train(app)
        await until(pilot, lambda: screen._installed)
        screen.query_one(RunSettings).row("preset").answer = "tiny"
        await until(pilot, lambda: screen.query_one(RunSettings).row("hidden_size").answer == "24")
        screen.query_one(RunSettings).row("cell").answer = "gru"
        await pilot.press("ctrl+r")
        await until(pilot, lambda: is_shown(app, Status.STARTING))
    assert [(config.preset, config.model.cell, config.model.hidden_size) for config in started] == [("tiny", "gru", 24)]


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


async def test_a_wrong_setting_is_said_beside_it_and_nothing_starts(
    monkeypatch: pytest.MonkeyPatch, until: Until
) -> None:
    monkeypatch.setattr(runs, "start_run", lambda config: pytest.fail("it started"))
    app = studio()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = train(app)
        await until(pilot, lambda: screen._installed)
        row = screen.query_one(RunSettings).row("learning_rate")
        row.answer = "20"
        await pilot.press("ctrl+r")
        await until(pilot, lambda: row.has_class("-wrong"))
        assert "outside 0 to 10" in str(row.query_one(".error", Static).content)
        row.answer = "0.01"
        await until(pilot, lambda: not row.has_class("-wrong"))


async def test_without_a_corpus_it_offers_to_install_one_and_says_why_that_failed(
    monkeypatch: pytest.MonkeyPatch, until: Until
) -> None:
    async def no_npm(name: str) -> Any:
        yield 0.1
        raise CorpusError("npm is missing.", "Import a file.")

    monkeypatch.setattr("poetry_tui.screens.train.installed_corpora", list)
    monkeypatch.setattr("poetry_tui.screens.train.run_install", no_npm)
    app = studio()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.screen.has_class("-offer"))
        await until(pilot, lambda: app.focused is not None and app.focused.id == "install")
        await pilot.press("enter")
        await until(pilot, lambda: app.screen.query_one("CorpusOffer").has_class("-failed"))
        assert "npm is missing." in str(app.screen.query_one("CorpusOffer .problem", Static).content)


async def test_a_run_that_cannot_be_started_is_said_and_the_studio_goes_on(
    monkeypatch: pytest.MonkeyPatch, until: Until
) -> None:
    def full(config: TrainConfig) -> Path:
        raise RunError("The disk is full [/b].", "Make room.")

    monkeypatch.setattr(runs, "start_run", full)
    app = studio()
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: train(app)._installed)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: [note.message for note in app._notifications])
        assert "The disk is full [/b]." in next(iter(app._notifications)).message


async def test_markup_in_what_a_model_wrote_is_shown_as_it_is(heartbeats: None, until: Until) -> None:
    said = make_run.life(50)
    said.append(Sampled(step=50, begin="[", text="[/明月光[bold]", seed=1, temperature=0.8))
    said.append(Compared(step=50, prediction="[/b]", target="[b]明", probability=(0.1,)))
    said.append(RunFailed(step=50, kind="Oops", message="[/red] broke"))
    make(said)
    app = studio()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: is_shown(app, Status.FAILED))
        assert "[/明月光[bold]" in str(app.screen.query_one("SampleTimeline Static", Static).content)


async def test_the_log_is_there_on_demand_and_zoom_shows_the_end(heartbeats: None, until: Until) -> None:
    make([*make_run.life(300), make_run.finished(300)])
    app = studio()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: is_shown(app, Status.COMPLETED))
        await pilot.press("l")
        await until(pilot, lambda: app.screen.query_one(LogPane).lines)
        await pilot.press("z")
        assert app.screen.query_one(LossChart).zoom < 1


async def test_choosing_a_run_shows_it_and_leaves_the_one_before(heartbeats: None, until: Until) -> None:
    make([*make_run.life(300), make_run.finished(300)])
    make_run.write_run(paths.runs() / "other", [*make_run.life(50), make_run.failed(50)])
    app = studio()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: train(app).follower is not None)
        for folder in (paths.runs() / "other", paths.runs() / NAME):
            app.screen.query_one(RunList).post_message(RunList.RunChosen(folder))
            status = Status.FAILED if folder.name == "other" else Status.COMPLETED
            await until(pilot, partial(is_shown, app, status))


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
        await until(
            pilot, lambda: "fast is no learning rate." in [n.message.split(" Write")[0] for n in app._notifications]
        )


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
        assert monitor.moment == 300
        await pilot.press("shift+left")
        await until(pilot, lambda: grid.shown is not None and grid.shown.step == 50)
        assert "250" not in str(app.screen.query_one("SampleTimeline Static", Static).content)
        await pilot.press("0")
        await until(pilot, lambda: grid.shown is not None and grid.shown.step == 305)
        assert monitor.moment is None


async def test_y_shows_what_the_training_uses(heartbeats: None, until: Until) -> None:
    used = Resources(
        step=300, cpu_percent=193.0, memory_bytes=1_230_000_000, gpu_percent=87.0, gpu_memory_bytes=5_000_000_000,
        data_share=0.01, forward_share=0.6, backward_share=0.3, optimizer_share=0.05,
    )  # fmt: skip
    make([*make_run.life(300), used], alive=True)
    app = studio()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: is_shown(app, Status.RUNNING))
        await pilot.press("y")
        pane = app.screen.query_one("ResourcePane Static", Static)
        await until(pilot, lambda: "193 %" in str(pane.content))
        for figure in ("1.23 GB", "87 %", "5.00 GB", "60 %", "the rest"):
            assert figure in str(pane.content)
        assert not app.screen.query_one(PredictionGrid).display


async def test_r_replays_the_run_from_its_beginning_and_comes_back(heartbeats: None, until: Until) -> None:
    make([*make_run.life(300), make_run.finished(300)])
    app = studio()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: is_shown(app, Status.COMPLETED))
        await pilot.press("r")
        await until(pilot, lambda: is_shown(app, Status.REPLAYING))
        replay = train(app).follower
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
        follower = train(app).follower
        assert follower is not None
        beside = other if follower.folder.name == NAME else paths.runs() / NAME
        chart = app.screen.query_one(LossChart)
        app.screen.query_one(RunList).mark(beside)
        await pilot.press("m")
        await until(pilot, lambda: [name for name, state in chart.others if len(state.loss)] == [beside.name])
        letters = {character for row in chart._rows for character, part in row if part == "other1"}
        assert "b" in letters
        for axis in ("chars", "minutes", "step"):
            await pilot.press("x")
            assert chart.axis == axis
            assert len(chart._rows) > 5
        await pilot.press("g", "z", "comma")
        assert (chart.is_log, chart.zoom < 1, chart.end < 1) == (True, True, True)
        app.screen.query_one(RunList).mark(beside)
        await pilot.press("m")
        await until(pilot, lambda: not chart.others)


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


async def test_o_composes_with_the_run_while_it_goes_on(heartbeats: None, until: Until) -> None:
    folder = make(make_run.life(300), alive=True)
    app = studio()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: is_shown(app, Status.RUNNING))
        await pilot.press("o")
        await until(pilot, lambda: app.current_mode == "compose")
        assert app.engine.model == str(folder)


async def test_the_wanted_run_is_followed_in_place_of_the_live_one(heartbeats: None, until: Until) -> None:
    make(make_run.life(300), alive=True)
    wanted = make_run.write_run(paths.runs() / "older", [*make_run.life(50), make_run.finished(50)])
    app = PoetryApp(Settings(theme=INK), wanted_run=wanted)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: is_shown(app, Status.COMPLETED))
        follower = train(app).follower
        assert follower is not None
        assert follower.folder == wanted


STATES: dict[str, tuple[list[Any], bool, Status]] = {
    "running": (make_run.life(1000), True, Status.RUNNING),
    "paused": ([*make_run.life(300), make_run.paused(300)], True, Status.PAUSED),
    "failed": ([*make_run.life(300), make_run.failed(300)], False, Status.FAILED),
    "lost": (make_run.life(300), False, Status.LOST),
    "starting": ([], True, Status.STARTING),
}


@pytest.mark.parametrize(
    ("state", "size", "theme"),
    [
        ("running", (80, 24), INK),
        ("running", (120, 40), INK),
        ("running", (120, 40), PAPER),
        ("running", (200, 60), PAPER),
        ("paused", (80, 24), PAPER),
        ("failed", (120, 40), INK),
        ("lost", (80, 24), INK),
        ("starting", (120, 40), PAPER),
    ],
)
def test_it_looks_right(
    state: str, size: tuple[int, int], theme: str, heartbeats: None, until: Until, snap_compare: Any
) -> None:
    said, alive, status = STATES[state]
    folder = make(said, alive=alive)
    if state == "paused":
        runs.pause_run(folder)
    app = studio(theme)

    async def settle(pilot: Any) -> None:
        await until(pilot, lambda: is_shown(app, status))
        await until(pilot, lambda: app.screen.query_one(RunList).highlighted is not None)

    assert snap_compare(app, terminal_size=size, run_before=settle)


@pytest.mark.parametrize(("size", "theme"), [((80, 24), INK), ((120, 40), PAPER)])
def test_an_empty_studio_says_how_to_begin(
    size: tuple[int, int], theme: str, monkeypatch: pytest.MonkeyPatch, until: Until, snap_compare: Any
) -> None:
    corpora = ["tang"] if size[0] > 100 else []
    monkeypatch.setattr("poetry_tui.screens.train.installed_corpora", lambda: corpora)
    app = studio(theme)

    async def settle(pilot: Any) -> None:
        await until(pilot, lambda: app.focused is not None)

    assert snap_compare(app, terminal_size=size, run_before=settle)
