"""A replay says what a run said, when the watcher's clock has come that far."""

from pathlib import Path

import pytest

from engine.runs.event_log import to_line
from engine.runs.events import Record
from engine.runs.folder import EVENTS
from poetry_tui.tracking.reader import RunFollower
from poetry_tui.tracking.replay import MAX_GAP_S, RunReplay
from poetry_tui.tracking.run_state.status import Status
from tests.poetry_tui.tracking import make_run


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


def play(replay: RunReplay) -> None:
    more = True
    while more:
        look = replay.read()
        replay.fold(look)
        more = look.chunk.more


def test_events_come_at_their_time(tmp_path: Path, clock: Clock) -> None:
    folder = make_run.write_run(tmp_path / "run", make_run.life(300))  # a tenth of a second between two events
    replay = RunReplay(folder, clock_s=clock, speed=1.0)
    play(replay)
    assert replay.state.n_records == 1
    clock.now_s += 1.05
    play(replay)
    assert replay.state.n_records == 11
    replay.set_speed(replay.speed * 2.0)
    clock.now_s += 1.0
    play(replay)
    assert replay.state.n_records == 31
    assert replay.status is Status.REPLAYING


def test_a_held_replay_stands_still(tmp_path: Path, clock: Clock) -> None:
    replay = RunReplay(make_run.write_run(tmp_path / "run", make_run.life(300)), clock_s=clock, speed=1.0)
    play(replay)
    replay.hold()
    clock.now_s += 1000
    play(replay)
    assert replay.state.n_records == 1
    replay.hold()
    clock.now_s += 1000
    play(replay)
    assert replay.is_over


def test_at_its_end_the_state_is_that_of_the_run(tmp_path: Path, clock: Clock) -> None:
    folder = make_run.write_run(tmp_path / "run", [*make_run.life(1000), make_run.finished(1000)])
    follower, replay = RunFollower(folder), RunReplay(folder, clock_s=clock)
    follower.fold(follower.read())
    play(replay)
    clock.now_s += 1e6
    play(replay)
    for name in ("loss", "speed", "grad_norm"):
        assert getattr(replay.state, name).values == getattr(follower.state, name).values
    for name in ("started", "step", "elapsed_s", "validations", "samples", "comparisons", "checkpoint", "final_event"):
        assert getattr(replay.state, name) == getattr(follower.state, name)


def test_a_long_pause_is_not_waited_for(tmp_path: Path, clock: Clock) -> None:
    folder = make_run.write_run(tmp_path / "run", [])
    said = [(0.0, make_run.started()), (90_000.0, make_run.step(5))]
    lines = [to_line(Record(seq=n, time_s=1e9 + at_s, event=event)) for n, (at_s, event) in enumerate(said)]
    (folder / EVENTS).write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    replay = RunReplay(folder, clock_s=clock, speed=1.0)
    play(replay)
    clock.now_s += MAX_GAP_S
    play(replay)
    assert replay.is_over


def test_a_run_that_cannot_be_read_is_a_problem(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / EVENTS).write_text('{"v":99}\n', encoding="utf-8")
    replay = RunReplay(tmp_path / "run", clock_s=clock)
    play(replay)
    assert replay.problem is not None
