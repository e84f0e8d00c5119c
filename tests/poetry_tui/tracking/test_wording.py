"""The figures of a run: one unit, one smoothing, characters as they were counted, and estimates that say so."""

import math
import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.runs.event_log import to_line
from engine.runs.events import CheckpointSaved, Event, Record, RunFailed, Step, Validated
from engine.runs.folder import EVENTS
from engine.runs.smoothing import WINDOW_STEPS, mean_of_last_steps
from poetry_tui.tracking.axis import robust_limits
from poetry_tui.tracking.comparison import compare, figures_of
from poetry_tui.tracking.reader import RunFollower
from poetry_tui.tracking.run_state.curve import Curve
from poetry_tui.tracking.run_state.state import RunState
from poetry_tui.tracking.run_state.status import Status
from poetry_tui.tracking.summary import summarise
from poetry_tui.tracking.wording import epochs_read, figures, status_sentence, training_nats
from poetry_tui.train.monitor.braille_plot import plot
from tests.poetry_tui.tracking import make_run

PER_HAN = make_run.CHARS_PER_HAN


def folded(said: Sequence[Event], times_s: Sequence[float] = ()) -> RunState:
    state = RunState()
    for number, record in enumerate(make_run.records(said)):
        state.fold(replace(record, time_s=times_s[number]) if times_s else record)
    return state


def shown(state: RunState) -> str:
    return "   ".join(f"{name} {value}" for name, value in figures(state))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 70), st.floats(-1e6, 1e6)), min_size=1, max_size=150), st.integers(0, 9000))
def test_the_smoothed_line_is_at_each_point_the_mean_of_the_last_steps(
    events: list[tuple[int, float]], cut: int
) -> None:
    curve, step = Curve(), 0
    for n_steps, value in events:
        step += n_steps
        curve.append(step, value)
    assert len(curve.smooth) == len(events)
    curve.truncate(cut)
    curve.append(max(step, cut) + 3, 5.0)
    for index, smooth in enumerate(curve.smooth, start=1):
        mean = mean_of_last_steps(curve.steps[:index], curve.n_steps[:index], curve.values[:index])
        assert smooth == pytest.approx(mean, abs=1e-6)


def test_a_spike_is_forgotten_when_it_has_left_the_window() -> None:
    curve = Curve()
    for step in range(1, 2001):
        curve.append(step, 1e29 if step == 1200 else 5.0)
    assert curve.smooth[-1] == pytest.approx(5.0, abs=1e-12)


def test_the_mean_does_not_depend_on_how_often_a_run_speaks() -> None:
    noise = random.Random(1)
    losses = [5 + noise.gauss(0, 0.3) for _ in range(3000)]
    often, rarely = Curve(), Curve()
    for step, loss in enumerate(losses, start=1):
        often.append(step, loss)
        if step % 10 == 0:
            rarely.append(step, sum(losses[step - 10 : step]) / 10)
    assert rarely.last_smooth == pytest.approx(often.last_smooth, abs=1e-9)
    assert often.last_smooth == pytest.approx(sum(losses[-WINDOW_STEPS:]) / WINDOW_STEPS, abs=1e-9)


@pytest.mark.parametrize("is_of_before", [False, True])
def test_a_list_and_a_table_say_the_same_loss_of_a_run_to_the_last_digit(tmp_path: Path, is_of_before: bool) -> None:
    said = make_run.life(3000, every=1, total_steps=4000)
    # It went back to an earlier step, far enough that the end of its events holds no hundred steps.
    said += [make_run.started(resumed=2500, total_steps=4000), *(make_run.step(step) for step in range(2501, 2530))]
    said = make_run.of_before(said) if is_of_before else said
    summary = summarise(make_run.write_run(tmp_path / "run", said))
    state = folded(said)
    assert summary.loss_nats_per_han == state.loss.last_smooth
    assert summary.loss_nats is not None
    assert summary.loss_nats == pytest.approx(state.loss_nats_per_char)
    assert summary.loss_unit == ("about_han" if is_of_before else "han")
    table = figures_of(state, Status.LOST)["report.train_nats"]
    assert table == ("~" if is_of_before else "") + f"{summary.loss_nats_per_han:.3f}"


