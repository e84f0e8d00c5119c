"""The charts of a run: every kind is drawn from its events, and zoom, axis and smoothing stay while one is changed for another."""

import math
from itertools import pairwise

import pytest
from rich.cells import cell_len

from engine.runs.events import Event
from poetry_tui.app import PoetryApp
from poetry_tui.lessons.panel import LessonPanel
from poetry_tui.preferences.i18n import Language
from poetry_tui.preferences.settings import Settings
from poetry_tui.tracking.run_state.state import RunState
from poetry_tui.tracking.run_state.status import Status
from poetry_tui.train.monitor.chart_legend import CHART_KINDS, OVER_STEPS
from poetry_tui.train.monitor.loss_chart import LossChart, charted
from tests.poetry_tui.conftest import Until
from tests.poetry_tui.tracking import make_run
from tests.poetry_tui.train.train_desk import is_shown, make, studio

SAID = [*make_run.life(500), make_run.probed(0, 0.4), make_run.probed(250, 0.6), make_run.probed(500, 0.8)]


def state_of(said: list[Event] = SAID) -> RunState:
    state = RunState()
    for record in make_run.records(said):
        state.fold(record)
    return state


def test_the_gap_is_validation_less_training_at_each_validation() -> None:
    state = state_of()
    gap = charted(state, "gap", "step", 100, None).curve
    assert list(gap.steps) == [250, 500]
    for value, item in zip(gap.values, state.validations, strict=True):
        assert item.train_nats_per_han is not None
        assert value == item.val_nats_per_han - item.train_nats_per_han


def test_gradients_and_accuracy_are_those_of_the_validation_up_to_the_selected_step() -> None:
    state = state_of()
    for until, factor in ((None, 0.8), (300, 0.6), (0, 0.4)):
        drawn = charted(state, "gradients", "step", 100, until)
        assert drawn.curve.values[1] / drawn.curve.values[0] == pytest.approx(factor)
        # The memory of an LSTM beside it, and the initial weights unless it is them that are drawn.
        assert [letter for letter, _ in drawn.others] == (["C"] if until == 0 else ["C", "0"])
    assert len(charted(state, "accuracy", "step", 100, None).curve) == 32
    assert not len(charted(RunState(), "gradients", "step", 100, None).curve)


def test_more_smoothing_leaves_less_of_the_noise_and_one_step_all_of_it() -> None:
    state = state_of(make_run.life(6000))
    rough, usual, calm = (charted(state, "grad_norm", "step", window, None).curve for window in (1, 100, 1000))
    assert list(rough.smooth) == pytest.approx(list(rough.values))

    def noise(values: list[float]) -> float:
        return sum(abs(after - before) for before, after in pairwise(values))

    assert noise(list(rough.smooth)) > 3 * noise(list(usual.smooth)) > 4 * noise(list(calm.smooth))


@pytest.mark.usefixtures("train_first")
async def test_every_chart_is_drawn_and_zoom_is_shared_by_those_over_steps(heartbeats: None, until: Until) -> None:
    make([*SAID, make_run.finished(500)])
    app = studio()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: is_shown(app, Status.COMPLETED))
        chart = app.screen.query_one(LossChart)
        await pilot.press("z", "u")
        titles, pictures = [], []
        for kind in CHART_KINDS:
            assert chart.kind == kind
            assert (chart.zoom, chart.smoothing) == (0.25, 1)
            assert ("75–100 %" in str(chart.border_subtitle)) == (kind in OVER_STEPS)
            titles.append(str(chart.border_title))
            pictures.append(str(chart._rows))
            await pilot.press("v")
        assert len(set(titles)) == len(set(pictures)) == len(CHART_KINDS)
        assert str(chart.border_title) == titles[0]
        await pilot.press("V")
        assert str(chart.border_title) == titles[-1]


@pytest.mark.usefixtures("train_first")
async def test_perplexity_is_e_to_the_loss_on_the_axis(heartbeats: None, until: Until) -> None:
    make([*make_run.life(500), make_run.finished(500)])
    app = studio()
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: is_shown(app, Status.COMPLETED))
        chart = app.screen.query_one(LossChart)

        def labels() -> list[float]:
            texts = ["".join(text for text, part in row if part == "label").strip() for row in chart._rows[:-2]]
            return [float(text) for text in texts if text]

        nats = labels()
        await pilot.press("v")
        perplexities = labels()
        assert math.exp(min(nats) - 1) < max(perplexities) < math.exp(max(nats) + 1)


@pytest.mark.usefixtures("train_first")
@pytest.mark.parametrize("language", ["zh", "en"])
async def test_with_a_lesson_on_a_low_terminal_the_reach_of_gradients_has_room_and_its_formula_once(
    language: Language, heartbeats: None, until: Until
) -> None:
    make([*SAID, make_run.finished(500)])
    app = PoetryApp(Settings(language=language), wanted_lesson=2)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: is_shown(app, Status.COMPLETED) and app.screen.query(LessonPanel))
        chart = app.screen.query_one(LossChart)
        assert chart.content_size.height >= 4
        while chart.kind != "gradients":
            await pilot.press("v")
        await until(pilot, lambda: chart.content_size.height >= 8)
        assert str(chart.border_title).count("∂loss") == 1
        assert cell_len(str(chart.border_title)) <= chart.size.width - 6
        await pilot.press("v", "v")
        await until(pilot, lambda: app.screen.query_one("#monitor-below").display)
