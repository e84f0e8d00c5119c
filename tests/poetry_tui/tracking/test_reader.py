"""Following a run by its files: nothing is lost, nothing is made up."""

import math
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.runs.event_log import to_line
from engine.runs.events import Control, Event, Record, Validated
from engine.runs.folder import EVENTS
from engine.system.errors import RunError
from poetry_tui.tracking.reader import EventTail, RunFollower, log_tail
from poetry_tui.tracking.run_state.curve import Curve
from poetry_tui.tracking.run_state.state import RunState
from poetry_tui.tracking.run_state.status import Status
from tests.poetry_tui.tracking import make_run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "run"
    path.mkdir()
    return path


def folded(said: list[Event]) -> RunState:
    state = RunState()
    for record in make_run.records(said):
        state.fold(record)
    return state


def followed(folder: Path) -> RunFollower:
    follower = RunFollower(folder)
    while not follower.is_settled:
        follower.fold(follower.read())
    return follower


def test_a_file_that_does_not_exist_yet_is_waited_for(folder: Path) -> None:
    tail = EventTail(folder)
    assert tail.poll().records == ()
    make_run.write_run(folder, [make_run.started()])
    assert len(tail.poll().records) == 1


def test_a_partial_last_line_waits_for_the_next_poll(folder: Path) -> None:
    line = to_line(make_run.records([make_run.compared(5)])[0]).encode() + b"\n"
    # Cut within a Han character, which is three bytes.
    cut = line.index("暮".encode()) + 1
    tail = EventTail(folder)
    (folder / EVENTS).write_bytes(line[:cut])
    first = tail.poll()
    assert (first.records, first.n_malformed) == ((), 0)
    with (folder / EVENTS).open("ab") as file:
        file.write(line[cut:])
    assert tail.poll().records[0].event == make_run.compared(5)


def test_malformed_lines_are_counted_and_the_others_read(folder: Path) -> None:
    good = to_line(make_run.records([make_run.step(1)])[0])
    lines = [good, "{", '{"v":1}', '{"v":1,"event":"dance"}', "\udcff", "", "[" * 100_000, good]
    (folder / EVENTS).write_bytes("\n".join(lines).encode("utf-8", "surrogateescape") + b"\n")
    chunk = EventTail(folder).poll()
    assert (len(chunk.records), chunk.n_malformed) == (2, 5)


def test_an_unknown_version_is_refused_with_a_hint(folder: Path) -> None:
    (folder / EVENTS).write_text('{"v":2,"seq":1,"time_s":1,"event":"step"}\n', encoding="utf-8")
    with pytest.raises(RunError, match="version 2"):
        EventTail(folder).poll()
    follower = RunFollower(folder)
    follower.fold(follower.read())
    assert follower.problem is not None
    assert follower.problem.hint


def test_a_file_that_shrinks_is_read_from_its_start_again(folder: Path) -> None:
    make_run.write_run(folder, make_run.life(300))
    follower = followed(folder)
    assert follower.state.step == 300
    make_run.write_run(folder, make_run.life(50))
    follower.fold(follower.read())
    assert follower.state.step == 50
    assert follower.state.n_starts == 1


def test_small_bites_find_the_same_as_one_big_one(folder: Path) -> None:
    make_run.write_run(folder, make_run.life(300))
    whole = EventTail(folder).poll(1 << 30).records
    tail = EventTail(folder)
    found: list[Record] = []
    more = True
    while more:
        chunk = tail.poll(97)
        found += chunk.records
        more = chunk.more
    assert tuple(found) == whole


def test_values_of_the_wrong_type_are_counted_and_do_no_harm(folder: Path) -> None:
    line = to_line(make_run.records([make_run.step(7)])[0])
    (folder / EVENTS).write_text(line.replace('"loss_nats":', '"loss_nats":null,"was":') + "\n", encoding="utf-8")
    assert followed(folder).state.n_malformed == 1


def test_the_state_tells_what_the_events_told() -> None:
    state = folded(make_run.life(1000))
    assert (state.step, state.epoch, state.total_steps) == (1000, 1, 2000)
    assert state.best is not None
    assert state.best.step == 1000
    assert [item.step for item in state.sample_rounds()] == [1000, 750, 500, 250]
    assert [item.step for item in state.sample_rounds(limit=2)] == [1000, 750]
    assert [sample.begin for sample in state.sample_rounds()[0].samples] == ["日", "山", "夜"]
    assert state.eta_s is not None


