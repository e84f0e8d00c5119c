"""What a training can be asked while it runs, and how others see that it runs."""

import os
from pathlib import Path

import pytest

from engine.config.schema import TrainConfig
from engine.runs import event_log, events
from engine.runs.event_log import RunWriter
from engine.runs.folder import HEARTBEAT, LR, PAUSE, SAMPLE, SAVE, STOP, ControlFiles, run_is_alive
from engine.system.errors import RunError
from engine.training import progress as resources
from engine.training.loop import run_training
from tests.engine.training.training_run import events_of, final_weights


def test_control_files_save_change_the_rate_and_stop(config: TrainConfig, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    asked = iter([(SAVE, None), (LR, 0.004), (SAMPLE, None), (STOP, None)])
    waiting: list[str] = []

    def ask_one_after_the_other(record: events.Record) -> None:
        done = isinstance(record.event, events.Control) or not waiting
        if isinstance(record.event, (events.Step, events.Control)) and done and (wish := next(asked, None)):
            waiting.append(wish[0])
            ControlFiles(folder).request(*wish)

    reason = run_training(config.replace(max_steps=10_000, n_epochs=10_000), folder, on_record=ask_one_after_the_other)
    assert reason == "stopped"
    controls = [(event.what, event.value) for event in events_of(folder, events.Control)]  # type: ignore[attr-defined]
    assert controls == [("saved on request", None), ("lr changed", 0.004), ("sampled on request", None)]
    assert len(events_of(folder, events.Sampled)) % len(config.begin_characters) == 0
    assert ControlFiles(folder).requests() == frozenset()


def test_a_paused_training_waits_until_it_may_go_on(config: TrainConfig, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    control = ControlFiles(folder)
    said: list[str] = []

    def on_record(record: events.Record) -> None:
        if isinstance(record.event, events.Step) and not said:
            said.append("asked")
            control.request(PAUSE)
        if isinstance(record.event, events.Control):
            said.append(record.event.what)
            if record.event.what == "paused":
                assert run_is_alive(folder)
                control.withdraw(PAUSE)
            else:
                control.request(STOP)

    run_training(config.replace(max_steps=10_000, n_epochs=10_000), folder, on_record=on_record)
    assert said == ["asked", "paused", "resumed"]


def test_a_paused_training_saves_samples_and_changes_its_rate_at_once(config: TrainConfig, tmp_path: Path) -> None:
    """What is asked of a run that rests is done before it goes on, and changes nothing of what comes after."""
    folder, undisturbed = tmp_path / "run", tmp_path / "undisturbed"
    control = ControlFiles(folder)
    told: list[str] = []

    def on_record(record: events.Record) -> None:
        event = record.event
        if isinstance(event, events.Step) and not told:
            control.request(PAUSE)
        if told or isinstance(event, events.Control):
            told.append(event.what if isinstance(event, events.Control) else event.name)
        # One request after the other, each once the one before it has been answered.
        answers = {"paused": SAVE, "saved on request": SAMPLE, "sampled on request": LR}
        if isinstance(event, events.Control) and (wish := answers.get(event.what)):
            control.request(wish, config.learning_rate if wish == LR else None)
        if isinstance(event, events.Control) and event.what == "lr changed":
            assert control.requests() == {PAUSE}
            control.withdraw(PAUSE)

    config = config.replace(checkpoint_every=1000)
    run_training(config, folder, on_record=on_record)
    n_sampled = told.index("sampled on request") - told.index("saved on request") - 1
    assert told[: told.index("resumed") + 1] == [
        *("paused", "checkpoint_saved", "saved on request"),
        *["sampled"] * n_sampled,
        *("sampled on request", "lr changed", "resumed"),
    ]
    assert n_sampled > 0
    run_training(config, undisturbed)
    assert final_weights(folder) == final_weights(undisturbed)


def test_a_second_writer_of_a_run_is_refused(config: TrainConfig, tmp_path: Path) -> None:
    writer = RunWriter(tmp_path / "run")
    try:
        with pytest.raises(RunError, match="Another trainer is writing"):
            run_training(config, tmp_path / "run")
    finally:
        writer.close()


def test_a_finished_run_is_not_alive(config: TrainConfig, tmp_path: Path) -> None:
    run_training(config.replace(max_steps=1), tmp_path / "run")
    assert not run_is_alive(tmp_path / "run")


def test_a_run_tells_what_it_uses_and_where_its_time_goes(
    config: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources, "PERIOD_S", 0.0)
    run_training(config, tmp_path / "run")
    told = events_of(tmp_path / "run", events.Resources)
    assert told
    for one in told:
        assert isinstance(one, events.Resources)
        shares = [one.data_share, one.forward_share, one.backward_share, one.optimizer_share]
        assert all(share > 0 for share in shares)
        assert sum(shares) <= 1.0001
        assert one.memory_bytes > 10_000_000


def test_whoever_looks_while_the_heart_beats_always_finds_the_writer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_log, "HEARTBEAT_PERIOD_S", 0.0)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / HEARTBEAT).write_text("1")  # of a writer that was killed
    writer = RunWriter(tmp_path / "run")
    try:
        while (tmp_path / "run" / HEARTBEAT).read_text() == "1":
            pass
        assert all(run_is_alive(tmp_path / "run") for _ in range(300))
    finally:
        writer.close()


def test_a_process_that_began_after_the_last_beat_is_not_the_writer(tmp_path: Path) -> None:
    writer = RunWriter(tmp_path / "run")
    writer.close()
    heartbeat = tmp_path / "run" / HEARTBEAT
    heartbeat.write_text(str(os.getpid()), encoding="utf-8")
    assert run_is_alive(tmp_path / "run")
    os.utime(heartbeat, (0, 0))
    assert not run_is_alive(tmp_path / "run")
