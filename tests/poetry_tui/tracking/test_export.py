"""`runs export`: the figures of a run as CSV, JSON and TensorBoard event files, each read back by another reader."""

import csv
import io
import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from engine.runs.events import RETURNED, Control, Event
from poetry_tui.commands.cli import main
from tests.poetry_tui.tracking.make_run import OTHERS, finished, life, started, step, write_run

# TensorBoard's own reader, in a process of its own: it warns of much.
READ_BACK = """
import json, sys
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
read = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0})
read.Reload()
print(json.dumps({tag: [(one.step, one.wall_time, one.value) for one in read.Scalars(tag)] for tag in read.Tags()["scalars"]}))
"""
# Its steps beyond 100 were undone by a resume, those beyond 90 by a return to the best checkpoint.
SAID: list[Event] = [
    *life(140),
    started(resumed=100),
    step(105, loss_nats=9.0),
    Control(step=90, what=RETURNED, value=1e-3),
    step(95, loss_nats=math.nan),
    step(100, loss_nats=4.5),
    *OTHERS[:2],
    finished(300),
]
STEPS = [*range(5, 95, 5), 95, 100]


@pytest.fixture
def run(studio_home: Path) -> Path:
    return write_run(studio_home / "runs" / "20261101-1", SAID)


def exported(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    capsys.readouterr()
    assert main(["runs", "export", "20261101-1", *options]) == 0
    return capsys.readouterr().out


@pytest.mark.usefixtures("run")
def test_a_csv_file_has_a_row_for_each_event_of_figures(capsys: pytest.CaptureFixture[str]) -> None:
    rows = list(csv.DictReader(io.StringIO(exported(capsys))))
    steps = [row for row in rows if row["event"] == "step"]
    assert [int(row["step"]) for row in steps] == STEPS
    assert float(steps[-1]["loss_nats"]) == 4.5
    assert math.isnan(float(steps[-2]["loss_nats"]))
    (resources,) = (row for row in rows if row["event"] == "resources")
    assert (resources["cpu_percent"], resources["gpu_percent"], resources["loss_nats"]) == ("180.0", "", "")


@pytest.mark.usefixtures("run")
def test_a_json_file_has_the_run_its_settings_and_its_events(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = exported(capsys, "--format", "json", "-o", str(tmp_path / "run.json")).strip()
    found = json.loads(Path(path).read_text(encoding="utf-8"))
    assert found["id"] == "20261101-1"
    assert found["config"]["preset"] == "nndl"
    assert [event["step"] for event in found["events"] if event["event"] == "step"] == STEPS
    assert found["events"][-1]["reason"] == "completed"


@pytest.mark.usefixtures("run")
def test_tensorboard_reads_every_figure_back(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path(exported(capsys, "--format", "tensorboard").strip())
    assert path.parent == tmp_path / "tensorboard" / "20261101-1"
    line = [sys.executable, "-c", READ_BACK, str(path.parent)]
    done = subprocess.run(line, capture_output=True, text=True, timeout=120, check=True)
    curves = json.loads(done.stdout)
    rows = list(csv.DictReader(io.StringIO(exported(capsys))))
    expected = {
        f"{row['event']}/{name}"
        for row in rows
        for name, value in row.items()
        if value and name not in ("event", "step", "time_s")
    }
    assert curves.keys() == expected
    losses = curves["step/loss_nats"]
    assert [step for step, _, _ in losses] == STEPS
    for (_, time_s, value), row in zip(losses, (row for row in rows if row["event"] == "step"), strict=True):
        assert time_s == float(row["time_s"])
        assert value == pytest.approx(float(row["loss_nats"]), rel=1e-6, nan_ok=True)


@pytest.mark.usefixtures("run")
def test_a_place_that_cannot_be_written_is_said_in_one_sentence(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    assert main(["runs", "export", "20261101-1", "-o", str(tmp_path / "file" / "x.csv")]) == 1
    assert f"There is no folder {tmp_path / 'file'}." in capsys.readouterr().err


@pytest.mark.usefixtures("run")
def test_a_file_is_replaced_with_force_alone(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("mine")
    command = ["runs", "export", "20261101-1", "-o", str(path)]
    assert main(command) == 1
    assert f"{path} is there already." in capsys.readouterr().err
    assert path.read_text() == "mine"
    assert main([*command, "--force"]) == 0
    assert path.read_text().startswith("event,")
