"""The settings as a form, the chart as characters, a run in words: all without a screen."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.config.presets import PRESETS
from engine.config.schema import ARCHITECTURE_FIELDS
from engine.runs.events import Control, Validated
from poetry_tui.preferences.i18n import TRANSLATIONS
from poetry_tui.tracking.axis import step_label, tick_label, ticks
from poetry_tui.tracking.run_state.curve import Curve
from poetry_tui.tracking.run_state.state import RunState
from poetry_tui.tracking.wording import count, duration
from poetry_tui.train.monitor.braille_plot import PARTS, Mark, plot
from poetry_tui.train.monitor.chart_legend import marks_of
from poetry_tui.train.monitor.prediction_grid import share_of, two_cells
from poetry_tui.train.settings.questions import MAIN, answers_of_preset, answers_of_shape, config_of, questions
from tests.poetry_tui.tracking import make_run


@pytest.mark.parametrize("name", PRESETS)
def test_a_form_filled_with_a_preset_gives_that_preset_back(name: str) -> None:
    config, errors = config_of(answers_of_preset(name))
    assert errors == {}
    assert config == PRESETS[name]


def test_every_setting_has_its_name_in_both_languages() -> None:
    assert {question.name for question in questions()} >= set(MAIN)
    for question in questions():
        assert f"train.field.{question.name}" in TRANSLATIONS


@pytest.mark.parametrize(
    ("name", "answer", "said"),
    [
        ("learning_rate", "20", "outside 0 to 10"),
        ("learning_rate", "nan", "outside"),
        ("learning_rate", "fast", "must be a number"),
        ("n_layers", "2.5", "whole number"),
        ("n_layers", "0", "outside 1 to 16"),
        ("dropout", "-1", "outside"),
        ("batch_size", "", "whole number"),
    ],
)
def test_a_wrong_answer_is_one_sentence_at_its_setting(name: str, answer: str, said: str) -> None:
    config, errors = config_of({**answers_of_preset("nndl"), name: answer})
    assert config is None
    assert list(errors) == [name]
    assert said in errors[name].message
    assert errors[name].hint


def test_a_training_begins_with_a_model_only_in_that_models_shape() -> None:
    answers = {**answers_of_preset("nndl"), "start_from": "studio-small"}
    config, errors = config_of(answers)
    assert config is None
    assert {"embedding_size", "hidden_size", "tied"} <= errors.keys() <= set(ARCHITECTURE_FIELDS)
    assert "studio-small has 512" in errors["hidden_size"].message
    config, errors = config_of(answers | answers_of_shape("studio-small"))
    assert errors == {}
    assert config is not None
    assert (config.start_from, config.model.hidden_size) == ("studio-small", 512)


def test_a_model_to_begin_with_that_is_missing_is_said_at_its_setting() -> None:
    config, errors = config_of({**answers_of_preset("nndl"), "start_from": "nobody"})
    assert config is None
    assert "no model called 'nobody'" in errors["start_from"].message


def test_an_empty_answer_means_no_limit_only_where_there_may_be_none() -> None:
    config, errors = config_of({**answers_of_preset("nndl"), "max_steps": " "})
    assert errors == {}
    assert config is not None
    assert config.max_steps is None


def curve_of(values: list[float]) -> Curve:
    curve = Curve()
    for step, value in enumerate(values):
        curve.append(step, value)
    return curve


@settings(max_examples=80)
@given(
    st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=60),
    st.integers(0, 90),
    st.integers(0, 30),
    st.floats(allow_nan=True, allow_infinity=True),
)
def test_any_curve_is_drawn_into_exactly_its_cells(values: list[float], width: int, height: int, val: float) -> None:
    marks = [Mark(1, "validation", "o", val), Mark(2, "control", "P")]
    rows = plot(curve_of(values), marks, width, height)
    assert rows == [] or len(rows) == height
    for row in rows:
        assert len(row) == width
        assert all(len(character) == 1 and part in PARTS for character, part in row)


def test_a_falling_loss_falls_on_the_chart() -> None:
    rows = plot(curve_of([9 - step / 50 for step in range(300)]), [], 60, 12)
    tops = [y for y, row in enumerate(rows) if any(part == "smooth" for _, part in row[7:17])]
    ends = [y for y, row in enumerate(rows) if any(part == "smooth" for _, part in row[-10:])]
    assert max(tops) < min(ends)


def test_one_lone_spike_does_not_squash_the_rest() -> None:
    values = [5.0 + random.Random(step).gauss(0, 0.1) for step in range(20_000)]
    values[7_000] = 1e9
    text = ["".join(character for character, _ in row) for row in plot(curve_of(values[7_100:]), [], 80, 12)]
    assert any(line.strip().startswith("5.") for line in text)


def test_validations_and_controls_are_marked_and_the_best_is_a_star() -> None:
    state = RunState()
    said = [*make_run.life(1000), make_run.paused(1000), Control(step=1000, what="resumed")]
    said.append(Validated(step=1000, val_nats_per_han=math.nan, train_nats=math.nan))
    for record in make_run.records(said):
        state.fold(record)
    letters = [mark.letter for mark in marks_of(state)]
    assert letters.count("*") == 1
    assert letters.count("o") == 4
    assert {"P", "R"} <= set(letters)
    text = ["".join(character for character, _ in row) for row in plot(state.loss, marks_of(state), 80, 16)]
    assert sum(line.count("o") for line in text) == 3
    assert sum(line.count("*") for line in text) == 1


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.integers(2, 12))
def test_ticks_are_few_and_within_their_limits(low: float, extent: float, at_most: int) -> None:
    found = ticks(low, low + extent, at_most)
    assert len(found) <= at_most + 1
    assert all(low - extent * 1e-3 <= value <= low + extent * 1.001 for value in found)
    assert all(len(tick_label(value)) <= 6 for value in found)


def test_numbers_are_said_shortly() -> None:
    assert [tick_label(value) for value in (2.5, 0.0019, 0.002, 0.0021)] == ["2.50", "1.9e-3", "2e-3", "2.1e-3"]
    assert [step_label(step) for step in (0, 950, 1500, 20_000, 3e6)] == ["0", "950", "1.5k", "20k", "3M"]
    assert [duration(seconds) for seconds in (5, 425, 12_000, None, math.inf)] == [
        "5 s",
        "7:05 min",
        "3:20 h",
        "?",
        "?",
    ]
    assert [count(number) for number in (950, 9_500, 24_100, 1_300_000)] == ["950", "9500", "24.1k", "1.3M"]


def test_probabilities_lie_on_a_scale_of_logarithms() -> None:
    assert [share_of(p) for p in (0.0, 1e-3, 1.0, math.nan)] == [0.0, 0.0, 1.0, 0.0]
    assert share_of(0.03) == pytest.approx(0.49, abs=0.01)


@pytest.mark.parametrize(
    ("character", "cells"), [("日", "日"), ("，", "，"), ("x", "x "), ("\n", "  "), ("\u0301", "  ")]
)
def test_every_character_takes_two_cells(character: str, cells: str) -> None:
    assert two_cells(character) == cells