def test_a_resumed_run_has_the_curve_of_an_undisturbed_one() -> None:
    undisturbed = folded(make_run.life(600))
    said = make_run.life(400)
    cut = [event for event in make_run.life(600) if getattr(event, "step", 0) > 250]
    state = folded([*said, make_run.started(resumed=250), *cut])
    assert list(state.loss.steps) == list(undisturbed.loss.steps)
    assert list(state.loss.smooth) == pytest.approx(list(undisturbed.loss.smooth))
    assert state.validations == undisturbed.validations
    assert state.samples == undisturbed.samples


def test_time_spent_paused_or_dead_is_not_elapsed() -> None:
    running = folded([make_run.started(), make_run.step(1), make_run.step(2)]).elapsed_s
    broken = [make_run.started(), make_run.step(1), make_run.paused(1), Control(step=1, what="resumed")]
    state = folded([*broken, make_run.started(resumed=1), make_run.step(2)])
    assert running == pytest.approx(0.2)
    assert state.elapsed_s == pytest.approx(0.3)


def test_losses_that_are_no_numbers_are_counted_and_never_best() -> None:
    said = [make_run.started(), make_run.step(1), make_run.step(2, math.nan), make_run.step(3, math.inf)]
    said.append(Validated(step=3, val_nats_per_han=math.nan, train_nats=math.inf))
    state = folded(said)
    assert state.n_not_finite == 2
    assert state.best is None
    assert len(state.loss) == 1


@pytest.mark.parametrize(
    ("said", "alive", "status"),
    [
        ([], True, Status.STARTING),
        ([make_run.started()], True, Status.RUNNING),
        ([make_run.started(), make_run.paused(1)], True, Status.PAUSED),
        ([make_run.started(), make_run.finished(1)], False, Status.COMPLETED),
        ([make_run.started(), make_run.finished(1, "stopped")], False, Status.STOPPED),
        ([make_run.started(), make_run.finished(1, "diverged")], False, Status.DIVERGED),
        ([make_run.started(), make_run.failed(1)], False, Status.FAILED),
        ([make_run.started(), make_run.step(1)], False, Status.LOST),
        ([make_run.started(), make_run.paused(1)], False, Status.LOST),
        ([], False, Status.FAILED),
    ],
)
def test_the_status_is_the_truth(folder: Path, said: list[Event], alive: bool, status: Status) -> None:
    make_run.write_run(folder, said, alive=alive)
    assert followed(folder).status is status


def test_a_writer_whose_heart_stopped_is_lost_even_if_its_pid_lives_on_as_another(folder: Path) -> None:
    make_run.write_run(folder, make_run.life(50), alive=True)
    os.utime(folder / "heartbeat", (1, 1))
    assert followed(folder).status is Status.LOST


def test_a_run_that_goes_on_is_starting_until_it_speaks(folder: Path) -> None:
    make_run.write_run(folder, [*make_run.life(50), make_run.finished(50, "stopped")])
    follower = followed(folder)
    follower.expect_start()
    make_run.beat(folder)
    follower.fold(follower.read())
    assert str(follower.status) == "starting"
    make_run.append(folder, [make_run.started(resumed=50)])
    follower.fold(follower.read())
    assert str(follower.status) == "running"


def test_the_log_tail_is_whole_lines_of_the_end(folder: Path) -> None:
    assert log_tail(folder) == []
    (folder / "log.txt").write_text("".join(f"line {number}\n" for number in range(1000)), encoding="utf-8")
    assert log_tail(folder, max_lines=2) == ["line 998", "line 999"]
    assert log_tail(folder, max_bytes=20) == ["line 998", "line 999"]


finite = st.floats(-1e6, 1e6)


@settings(max_examples=60)
@given(st.lists(finite, min_size=1, max_size=200), st.integers(1, 50))
def test_columns_cover_every_point_once(values: list[float], n_columns: int) -> None:
    curve = Curve()
    for step, value in enumerate(values):
        curve.append(step * 3, value)
    columns = [column for column in curve.columns(0, len(values) * 3, n_columns) if column]
    assert min(column.low for column in columns) == min(values)
    assert max(column.high for column in columns) == max(values)
    assert all(column.low - 1e-6 <= column.mean <= column.high + 1e-6 for column in columns)
    assert columns[-1].smooth == curve.smooth[-1]


def test_smoothing_is_the_same_at_every_zoom() -> None:
    state = folded(make_run.life(1000))
    everything = state.loss.columns(0, 1000, 100)[-1]
    the_end = state.loss.columns(990, 1000, 100)[-1]
    assert everything is not None
    assert the_end is not None
    assert everything.smooth == the_end.smooth


def test_means_are_never_more_than_asked_for_and_keep_the_mean() -> None:
    curve = Curve()
    for step in range(100):
        curve.append(step, float(step))
    assert curve.means(10) == [4.5 + 10 * index for index in range(10)]
    assert len(curve.means(1000)) == 100
    assert Curve().means(10) == []