def test_training_and_validation_are_shown_in_one_unit_with_their_perplexity() -> None:
    said: list[Event] = [make_run.started(), replace(make_run.step(1), loss_nats=4.0, loss_nats_per_han=5.0)]
    said.append(Validated(step=1, val_nats_per_han=5.25, train_nats=4.0, train_nats_per_han=5.0))
    state = folded(said)
    assert f"loss 5.000 ({math.exp(5.0):.0f})   val. 5.250 ({math.exp(5.25):.0f})" in shown(state)
    found = figures_of(state, Status.COMPLETED)
    assert (found["report.train_nats"], found["report.val_nats"]) == ("5.000", "5.250")
    assert found["report.train_perplexity"] == f"{math.exp(5.0):.0f}"


def test_the_loss_of_a_run_of_before_is_converted_by_the_poems_that_it_showed_and_said_to_be_about() -> None:
    now, before = folded(make_run.life(1000)), folded(make_run.of_before(make_run.life(1000)))
    assert before.loss.values.tolist() == pytest.approx(now.loss.values.tolist())
    assert before.loss.last_smooth == pytest.approx(now.loss.last_smooth)
    assert (now.loss_unit, before.loss_unit) == ("han", "about_han")
    assert training_nats(before) == f"~{training_nats(now)}"


def test_a_run_of_before_that_showed_no_poem_keeps_its_unit_and_says_so() -> None:
    said = make_run.of_before([make_run.started(), make_run.step(5, 4.25)])
    assert training_nats(folded(said)) == "4.250 nats/char"
    assert "report.train_perplexity" not in figures_of(folded(said), Status.LOST)


def test_a_run_of_before_that_has_gone_on_is_told_in_the_unit_of_today() -> None:
    before = make_run.of_before(make_run.life(500))
    after = [event for event in make_run.life(1000) if getattr(event, "step", 0) > 500]
    state = folded([*before, make_run.started(resumed=500), *after])
    assert state.loss_unit == "han"
    assert state.loss.values.tolist() == pytest.approx(folded(make_run.life(1000)).loss.values.tolist())
    assert state.axes.n_chars == 1000 * make_run.N_CHARS_PER_EPOCH // make_run.STEPS_PER_EPOCH
    assert list(state.axes.chars) == sorted(state.axes.chars)


def test_the_characters_read_are_those_that_the_trainer_counted() -> None:
    state = folded(make_run.life(1000))
    assert state.axes.n_chars == 1000 * make_run.N_CHARS_PER_EPOCH // make_run.STEPS_PER_EPOCH
    assert figures_of(state, Status.COMPLETED)["report.chars"] == f"{state.axes.n_chars:,.0f}"
    assert state.position_of(500, "chars") == make_run.N_CHARS_PER_EPOCH


def test_what_a_resumed_run_read_in_vain_is_not_counted() -> None:
    said = [*make_run.life(400), make_run.started(resumed=250), make_run.step(255)]
    assert folded(said).axes.n_chars == make_run.step(255).n_chars


def test_the_characters_of_a_run_of_before_leave_out_what_was_no_training_and_are_said_to_be_about() -> None:
    """Half of the time went into validations and checkpoints, as in a small run."""
    said: list[Event] = [make_run.started()]
    times_s = [0.0]
    for number in range(1, 201):
        said.append(replace(make_run.step(number), chars_per_s=10_000.0))
        times_s.append(times_s[-1] + 0.1)
        if number % 10 == 0:
            said += [Validated(step=number, val_nats_per_han=5.0, train_nats=4.0)]
            said += [CheckpointSaved(step=number, path="checkpoints/step", is_best=False)]
            times_s += [times_s[-1] + 0.9, times_s[-1] + 1.0]
    state = folded(make_run.of_before(said), times_s)
    assert state.axes.is_estimate
    assert state.axes.n_chars == pytest.approx(200 * 1000, rel=0.01)
    assert figures_of(state, Status.COMPLETED)["report.chars"].startswith("~")


