"""The train screen: which run it follows, how one is started, what it says where that fails."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Collapsible, Select, Static

from engine.config.presets import PRESETS
from engine.config.schema import TrainConfig
from engine.runs.events import Compared, RunFailed, Sampled
from engine.system import paths
from engine.system.errors import CorpusError, RunError
from engine.system.paths import config_file
from poetry_tui.app import PoetryApp
from poetry_tui.engine_client.client import EngineClient
from poetry_tui.preferences.i18n import set_language
from poetry_tui.preferences.settings import Settings
from poetry_tui.preferences.themes import INK
from poetry_tui.tracking import control as runs
from poetry_tui.tracking.run_state.status import Status
from poetry_tui.train.run_list import RunList
from poetry_tui.train.settings.form import RunSettings
from poetry_tui.train.settings.questions import questions
from tests.poetry_tui.conftest import Until
from tests.poetry_tui.tracking import make_run
from tests.poetry_tui.train.train_desk import NAME, is_shown, make, studio, train

pytestmark = pytest.mark.usefixtures("train_first")


async def test_it_attaches_to_the_live_run_by_itself(heartbeats: None, until: Until) -> None:
    make_run.write_run(paths.runs() / "z-newer", [*make_run.life(50), make_run.finished(50)])
    folder = make(make_run.life(300), alive=True)
    app = studio()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: is_shown(app, Status.RUNNING))
        screen = train(app)
        assert screen.runs.followed is not None
        assert screen.runs.followed.folder == folder
        make_run.append(folder, [make_run.step(305)])
        await until(pilot, lambda: screen.runs.followed and screen.runs.followed.state.step == 305)


async def test_who_only_watches_a_training_wakes_no_engine_before_composing(
    monkeypatch: pytest.MonkeyPatch, heartbeats: None, until: Until
) -> None:
    woken: list[EngineClient] = []
    monkeypatch.setattr(EngineClient, "start", lambda self: woken.append(self))
    app = PoetryApp(Settings(theme=INK), wanted_run=make(make_run.life(100), alive=True))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: is_shown(app, Status.RUNNING))
        assert not woken
        await pilot.press("1")
        await until(pilot, lambda: woken)


async def test_the_wanted_run_is_followed_in_place_of_the_live_one(heartbeats: None, until: Until) -> None:
    make(make_run.life(300), alive=True)
    wanted = make_run.write_run(paths.runs() / "older", [*make_run.life(50), make_run.finished(50)])
    app = PoetryApp(Settings(theme=INK), wanted_run=wanted)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: is_shown(app, Status.COMPLETED))
        follower = train(app).runs.followed
        assert follower is not None
        assert follower.folder == wanted


async def test_choosing_a_run_shows_it_and_leaves_the_one_before(heartbeats: None, until: Until) -> None:
    make([*make_run.life(300), make_run.finished(300)])
    make_run.write_run(paths.runs() / "other", [*make_run.life(50), make_run.failed(50)])
    app = studio()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: train(app).runs.followed is not None)
        for folder in (paths.runs() / "other", paths.runs() / NAME):
            app.screen.query_one(RunList).post_message(RunList.RunChosen(folder))
            status = Status.FAILED if folder.name == "other" else Status.COMPLETED
            await until(pilot, partial(is_shown, app, status))


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[TrainConfig]:
    """What trainings were started with; none of them really is."""
    configs: list[TrainConfig] = []

    def start(config: TrainConfig) -> Path:
        configs.append(config)
        return make([], alive=True)

    monkeypatch.setattr(runs, "start_run", start)
    return configs


async def test_ctrl_r_starts_a_training_with_the_form_as_it_stands(
    started: list[TrainConfig], heartbeats: None, until: Until
) -> None:
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


@pytest.mark.parametrize(
    ("written", "expected", "said"),
    [
        ('preset = "tiny"\ncorpus = "mini"\nlearning_rate = 0.02', ("tiny", "mini", "0.02"), ""),
        ('preset = "zz"', ("nndl", "tang", "0.002"), "There is no preset called 'zz'."),
    ],
)
async def test_the_form_begins_with_the_settings_of_config_toml(
    written: str, expected: tuple[str, str, str], said: str, until: Until
) -> None:
    config_file().parent.mkdir(parents=True, exist_ok=True)
    config_file().write_text(f"[train]\n{written}\n", encoding="utf-8")
    app = studio()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = train(app)
        await until(pilot, lambda: screen._installed)
        answers = screen.query_one(RunSettings).answers()
        assert (answers["preset"], answers["corpus"], answers["learning_rate"]) == expected
        assert [one.title for one in app._notifications] == ([said] if said else [])


async def test_up_and_down_move_between_the_settings_and_enter_opens_a_list(until: Until) -> None:
    app = studio()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = train(app)
        await until(pilot, lambda: screen._installed)
        form = screen.query_one(RunSettings)
        first, second = form.rows()[:2]
        await until(pilot, lambda: app.focused is first.control)
        await pilot.press("down")
        assert app.focused is second.control
        await pilot.press("up")
        assert app.focused is first.control
        assert isinstance(first.control, Select)
        assert not first.control.expanded
        await pilot.press("enter", "down", "enter")
        assert first.answer == list(PRESETS)[list(PRESETS).index("nndl") + 1]
        assert app.focused is first.control


async def test_the_corpus_that_is_here_is_chosen_where_the_usual_one_is_not(
    monkeypatch: pytest.MonkeyPatch, until: Until
) -> None:
    monkeypatch.setattr("poetry_tui.train.screen.installed_corpora", lambda: ["mini"])
    app = studio()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = train(app)
        await until(pilot, lambda: screen._installed)
        assert screen.query_one(RunSettings).corpus == "mini"
        assert not screen.has_class("-offer")


async def test_a_second_press_starts_no_second_training_until_the_first_has_begun(
    started: list[TrainConfig], heartbeats: None, until: Until
) -> None:
    app = studio()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = train(app)
        await until(pilot, lambda: screen._installed)
        form = screen.query_one(RunSettings)
        form.row("preset").answer = "tiny"
        await until(pilot, lambda: form.row("hidden_size").answer == "24")
        await pilot.press("ctrl+r")
        await until(pilot, lambda: is_shown(app, Status.STARTING))
        await pilot.press("ctrl+r", "ctrl+r")
        await until(pilot, lambda: any("starting already" in one.message for one in app._notifications))
        assert len(started) == 1
        # Another training is another matter.
        form.row("cell").answer = "gru"
        await pilot.press("ctrl+r")
        await until(pilot, lambda: len(started) == 2)


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


async def unfold(form: RunSettings, pilot: Pilot[None], until: Until) -> None:
    form.query_one("#more", Collapsible).collapsed = False
    await until(pilot, lambda: len(form.rows()) == len(questions()))


async def test_more_settings_are_made_when_they_are_unfolded_and_hold_what_the_preset_says(
    started: list[TrainConfig], until: Until
) -> None:
    app = studio()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = train(app)
        await until(pilot, lambda: screen._installed)
        form = screen.query_one(RunSettings)
        assert not form.query("#setting-seed")
        form.row("preset").answer = "tiny"
        await until(pilot, lambda: form.answers()["checkpoint_every"] == "20")
        await unfold(form, pilot, until)
        assert form.row("checkpoint_every").answer == "20"
        form.row("seed").answer = "seven"
        form.query_one("#more", Collapsible).collapsed = True
        await pilot.press("ctrl+r")
        await until(pilot, lambda: app.focused is form.row("seed").control)
        assert not started
        assert not form.query_one("#more", Collapsible).collapsed
        form.row("seed").answer = "7"
        form.row("preset").answer = "nndl"
        await until(pilot, lambda: form.row("checkpoint_every").answer == "100")
        form.row("seed").answer = "7"
        await pilot.press("ctrl+r")
        await until(pilot, lambda: started)
    assert [(config.preset, config.seed, config.checkpoint_every) for config in started] == [("nndl", 7, 100)]


async def test_who_chooses_a_model_to_begin_with_sees_its_shape_in_the_form(
    started: list[TrainConfig], until: Until
) -> None:
    app = studio()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = train(app)
        await until(pilot, lambda: screen._installed)
        form = screen.query_one(RunSettings)
        await unfold(form, pilot, until)
        beginning = form.row("start_from")
        beginning.answer = "studio-small"
        await until(pilot, lambda: form.row("hidden_size").answer == "512")
        assert form.row("tied").answer == "yes"
        form.row("cell").answer = "gru"
        await pilot.press("ctrl+r")
        await until(pilot, lambda: app.focused is form.row("cell").control)
        assert "studio-small has lstm" in str(form.row("cell").query_one(".error", Static).content)
        assert not started
        form.row("cell").answer = "lstm"
        await pilot.press("ctrl+r")
        await until(pilot, lambda: started)
    assert [(config.start_from, config.model.hidden_size) for config in started] == [("studio-small", 512)]


async def test_another_language_is_spoken_by_every_row_of_the_form_and_changes_no_answer(until: Until) -> None:
    app = studio()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = train(app)
        await until(pilot, lambda: screen._installed)
        form = screen.query_one(RunSettings)
        await unfold(form, pilot, until)
        before = form.answers()
        set_language("zh")
        screen.refresh_labels()
        await until(pilot, lambda: str(form.row("tied").query_one("SelectCurrent #label", Static).content) == "否")
        assert str(form.row("start_from").query_one("SelectCurrent #label", Static).content) == "从零开始"
        assert form.answers() == before


async def test_without_a_corpus_it_offers_to_install_one_and_says_why_that_failed(
    monkeypatch: pytest.MonkeyPatch, until: Until
) -> None:
    async def no_npm(name: str) -> Any:
        yield 0.1
        raise CorpusError("npm is missing.", "Import a file.")

    monkeypatch.setattr("poetry_tui.train.screen.installed_corpora", list)
    monkeypatch.setattr("poetry_tui.train.corpus_offer.run_install", no_npm)
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
        notice = next(iter(app._notifications))
        assert (notice.title, notice.message) == ("The disk is full [/b].", "Make room.")


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


async def test_o_composes_with_the_run_while_it_goes_on(heartbeats: None, until: Until) -> None:
    folder = make(make_run.life(300), alive=True)
    app = studio()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: is_shown(app, Status.RUNNING))
        await pilot.press("o")
        await until(pilot, lambda: app.current_mode == "compose")
        assert app.services.engine.model == str(folder)
