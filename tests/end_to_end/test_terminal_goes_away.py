"""A terminal that closes, stalls, or a signal: the studio and all that it started are gone, whoever leads the session.

The kernel tells the leader of the session alone; below make, a shell with a trap or a wrapper the studio hears nothing.
"""

import contextlib
import os
import signal
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from engine.runs.folder import STOP, ControlFiles, run_is_alive
from poetry_tui.favourites.store import Favourite, FavouriteStore
from poetry_tui.preferences.i18n import tr
from tests.poetry_tui.tracking.make_run import finished, life, write_run
from tests.small_corpus import write_corpus
from tests.terminals import STUDIO, Terminal, below, terminal, wait_until, wait_until_gone

if sys.platform == "win32":
    pytest.skip("terminals of this kind are not there", allow_module_level=True)

# For what does not depend on the service.
STUDIO_WITHOUT_TORCH = (sys.executable, str(Path(__file__).with_name("studio_without_torch.py")))
# Starts a training as the Train screen does, then opens the studio on it.
STUDIO_WITH_TRAINING = """
import sys
from engine.config.presets import preset
from poetry_tui.commands.studio import open_studio
from poetry_tui.tracking import control as runs
config = preset("tiny").replace(corpus=sys.argv[1], max_steps=10**6, n_epochs=10**6)
open_studio(runs.start_run(config, "going"))
"""


# One whose lists of corpora come from a disk that never answers.
STUDIO_THAT_WAITS = """
import time
from poetry_tui.commands.studio import open_studio
from poetry_tui.terminal import hang_up as leaving
from poetry_tui.train import screen as train
leaving.MAX_LEAVING_S = 1.0
train.installed_corpora = lambda: time.sleep(1000)
open_studio()
"""


def compose_idle(studio: Terminal) -> None:
    """As it opens."""


def composing(studio: Terminal) -> None:
    studio.wait_for("studio-lstm")
    studio.press("\r")
    studio.wait_for_quiet(0.1)


def train(studio: Terminal) -> None:
    studio.press("2")
    studio.wait_for(tr("train.empty_title"))


def favourites(studio: Terminal) -> None:
    studio.press("3")
    studio.wait_for("一去不回")


def prompt(studio: Terminal) -> None:
    favourites(studio)
    studio.press("t")
    studio.wait_for_quiet()


def help_page(studio: Terminal) -> None:
    studio.press("?")
    studio.wait_for(tr("shell.help_title"))


def palette(studio: Terminal) -> None:
    studio.press("\x10")
    studio.wait_for_quiet()


@pytest.mark.parametrize(
    ("leader", "place"),
    [
        ("direct", compose_idle),
        ("trap", compose_idle),
        ("make", composing),
        ("wrapper", train),
        ("setsid", favourites),
        ("trap", prompt),
        ("wrapper", help_page),
        ("setsid", palette),
    ],
)
def test_nothing_is_left_of_a_studio_whose_terminal_closes(
    leader: str, place: Callable[[Terminal], None], studio_home: Path, tmp_path: Path
) -> None:
    FavouriteStore().add(Favourite(id=0, text="一去不回", begin="一", model="studio-lstm", seed=7))
    command = STUDIO if place in (compose_idle, composing) else STUDIO_WITHOUT_TORCH
    with terminal(below(leader, command, tmp_path)) as studio:
        studio.wait_for(tr("compose.begin"))
        place(studio)
        processes = studio.processes()
        studio.close()
        wait_until_gone(processes)


def test_a_terminal_that_nobody_reads_and_then_closes_ends_the_studio_too(tmp_path: Path) -> None:
    with stalled("trap", tmp_path) as studio:
        processes = studio.processes()
        studio.close()
        wait_until_gone(processes)


def test_a_signal_ends_a_studio_whose_terminal_nobody_reads_and_gives_the_terminal_back(tmp_path: Path) -> None:
    with stalled("direct", tmp_path) as studio:
        processes = studio.processes()
        studio.leader.send_signal(signal.SIGTERM)
        wait_until_gone(processes)
        assert studio.leader.wait() == 130
        assert studio.modes() == studio.before
        written = len(studio.written)
        studio.read_again()
        studio.wait_for("\x1b[?1049l", since=written)