def test_an_epoch_is_told_by_its_parts() -> None:
    assert epochs_read(folded([make_run.started(total_steps=1000), make_run.step(40)])) == "0.08 / 2"
    assert epochs_read(folded(make_run.life(500, total_steps=500))) == "1.00 / 1"
    assert epochs_read(folded(make_run.life(20, total_steps=25))) == "0.04 / 0.05"
    assert epochs_read(folded(make_run.life(400, total_steps=800))) == "0.80 / 1.60"
    assert epochs_read(folded([make_run.started()])) == ""
    # nndl has thirty epochs; a run of before said nothing else.
    assert epochs_read(folded(make_run.of_before(make_run.life(500)))).startswith("~")
    assert epochs_read(folded(make_run.of_before(make_run.life(500)))).endswith(" / 30")


def test_time_left_counts_the_validations_that_are_to_come() -> None:
    """A step takes 0.1 s, and every 250th a validation of 25 s: 0.2 s a step."""
    said: list[Event] = [make_run.started(total_steps=4000)]
    times_s = [0.0]
    etas = []
    state = RunState()
    for number in range(1, 2001):
        said.append(make_run.step(number))
        times_s.append(times_s[-1] + 0.1)
        if number % 250 == 0:
            said.append(Validated(step=number, val_nats_per_han=5.0, train_nats=4.0))
            times_s.append(times_s[-1] + 25.0)
    for seq, (event, time_s) in enumerate(zip(said, times_s, strict=True), start=1):
        state.fold(Record(seq=seq, time_s=time_s, event=event))
        if isinstance(event, Step) and event.step > 600:
            etas.append((state.eta_s or 0.0) / (0.2 * (4000 - event.step)))
    assert min(etas) > 0.95
    assert max(etas) < 1.05


def validated(step: int, val: float, train: float) -> Validated:
    return Validated(step=step, val_nats_per_han=val, train_nats=train / PER_HAN, train_nats_per_han=train)


@pytest.mark.parametrize(
    ("said", "n_epochs"),
    [
        # More than an epoch (500 steps) of falling training and rising validation.
        ([validated(500, 5.0, 5.0), validated(1000, 5.1, 4.8), validated(1500, 5.3, 4.5)], 2.0),
        # Not longer than an epoch.
        ([validated(500, 5.0, 5.0), validated(1000, 5.2, 4.8)], None),
        # Training rises too: it diverges, and learns nothing by heart.
        ([validated(500, 5.0, 5.0), validated(1500, 5.3, 5.4)], None),
        # Noise.
        ([validated(500, 5.0, 5.0), validated(1500, 5.001, 4.9)], None),
        # Better again.
        ([validated(500, 5.0, 5.0), validated(1000, 5.2, 4.8), validated(1500, 4.9, 4.6)], None),
        ([], None),
    ],
)
def test_a_run_overfits_when_validation_rises_while_training_falls_for_more_than_an_epoch(
    said: list[Event], n_epochs: float | None
) -> None:
    steps: list[Event] = [make_run.step(number) for number in range(50, 1501, 50)]
    later: list[Event] = sorted([*steps, *said], key=lambda event: getattr(event, "step", 0))
    state = folded([make_run.started(), *later])
    assert state.epochs_overfitting == n_epochs


def test_the_first_steps_do_not_set_the_axis_and_zooming_in_shows_them() -> None:
    curve = Curve()
    for step in range(1, 4001):
        curve.append(step, 8.7 * math.exp(-step / 15) + 5.0 + 0.3 * math.exp(-step / 1500))
    everything = "".join(character for row in plot(curve, [], 80, 16) for character, part in row if part == "label")
    assert "8." not in everything
    zoomed = plot(curve, [], 80, 16, first=1, last=40)
    assert "10.00" in "".join(character for row in zoomed for character, part in row if part == "label")


