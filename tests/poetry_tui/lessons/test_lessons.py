"""Lessons: their files, their facts, and the road through one by its keys."""

from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.widget import Widget
from textual.widgets import Button

from engine.system import paths
from poetry_tui.app import PoetryApp
from poetry_tui.commands.cli import main
from poetry_tui.lessons.facts import facts_of
from poetry_tui.lessons.lesson import Progress, Step, lessons, load_progress, progress_file
from poetry_tui.lessons.panel import LessonPanel, PanelText
from poetry_tui.preferences.i18n import name_keys
from poetry_tui.preferences.settings import Settings
from poetry_tui.tracking.run_state.status import Status
from poetry_tui.train.settings.form import RunSettings
from poetry_tui.train.settings.questions import answers_of_preset, config_of
from poetry_tui.widgets.cards import Choose
from tests.poetry_tui.compose.open_studio import AT_ONCE
from tests.poetry_tui.conftest import Until
from tests.poetry_tui.tracking import make_run
from tests.poetry_tui.train.train_desk import is_shown, train

STEPS = [
    pytest.param(step, id=f"{lesson.name}-{number}")
    for lesson in lessons()
    for number, step in enumerate(lesson.step, start=1)
]


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def step_of(app: PoetryApp) -> int:
    """The number of the step that the panel in front names, from 1; 0 without a panel."""
    title = shown(app).title
    return int(title.rpartition(" ")[2].partition("/")[0]) if title else 0


def shown(app: PoetryApp) -> PanelText:
    panels = app.screen.query(LessonPanel)
    return (panels.first()._shown if panels else None) or PanelText("", "", "")


def test_there_are_five_lessons_in_their_order() -> None:
    assert [lesson.name for lesson in lessons()] == ["first-poem", "tiny-model", "gates", "initialisation", "fitting"]


@pytest.mark.parametrize("step", STEPS)
def test_a_step_says_the_same_figures_in_both_languages_and_names_a_screen(step: Step) -> None:
    assert placeholders(step.zh) == placeholders(step.en)
    assert step.mode in ("compose", "train", "favourites")


@pytest.mark.parametrize("step", [one for one in STEPS if one.values[0].settings])  # type: ignore[union-attr]
def test_the_settings_of_a_step_make_a_training_of_few_steps(step: Step) -> None:
    config, errors = config_of({**answers_of_preset("tiny"), **step.settings})
    assert not errors
    assert config is not None
    # 821 poems of the Tang corpus are that short.
    n_steps = config.max_steps or config.n_epochs * 821 // config.batch_size
    assert n_steps <= 800


async def test_every_fact_that_a_lesson_names_is_one_of_the_studio(until: Until, no_npm: None) -> None:
    folders = [make_run.write_run(paths.runs() / name, make_run.life()) for name in ("20261123-1", "20261123-2")]
    app = PoetryApp(AT_ONCE)
    async with app.run_test(size=(140, 50)) as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: facts_of(app, 0.0).get("n_poems") == 1)
        await pilot.press("right")
        await until(pilot, lambda: facts_of(app, 0.0).get("cell"))
        await pilot.press("2")
        await until(pilot, lambda: is_shown(app, Status.LOST))
        train(app).toggle_overlay(next(one for one in folders if one != train(app).runs.followed.folder))  # type: ignore[union-attr]
        await until(pilot, lambda: "other_best_val" in facts_of(app, 0.0))
        known = {*facts_of(app, 0.0), "mean_f", "mean_i", "mean_o"}
    for lesson in lessons():
        for step in lesson.step:
            named = placeholders(step.en) | {*step.until, *step.at_least, *step.changed}
            assert named <= known, f"{lesson.name}: {named - known}"


@pytest.fixture
def no_npm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("poetry_tui.train.screen.installed_corpora", lambda: ["tang"])


async def test_a_run_from_before_the_lesson_is_none_of_its_facts(until: Until, no_npm: None) -> None:
    make_run.write_run(paths.runs() / "20261123-1", make_run.life())
    app = PoetryApp(AT_ONCE)
    async with app.run_test(size=(140, 50)) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: is_shown(app, Status.LOST))
        assert facts_of(app, make_run.START_S)["run_preset"] == "nndl"
        assert "run_preset" not in facts_of(app, make_run.START_S + 3600)


async def test_the_first_lesson_goes_on_with_what_is_done_and_ends_at_the_favourite(until: Until) -> None:
    app = PoetryApp(AT_ONCE, wanted_lesson=1)
    async with app.run_test(size=(120, 40)) as pilot:

        async def comes_to(number: int) -> None:
            await until(pilot, lambda: step_of(app) == number)

        await comes_to(1)
        await pilot.press("ctrl+g")
        await comes_to(2)
        for keys, number in (
            ("enter", 3),
            ("t", 4),
            ("right", 5),
            ("down enter", 6),
            ("left l", 7),
            ("R", 8),
            ("f", 9),
        ):
            await pilot.press(*keys.split())
            await comes_to(number)
        assert "press 3" in shown(app).hint
        await pilot.press("3")
        await comes_to(10)
        await pilot.press("ctrl+g")
        await until(pilot, lambda: not app.screen.query(LessonPanel))
        assert load_progress().lessons["first-poem"].is_done


