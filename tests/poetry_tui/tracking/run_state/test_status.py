"""What a run is said to be doing: stalled only when it is silent for longer than it ever needs, and never longer than that."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config.presets import preset
from engine.config.schema import TrainConfig
from engine.runs.events import CheckpointSaved, Control, Event, Record, RunStarted, Validated
from poetry_tui.tracking.run_state.stall_detector import DEFAULT_STALL_TIMEOUT_S, MIN_STALL_TIMEOUT_S, STALL_STEPS
from poetry_tui.tracking.run_state.state import RunState
from poetry_tui.tracking.run_state.status import Status, WriterProbe, silence_s, status_of
from tests.poetry_tui.tracking import make_run

VALIDATE_EVERY = 100


def config() -> TrainConfig:
    return preset("nndl").replace(validate_every=VALIDATE_EVERY, checkpoint_every=VALIDATE_EVERY)


def started(resumed: int | None = None) -> RunStarted:
    return make_run.started(config(), resumed=resumed)


def folded(said: Sequence[Event], seconds_apart: float = 0.1) -> RunState:
    state = RunState()
    for record in make_run.records(said, seconds_apart):
        state.fold(record)
    return state


def seen(state: RunState, silent_s: float, *, still_s: float = 0.0) -> Status:
    """The status after a silence, the heart beating to the end or not for the last `still_s`."""
    last_s = state.stall_detector.last_s
    assert last_s is not None
    now_s = last_s + silent_s
    return status_of(state, WriterProbe(True, probed_s=now_s, beat_s=now_s - still_s))


STEPS = [started(), *(make_run.step(number) for number in range(1, 31))]


@given(st.floats(0.01, 1e4), st.floats(0.0, 1e6))
def test_a_silence_of_several_steps_is_a_stall_and_a_shorter_one_is_not(step_s: float, silent_s: float) -> None:
    stall_timeout_s = max(MIN_STALL_TIMEOUT_S, STALL_STEPS * step_s)
    if abs(silent_s / stall_timeout_s - 1) > 1e-3:
        expected = Status.STALLED if silent_s > stall_timeout_s else Status.RUNNING
        assert seen(folded(STEPS, step_s), silent_s) is expected


def test_it_runs_again_with_the_next_step() -> None:
    state = folded(STEPS)
    assert seen(state, 60.0) is Status.STALLED
    assert state.stall_detector.last_s is not None
    state.fold(Record(seq=len(STEPS) + 1, time_s=state.stall_detector.last_s + 60.0, event=make_run.step(31)))
    assert seen(state, 1.0) is Status.RUNNING


def test_a_heart_that_is_still_is_a_stall_whatever_the_run_was_at() -> None:
    validating = folded(
        [started(), *(make_run.step(number) for number in range(VALIDATE_EVERY - 30, VALIDATE_EVERY + 1))]
    )
    assert seen(validating, 60.0, still_s=2.0) is Status.RUNNING
    assert seen(validating, 60.0, still_s=59.0) is Status.STALLED
    # Without steps for a while, but not for long.
    assert seen(validating, 5.0, still_s=5.0) is Status.RUNNING


def test_a_heart_that_is_still_while_steps_come_is_no_stall() -> None:
    assert seen(folded(STEPS), 0.5, still_s=500.0) is Status.RUNNING


@pytest.mark.parametrize(
    "last",
    [
        [],
        [make_run.step(VALIDATE_EVERY)],
        [make_run.step(2000)],  # the last one, which is validated too
        [make_run.step(50), Validated(step=50, val_nats_per_han=5.0, train_nats=4.0)],
        [make_run.step(50), CheckpointSaved(step=50, path="checkpoints/step-00000050", is_best=True)],
        [make_run.step(50), make_run.paused(50), Control(step=50, what="resumed")],
        [make_run.step(50), started(resumed=50)],
    ],
)
def test_what_takes_longer_than_a_step_is_given_longer(last: list[Event]) -> None:
    state = folded([started(), *last])
    assert seen(state, DEFAULT_STALL_TIMEOUT_S - 1) is Status.RUNNING
    assert seen(state, DEFAULT_STALL_TIMEOUT_S + 1) is Status.STALLED


def test_a_validation_that_has_always_taken_minutes_may_take_them_again() -> None:
    state = RunState()
    times_s = (0.0, 1.0, 2.0, 402.0, 403.0)
    validated = Validated(step=VALIDATE_EVERY, val_nats_per_han=5.0, train_nats=4.0)
    said = [started(), make_run.step(1), make_run.step(VALIDATE_EVERY), validated, make_run.step(2 * VALIDATE_EVERY)]
    for number, (time_s, event) in enumerate(zip(times_s, said, strict=True)):
        state.fold(Record(seq=number, time_s=time_s, event=event))
    assert seen(state, 400.0) is Status.RUNNING
    assert seen(state, 400.0 * STALL_STEPS + 1) is Status.STALLED


def test_gaps_over_events_that_were_left_out_do_not_count() -> None:
    state = RunState()
    for seq, time_s, number in ((1, 0.0, 1), (500, 900.0, 500), (501, 901.0, 501), (502, 902.0, 502)):
        state.fold(Record(seq=seq, time_s=time_s, event=make_run.step(number)))
    state.started = started()
    assert seen(state, STALL_STEPS * 1.0 + MIN_STALL_TIMEOUT_S + 1) is Status.STALLED


def test_a_paused_run_is_never_stalled_nor_is_one_that_loads() -> None:
    assert seen(folded([*STEPS, make_run.paused(30)]), 1e6, still_s=1e6) is Status.PAUSED
    assert status_of(RunState(), WriterProbe(True, probed_s=1e9, beat_s=1.0)) is Status.STARTING


def test_a_run_that_is_over_stays_over_and_one_whose_writer_is_gone_is_lost() -> None:
    over = folded([*STEPS, make_run.finished(30)])
    assert over.stall_detector.last_s is not None
    assert status_of(over, WriterProbe(False, probed_s=over.stall_detector.last_s + 1e6)) is Status.COMPLETED
    assert (
        status_of(over, WriterProbe(True, over.stall_detector.last_s + 0.5, over.stall_detector.last_s + 0.5))
        is Status.COMPLETED
    )
    assert status_of(folded(STEPS), WriterProbe(False, probed_s=2e9)) is Status.LOST


def test_a_heart_that_beats_long_after_the_last_word_is_the_next_life_loading() -> None:
    stopped = folded([*STEPS, make_run.finished(30, "stopped")])
    assert seen(stopped, 20.0) is Status.STARTING


def test_a_clock_that_was_set_back_makes_no_stall() -> None:
    state = folded(STEPS)
    assert state.stall_detector.last_s is not None
    writer = WriterProbe(True, probed_s=state.stall_detector.last_s - 3600, beat_s=state.stall_detector.last_s - 3600)
    assert status_of(state, writer) is Status.RUNNING
    assert silence_s(state, writer) == 0