def test_limits_hold_all_that_lies_together() -> None:
    values = [5 + index / 100 for index in range(100)]
    low, high = robust_limits(values)
    assert low < 5.0
    assert high > 5.99
    assert robust_limits([*values, 60.0])[1] < 7
    assert robust_limits([*values, 0.1])[0] > 4
    assert robust_limits([*values, 0.1], latest=[0.1])[0] < 0.1
    assert robust_limits([1.0, 9.0])[1] > 9  # of a few points none is an outlier
    assert robust_limits([]) == (0.0, 1.0)
    assert robust_limits(values, points=[6.4])[1] > 6.4


def test_runs_of_today_and_of_before_stand_side_by_side() -> None:
    states = [folded(make_run.life(1000)), folded(make_run.of_before(make_run.life(1000)))]
    found = compare([(f"run-{number}", Status.COMPLETED, state) for number, state in enumerate(states)])
    (row,) = [row for row in found.figures if row.name == "report.train_nats"]
    assert row.values[1] == f"~{row.values[0]}"


def test_a_step_of_no_possible_number_of_characters_is_malformed(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    lines = [to_line(record) for record in make_run.records([make_run.started(), make_run.step(1), make_run.step(2)])]
    lines[2] = lines[2].replace('"n_chars":', '"n_chars":-')
    (tmp_path / "run" / EVENTS).write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert summarise(tmp_path / "run").step == 1
    state = RunState()
    for record in make_run.records([make_run.started(), replace(make_run.step(5), n_chars=-1), make_run.step(10)]):
        state.fold(record)
    assert (len(state.loss), len(state.axes.chars), state.n_malformed) == (1, 1, 1)


def test_a_run_is_told_to_be_stopped_only_while_it_goes_on(tmp_path: Path) -> None:
    steps: list[Event] = [make_run.step(number) for number in range(50, 1501, 50)]
    rising: list[Event] = [validated(500, 5.0, 5.0), validated(1000, 5.1, 4.8), validated(1500, 5.3, 4.5)]
    said = [make_run.started(), *sorted([*steps, *rising], key=lambda event: getattr(event, "step", 0))]
    live = RunFollower(tmp_path, state=folded(said), status=Status.RUNNING, is_settled=True)
    assert "For 2.0 epochs validation has risen" in status_sentence(live)
    assert "Stop it" in status_sentence(live)
    for last, status in ((make_run.finished(1500), Status.COMPLETED), (make_run.step(1505), Status.LOST)):
        over = RunFollower(tmp_path, folded([*said, last]), status, is_settled=True)
        assert "the best checkpoint is that of step 500" in status_sentence(over)
        assert "stop it" not in status_sentence(over).lower()


def test_a_completed_run_within_its_first_epoch_is_told_nothing_of_the_kind(tmp_path: Path) -> None:
    said: list[Event] = [make_run.started()]
    for number, nats in ((20, 5.0), (40, 5.2), (60, 5.3), (80, 5.4)):
        said += [make_run.step(number), validated(number, nats, 5.0 - number / 100)]
    follower = RunFollower(tmp_path, folded([*said, make_run.finished(80)]), Status.COMPLETED, is_settled=True)
    assert status_sentence(follower) == "Done. n starts another."


@pytest.mark.parametrize("message", ["could not create a primitive", "Could not create a primitive."])
def test_the_message_of_a_library_is_one_sentence_and_the_advice_another(tmp_path: Path, message: str) -> None:
    last = RunFailed(step=0, kind="RuntimeError", message=message)
    follower = RunFollower(tmp_path, folded([make_run.started(), last]), Status.FAILED, is_settled=True)
    assert "create a primitive. l shows the log" in status_sentence(follower)


def test_steps_of_no_han_character_have_no_loss_a_han_character() -> None:
    """A run of before has batches of nothing but ends, and keeps them when it goes on."""
    steps = [make_run.step(number, 5.0) for number in range(1, 200)]
    steps = [replace(one, loss_nats=0.1, loss_nats_per_han=None) if one.step % 9 == 0 else one for one in steps]
    state = folded([make_run.started(), *steps])
    assert state.loss.last_smooth == pytest.approx(5.0 * PER_HAN)
    assert state.loss_unit == "han"
    assert state.n_not_finite == 0
    assert len(state.axes.chars) == len(state.loss)
