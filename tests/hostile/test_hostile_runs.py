"""Runs whose files are damaged or were made by somebody else: each is listed with its reason, and hides no other."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.runs.event_log import to_line
from engine.runs.events import MAX_TIME_S
from engine.runs.folder import CONFIG, CONTROL, EVENTS, HEARTBEAT, LOG, LR, REQUESTS, ControlFiles, run_is_alive
from engine.system import paths
from engine.system.errors import StudioError
from engine.system.files import open_regular
from poetry_tui.commands.cli import main
from poetry_tui.tracking.reader import MAX_LINE_BYTES, EventTail, RunFollower
from poetry_tui.tracking.replay import RunReplay
from poetry_tui.tracking.report.history import read_history
from poetry_tui.tracking.summary import list_runs
from tests.hostile.mutations import FACTOR, as_json, documents, is_refused, rng, texts
from tests.hostile.test_hostile_names import check_output
from tests.poetry_tui.tracking.make_run import OTHERS, life, records, write_run

needs_posix = pytest.mark.skipif(os.name != "posix", reason="files of this kind exist on POSIX alone")

# The lines that hid all runs from a tester, small: `[` a thousand times deep is as deep as any.
LINES = {
    "deep": "[" * 2000,
    "deep and whole": "[" * 2000 + "]" * 2000,
    "infinite seq": '{"v":1,"seq":1e999,"time_s":1,"event":"run_finished","step":1,"reason":"completed"}',
    "huge step": '{"v":1,"seq":1,"time_s":1,"event":"step","step":1' + "0" * 400 + ',"epoch":1,"loss_nats":1,"lr":1,'
    '"grad_norm":1,"chars_per_s":1}',
    "infinite time": '{"v":1,"seq":1,"time_s":1e999,"event":"step","step":1,"epoch":1,"loss_nats":1,"lr":1,"grad_norm":1,"chars_per_s":1}',
    "late": '{"v":1,"seq":1,"time_s":1e15,"event":"run_finished","step":1,"reason":"completed"}',
    "a text for a number": '{"v":1,"seq":1,"time_s":1,"event":"run_started","pid":1,"config":{},"n_params":"x","vocab_size":1,'
    '"total_steps":1,"n_chars_per_epoch":1,"device":"cpu"}',
    "a text for a step": '{"v":1,"seq":1,"time_s":1,"event":"control","step":"x","what":"paused"}',
    "no object": '{"v":1,"seq":1,"time_s":1,"event":["step"]}',
    "a later version": '{"v":2,"seq":1,"time_s":1,"event":"step"}',
    "a version without end": '{"v":' + '"' + "y" * 5000 + '"' + ',"seq":1}',
    "a surrogate": '{"v":1,"seq":1,"time_s":1,"event":"run_failed","step":1,"kind":"\\ud800","message":"\\udfff\\u001b[2J"}',
}


@pytest.fixture
def good() -> Path:
    return write_run(paths.runs() / "good", life(60))


def commands(capsys: pytest.CaptureFixture[str], run: str) -> None:
    """What a person asks of a run."""
    lines = (
        ["runs"],
        ["runs", "--json"],
        ["runs", "show", run],
        ["runs", "show", run, "--json"],
        ["runs", "compare", run, "good"],
    )
    for words in lines:
        code = main(list(words))
        said = capsys.readouterr()
        assert code in (0, 1), words
        assert "unexpected" not in said.err, (words, said.err)
        assert all(line.isprintable() for line in (said.out + said.err).splitlines()), words
        if words[-1] == "--json":
            json.loads(said.out, parse_constant=pytest.fail)
        if words == ["runs"]:
            assert "good" in said.out


@pytest.mark.usefixtures("good")
@pytest.mark.parametrize("kind", LINES)
def test_a_bad_line_hides_no_run(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    bad = write_run(paths.runs() / "bad", life(20))
    with (bad / EVENTS).open("a", encoding="utf-8") as file:
        file.write(LINES[kind] + "\n")
    commands(capsys, "bad")
    assert {run.id for run in list_runs()} == {"good", "bad"}


@pytest.mark.usefixtures("good")
def test_nothing_but_a_bad_line_is_a_run_with_a_malformed_line(capsys: pytest.CaptureFixture[str]) -> None:
    bad = paths.runs() / "bad"
    bad.mkdir(parents=True)
    (bad / EVENTS).write_text(LINES["deep"] + "\n", encoding="utf-8")
    assert main(["runs"]) == 0
    assert "1 line of its events is malformed" in capsys.readouterr().out


def damaged_runs(n: int) -> Iterator[bytes]:
    """Whole files of events, with a line or some bytes of them damaged."""
    chance = rng("runs")
    lines = [to_line(record).encode() for record in records([*life(60), *OTHERS])]
    whole = b"".join(line + b"\n" for line in lines)
    for _ in range(n):
        at = chance.randrange(len(lines))
        (bad,) = documents(json.loads(lines[at]), chance, 1)
        yield b"\n".join([*lines[:at], as_json(bad), *lines[at + 1 :], b""])
    yield from texts(whole, chance, n)


@pytest.mark.usefixtures("good")
def test_damaged_events_are_summed_up_followed_replayed_and_told(capsys: pytest.CaptureFixture[str]) -> None:
    bad = write_run(paths.runs() / "bad", life(60))
    for number, data in enumerate(damaged_runs(40 * FACTOR)):
        (bad / EVENTS).unlink()
        (bad / EVENTS).write_bytes(data)
        assert {run.id for run in list_runs()} == {"good", "bad"}
        for run in list_runs():
            json.dumps(run.to_dict(), allow_nan=False)
        follower = RunFollower(bad)
        follower.fold(follower.read())
        replay = RunReplay(bad, speed=1e6)
        replay.fold(replay.read())
        replay.fold(replay.read())
        is_refused(lambda: read_history(bad))
        if number % 20 == 0:
            commands(capsys, "bad")


@pytest.mark.usefixtures("good")
def test_a_report_of_damaged_events_is_written_or_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = write_run(paths.runs() / "bad", life(60))
    for number, data in enumerate(damaged_runs(4 * FACTOR)):
        (bad / EVENTS).write_bytes(data)
        words = ["report", "bad", "good", "-o", str(tmp_path / f"report-{number}")]
        check_output(capsys, main(words), words)


@pytest.mark.usefixtures("good")
def test_a_damaged_config_is_told_where_it_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    bad = write_run(paths.runs() / "bad", [])
    for content in (
        b"[]",
        b"null",
        b'{"model":5}',
        b'{"model":[]}',
        b'{"seed":1' + b"0" * 400 + b"}",
        b"[" * 2000,
        b"\xff",
        b"",
    ):
        (bad / CONFIG).write_bytes(content)
        commands(capsys, "bad")


@needs_posix
@pytest.mark.usefixtures("good")
@pytest.mark.parametrize("name", [EVENTS, CONFIG, LOG, HEARTBEAT, CONTROL, "malformed.json", "checkpoints"])
@pytest.mark.parametrize("kind", ["fifo", "folder", "loop", "dangling", "device"])
def test_what_is_no_file_in_a_run_hangs_nothing(name: str, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    bad = write_run(paths.runs() / "bad", life(20))
    (bad / name).unlink(missing_ok=True)
    match kind:
        case "fifo":
            os.mkfifo(bad / name)
        case "folder":
            (bad / name).mkdir()
        case "loop":
            (bad / name).symlink_to(bad / name)
        case "dangling":
            (bad / name).symlink_to("nowhere")
        case _:
            (bad / name).symlink_to("/dev/zero")
    commands(capsys, "bad" if name != EVENTS or kind == "folder" else "good")
    follower = RunFollower(bad)
    follower.fold(follower.read())


def test_a_line_without_end_is_one_malformed_line_and_takes_no_memory(tmp_path: Path) -> None:
    write_run(tmp_path, life(20))
    n_good = len(life(20))
    with (tmp_path / EVENTS).open("ab") as file:
        file.write(b"[" * (2 * MAX_LINE_BYTES) + b"\n")
        file.write(to_line(records([OTHERS[-1]])[0]).encode() + b"\n")
    tail, n_records, n_malformed = EventTail(tmp_path), 0, 0
    while True:
        chunk = tail.poll()
        n_records, n_malformed = n_records + len(chunk.records), n_malformed + chunk.n_malformed
        if not chunk.more:
            break
    assert (n_records, n_malformed) == (n_good + 1, 1)


def test_a_clock_that_goes_backwards_takes_nothing_back(tmp_path: Path) -> None:
    said = records(life(60))
    lines = [to_line(record) for record in said]
    jumped = [
        line.replace('"time_s":17', '"time_s":16') if number > len(lines) // 2 else line
        for number, line in enumerate(lines)
    ]
    write_run(tmp_path, [])
    (tmp_path / EVENTS).write_text("".join(line + "\n" for line in jumped), encoding="utf-8")
    history = read_history(tmp_path)
    assert history.state.step == 60
    assert 0 <= history.state.elapsed_s < 10
    minutes = list(history.state.positions("minutes"))
    assert minutes == sorted(minutes)
    assert history.state.n_malformed == 0


def test_times_far_apart_are_told_in_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    run = write_run(paths.runs() / "good", life(20))
    lines = (run / EVENTS).read_text("utf-8").splitlines()
    for number, line in enumerate(lines):
        body = json.loads(line)
        body["time_s"] = 0 if number % 2 else MAX_TIME_S
        lines[number] = json.dumps(body)
    (run / EVENTS).write_text("\n".join([*lines * 1000, ""]), encoding="utf-8")
    commands(capsys, "good")


# Control files


@needs_posix
@pytest.mark.parametrize(
    "content", [b"", b"x", b"nan", b"-1", b"1e999", b"\xff\xfe", b"0.001" * 1000, b"\x00", b"0", b"10", b"1e-3\n"]
)
def test_a_learning_rate_of_any_content_is_taken_or_dropped(tmp_path: Path, content: bytes) -> None:
    control = ControlFiles(tmp_path)
    control.request(LR, 0.5)
    (control.folder / LR).write_bytes(content)
    assert control.take_lr() == (1e-3 if content == b"1e-3\n" else None)
    assert control.requests() == frozenset()


@needs_posix
def test_only_files_of_known_names_ask_for_something(tmp_path: Path) -> None:
    control = ControlFiles(tmp_path)
    assert control.requests() == frozenset()  # no folder yet
    control.request("save")
    for name in ("stop~", ".stop.swp", "\udcff", "README", "字" * 80):
        (control.folder / name).write_text("x")
    (control.folder / "stop").mkdir()
    (control.folder / "pause").mkdir()
    os.mkfifo(control.folder / "lr")
    assert control.requests() == {"save", "lr"}
    assert control.take_lr() is None
    control.acknowledge("save")
    control.clear()
    assert control.requests() == frozenset()


@needs_posix
def test_a_request_that_cannot_be_removed_is_carried_out_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    control = ControlFiles(tmp_path)
    for what in REQUESTS:
        control.request(what, 1e-3 if what == LR else None)

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", refused)
        assert control.requests() == REQUESTS
        assert control.take_lr() == 1e-3
        for what in REQUESTS:
            control.acknowledge(what)
        assert control.requests() == frozenset()
    control.clear()
    (control.folder / "save").unlink()
    assert control.requests() == frozenset()
    control.request("save")
    assert control.requests() == {"save"}


@pytest.mark.parametrize("content", ["", "x", "-1", "0", "9" * 5000, "1e3", "\x00", "１"])
def test_a_heartbeat_of_any_content_is_nobodys_or_somebodys(tmp_path: Path, content: str) -> None:
    (tmp_path / HEARTBEAT).write_text(content, encoding="utf-8")
    assert run_is_alive(tmp_path) in (True, False)


@needs_posix
def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path / "fifo", tmp_path, Path("/dev/zero"), tmp_path / "none"):
        with pytest.raises(OSError, match=r"."):
            open_regular(path)


# Another user


def no_root() -> bool:
    return os.name == "posix" and os.geteuid() == 0


@pytest.mark.skipif(not no_root(), reason="only the superuser can become somebody else")
def test_somebody_else_may_look_and_is_told_what_cannot_be_written(
    good: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """By a child of another user, in a home that it may read and not write, and in one that it may not even read."""
    home = paths.home()
    for path in (home, *home.parents):
        if path.stat().st_uid == os.geteuid() and not path.stat().st_mode & 0o005:
            path.chmod(path.stat().st_mode | 0o005)
    for mode in (0o755, 0o700):
        home.chmod(mode)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                os.setuid(65534)
                lines = (
                    ["runs"],
                    ["models"],
                    ["corpus"],
                    ["favourites"],
                    ["runs", "show", "good"],
                    ["runs", "rm", "good", "--yes"],
                )
                code = max(main(list(line)) for line in lines)
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        said = capfd.readouterr()
        assert os.waitstatus_to_exitcode(status) == 1
        assert "unexpected" not in said.err, said.err
        assert "Traceback" not in said.err, said.err
        assert good.is_dir()
    home.chmod(0o755)


def test_a_refusal_of_the_file_system_is_a_studio_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(_: Path) -> Iterator[Path]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", denied)
    error = is_refused(list_runs)
    assert isinstance(error, StudioError)
    assert "cannot be read" in error.message