@contextlib.contextmanager
def stalled(leader: str, folder: Path) -> Iterator[Terminal]:
    """A studio in the middle of a poem, whose screen nobody takes any more."""
    with terminal(below(leader, STUDIO, folder)) as studio:
        studio.wait_for("studio-lstm")
        studio.stall()
        # Begun again and again: much more than the terminal, the queue of the writer thread and its own buffer hold.
        for _ in range(10):
            studio.press("\r2131?\x1b")
        studio.wait_until_full()
        yield studio


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_a_studio_and_gives_the_terminal_back(number: signal.Signals) -> None:
    with terminal(STUDIO) as studio:
        studio.wait_for(tr("compose.begin"))
        processes = studio.processes()
        studio.leader.send_signal(number)
        wait_until_gone(processes)
        assert studio.leader.wait() == 130, studio.written[-3000:].decode()
        assert studio.modes() == studio.before
        studio.wait_for("\x1b[?1049l")


def test_whoever_leaves_does_so_though_a_thread_waits_for_ever() -> None:
    with terminal([sys.executable, "-c", STUDIO_THAT_WAITS]) as studio:
        studio.wait_for(tr("compose.begin"))
        train(studio)
        studio.wait_for_quiet()
        processes = studio.processes()
        studio.press("q")
        wait_until_gone(processes)
        assert studio.leader.wait() == 0
        assert studio.modes() == studio.before


def test_a_monitor_and_the_report_that_it_writes_end_with_the_terminal(studio_home: Path, tmp_path: Path) -> None:
    run = write_run(studio_home / "runs" / "seen", [*life(300), finished(300)])
    with terminal(below("trap", [*STUDIO_WITHOUT_TORCH, "monitor", run.name], tmp_path)) as studio:
        studio.wait_for(run.name)
        studio.press("R")
        wait_until(lambda: child_with(studio, "report"))
        writer = child_with(studio, "report")
        assert writer is not None
        # It is not done before the terminal is gone, and hears no polite word.
        writer.suspend()
        processes = studio.processes()
        studio.close()
        wait_until_gone(processes)


def test_an_installation_ends_with_the_terminal_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setenv("PATH", str(endless_npm(tmp_path).parent), prepend=os.pathsep)
    with terminal(below("trap", STUDIO_WITHOUT_TORCH, tmp_path)) as studio:
        studio.wait_for(tr("compose.begin"))
        studio.press("2")
        studio.wait_for(tr("train.install", name="tang"))
        # A key that comes before a person could have seen what it does is refused.
        for _ in range(12):
            studio.wait_for_quiet(0.5)
            studio.press("\r")
            with contextlib.suppress(AssertionError):
                wait_until(lambda: child_with(studio, "pack"), seconds=5)
                break
        processes = studio.processes()
        studio.close()
        wait_until_gone(processes)
    assert not list((tmp_path / "tmp").iterdir())


def endless_npm(folder: Path) -> Path:
    """An npm that downloads for ever."""
    script = folder / "bin" / "npm"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\nsleep 1000\n")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return script


def test_a_training_goes_on_when_the_terminal_closes_over_the_quit_question(studio_home: Path, tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "poems.txt")
    line = [sys.executable, "-c", STUDIO_WITH_TRAINING, str(corpus)]
    with terminal(below("wrapper", line, tmp_path)) as studio:
        studio.wait_for("going")
        trainer = child_with(studio, "train")
        assert trainer is not None
        studio.press("q")
        studio.wait_for(tr("train.quit_leave"))
        others = [process for process in studio.processes() if process != trainer]
        studio.close()
        try:
            wait_until_gone(others)
            run = studio_home / "runs" / "going"
            wait_until(lambda: '"event":"step"' in told_by(run))
            assert run_is_alive(run)
            ControlFiles(run).request(STOP)
            wait_until_gone([trainer])
        finally:
            with contextlib.suppress(psutil.Error):
                trainer.kill()
    assert '"reason":"stopped"' in told_by(run).splitlines()[-1]


def told_by(run: Path) -> str:
    events = run / "events.jsonl"
    return events.read_text(encoding="utf-8") if events.exists() else ""


def child_with(studio: Terminal, argument: str) -> psutil.Process | None:
    """The process below the studio that was called with this word."""
    for process in studio.processes()[1:]:
        with contextlib.suppress(psutil.Error):
            if argument in process.cmdline():
                return process
    return None
