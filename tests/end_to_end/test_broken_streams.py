"""Commands whose stdin, stdout or stderr is closed, full, or read no further: a true exit status and one sentence at most."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from engine.__main__ import main
from engine.runs.folder import EVENTS
from tests.small_corpus import write_corpus
from tests.terminals import below, terminal, wait_until, wait_until_gone

if sys.platform == "win32":
    pytest.skip("a POSIX shell is wanted", allow_module_level=True)

STUDIO = f"{sys.executable} -m poetry_tui"
FULL = Path("/dev/full")


def shell(line: str) -> subprocess.CompletedProcess[str]:
    """Run a line of bash; its status is that of the first program of a pipe that fails."""
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", line], capture_output=True, text=True, encoding="utf-8", check=False
    )


@pytest.fixture
def poems(tmp_path: Path) -> Path:
    """So many that what is printed of them fills a pipe."""
    return write_corpus(tmp_path / "many.txt", n_poems=150)


def is_quiet(said: str) -> bool:
    """At most one sentence of ours: no traceback, and nothing unforeseen."""
    wrong = ("Traceback", "Error", "unexpected", "foreseen", "Exception")
    return not any(word in said for word in wrong)


@pytest.mark.parametrize("command", ["check {poems}", "check --json {poems}", "-h"])
@pytest.mark.parametrize(
    ("streams", "status", "sentence"),
    [
        ("> /dev/full", 1, "The output cannot be written: No space left on device."),
        (">&-", 1, "The output cannot be written: stdout is closed."),
        ("2> /dev/full", 0, ""),
        ("<&- 2>&-", 0, ""),
        ("| head -n 1", 0, ""),
    ],
)
def test_a_command_with_a_broken_stream_ends_with_its_status_and_a_sentence(
    command: str, streams: str, status: int, sentence: str, poems: Path
) -> None:
    if "full" in streams and not FULL.exists():
        pytest.skip("there is no /dev/full")
    done = shell(f"{STUDIO} {command.format(poems=poems)} {streams}")
    assert done.returncode == status, done.stderr
    assert sentence in done.stderr
    assert is_quiet(done.stderr), done.stderr


def test_a_closed_stdin_is_an_empty_one() -> None:
    done = shell(f"{STUDIO} check - <&-")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("poetry-tui: ")
    assert is_quiet(done.stderr), done.stderr


def test_a_studio_without_a_terminal_says_so_whatever_is_closed() -> None:
    for streams in ("<&-", ">&-", "<&- >&- 2>&-"):
        done = shell(f"{STUDIO} {streams}")
        assert done.returncode == 2, done.stderr
        assert is_quiet(done.stderr), done.stderr


def test_a_low_limit_of_memory_is_one_sentence() -> None:
    done = shell(f"ulimit -v 600000; {STUDIO} compose 春 --seed 1")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("poetry-tui: The memory that this process may use is too small.")
    assert is_quiet(done.stderr), done.stderr


def train_line(corpus: Path, run: Path, *more: str) -> list[str]:
    settings = ("--preset", "tiny", "--corpus", str(corpus), "--max-steps", "20", "--begin-characters", "日")
    return [sys.executable, "-m", "engine", "train", *settings, "--run", str(run), *more]


def last_event(run: Path) -> dict[str, object]:
    body: dict[str, object] = json.loads((run / EVENTS).read_text(encoding="utf-8").splitlines()[-1])
    return body


@pytest.mark.parametrize(("streams", "status"), [("--json | head -1", 0), ("--json > /dev/full 2> /dev/full", 1)])
def test_a_training_that_nobody_listens_to_goes_on_to_its_end(streams: str, status: int, tmp_path: Path) -> None:
    corpus, run = write_corpus(tmp_path / "poems.txt"), tmp_path / "run"
    done = shell(f"{' '.join(train_line(corpus, run))} {streams}")
    assert done.returncode == status, done.stderr
    assert (last_event(run)["event"], last_event(run)["reason"]) == ("run_finished", "completed")
    assert is_quiet(done.stderr), done.stderr


def wait_for_steps(run: Path) -> None:
    wait_until(lambda: (run / EVENTS).exists() and '"event":"step"' in (run / EVENTS).read_text(encoding="utf-8"))


def test_a_training_saves_and_stops_when_its_terminal_closes(tmp_path: Path) -> None:
    corpus, run = write_corpus(tmp_path / "poems.txt"), tmp_path / "run"
    with terminal(train_line(corpus, run, "--max-steps", "100000", "--n-epochs", "100000")) as window:
        wait_for_steps(run)
        processes = window.processes()
        window.close()
        wait_until_gone(processes)
        assert window.leader.wait() == 130
    assert last_event(run)["reason"] == "stopped"
    assert (run / "checkpoints" / "last.json").exists()


def test_a_training_goes_on_when_its_terminal_closes_below_a_leader_that_keeps_it_to_itself(tmp_path: Path) -> None:
    corpus, run = write_corpus(tmp_path / "poems.txt"), tmp_path / "run"
    line = train_line(corpus, run, "--json", "--max-steps", "120", "--n-epochs", "100")
    with terminal(below("trap", line, tmp_path)) as window:
        wait_for_steps(run)
        processes = window.processes()
        window.close()
        wait_until_gone(processes)
        assert window.leader.wait() == 0
    assert last_event(run)["reason"] == "completed"


@pytest.mark.parametrize(
    ("wish", "status"), [("--corpus nope", 1), ("--device cuda", 2), ("--start-from nope", 1), ("--max-steps 0", 2)]
)
def test_a_request_that_cannot_be_met_leaves_no_run_behind(
    wish: str, status: int, tmp_path: Path, studio_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if "cuda" in wish and torch.cuda.is_available():
        pytest.skip("the wish can be met here")
    corpus = str(write_corpus(tmp_path / "poems.txt", n_poems=60))
    named = ["--run", str(tmp_path / "a" / "b")]
    for where in ([], named):
        assert main(["train", "--preset", "tiny", "--corpus", corpus, *wish.split(), *where]) == status
    assert is_quiet(capsys.readouterr().err)
    assert not (studio_home / "runs").exists()
    assert not (tmp_path / "a").exists()


def test_a_request_that_cannot_be_met_leaves_what_the_folder_held(tmp_path: Path, studio_home: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").touch()
    for name in ("empty", "full"):
        assert main(["train", "--preset", "tiny", "--corpus", "nope", "--run", str(tmp_path / name)]) == 1
    assert not list((tmp_path / "empty").iterdir())
    assert (tmp_path / "full" / "mine").exists()