async def test_a_lesson_goes_on_where_the_studio_was_left(until: Until) -> None:
    app = PoetryApp(AT_ONCE, wanted_lesson=3)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: step_of(app) == 1)
        await pilot.press("ctrl+g", "ctrl+g", "ctrl+o")
        await until(pilot, lambda: step_of(app) == 2)
    again = PoetryApp(AT_ONCE)
    async with again.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: step_of(again) == 2)


async def test_a_lesson_that_was_left_is_offered_at_its_step_and_not_opened_by_itself(until: Until) -> None:
    app = PoetryApp(AT_ONCE)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("ctrl+l")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        await pilot.press("enter")
        await until(pilot, lambda: step_of(app) == 1)
        await pilot.press("ctrl+g", "ctrl+l")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        await pilot.press("end", "enter")
        await until(pilot, lambda: not app.screen.query(LessonPanel))
    again = PoetryApp(AT_ONCE)
    async with again.run_test(size=(120, 40)) as pilot:
        await pilot.press("ctrl+l")
        await until(pilot, lambda: isinstance(again.screen, Choose))
        assert not again.screen_stack[0].query(LessonPanel)
        await pilot.press("enter")
        await until(pilot, lambda: step_of(again) == 2)


async def test_a_step_fills_the_form_of_the_train_screen(until: Until, no_npm: None) -> None:
    app = PoetryApp(AT_ONCE, wanted_lesson=5)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: step_of(app) == 1)
        await pilot.press("2")
        await until(pilot, lambda: step_of(app) == 2)
        answers = app.screen.query_one(RunSettings).answers()
        assert {name: answers[name] for name in ("preset", "hidden_size", "max_poem_chars")} == {
            "preset": "tiny",
            "hidden_size": "4",
            "max_poem_chars": "16",
        }


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_the_panel_leaves_the_screen_its_keys_and_most_of_its_rows(size: tuple[int, int], until: Until) -> None:
    app = PoetryApp(Settings(language="zh"), wanted_lesson=1)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: step_of(app) == 1)
        await pilot.pause()
        panel = app.screen.query_one(LessonPanel)
        assert 2 <= panel.size.height <= size[1] * 0.4
        assert panel.region.bottom == size[1] - 1
        assert app.focused is None or panel not in app.focused.ancestors
        assert not any(widget.can_focus for widget in panel.walk_children(Widget))


async def test_the_buttons_have_their_labels_before_any_step_is_displayed() -> None:
    class Bare(App[None]):
        def compose(self) -> ComposeResult:
            yield LessonPanel()

    async with Bare().run_test() as pilot:
        labels = [str(button.label) for button in pilot.app.query(Button)]
        assert labels == ["^g next", "^o back", "^l lessons"]
        assert all(button.size.width >= 7 for button in pilot.app.query(Button))


@pytest.mark.parametrize("damage", ["", "[]", '{"open": 3}', '{"open": "gone", "lessons": {}}'])
async def test_damaged_progress_opens_the_studio_without_a_lesson(damage: str, until: Until) -> None:
    progress_file().parent.mkdir(parents=True, exist_ok=True)
    progress_file().write_text(damage)
    app = PoetryApp(AT_ONCE)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        assert app.guide.lesson is None
    assert load_progress().lessons == Progress().lessons


def test_a_number_that_is_no_lesson_is_refused(capsys: Any) -> None:
    assert main(["lessons", "9"]) == 2
    assert "1 to 5" in capsys.readouterr().err


def test_progress_lies_in_the_state_folder(studio_home: Path) -> None:
    assert progress_file() == studio_home / "lessons.json"


async def test_a_lesson_names_the_keys_that_the_user_has_chosen(until: Until, no_npm: None) -> None:
    paths.config_file().parent.mkdir(parents=True, exist_ok=True)
    paths.config_file().write_text(
        '[keys]\n"lessons.next" = "f6,ctrl+k"\n"train.start" = "ctrl+t"\n"train.new" = "f4"\n'
    )
    app = PoetryApp(AT_ONCE, wanted_lesson=2)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: step_of(app) == 1)
        assert [str(button.label) for button in app.screen.query_one(LessonPanel).query(Button)] == [
            "f6 next",
            "^o back",
            "^l lessons",
        ]
        await pilot.press("2")
        await until(pilot, lambda: step_of(app) == 2)
        assert "Press ^t to start" in shown(app).text
        assert "f4 shows it" in shown(app).text
        assert "f6 skips it" in shown(app).hint
    name_keys({})


async def test_a_step_whose_figures_come_from_a_skipped_one_names_that(until: Until, no_npm: None) -> None:
    app = PoetryApp(Settings(language="en"), wanted_lesson=2)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: step_of(app) == 2)
        for number, start in ((3, "The figures here come from step 2"), (4, "The figures here come from step 2")):
            await pilot.press("ctrl+g")
            while step_of(app) != number:
                await pilot.pause(0.05)
            assert shown(app).text.startswith(start)
            # What is to be done is said all the same.
            assert ("Wait for the end" in shown(app).text) == (number == 4)
        await pilot.press("1")
        await until(pilot, lambda: step_of(app) == 4)
        # Figures that are not known are not spoken of on a screen that does not know them.
        assert (shown(app).text, shown(app).hint) == ("", "This step is on the screen Train: press 2.")
