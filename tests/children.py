"""Programs that a test starts, none of which outlives it or keeps it waiting for ever."""

import contextlib
import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

# Generous: it only tells a hang from a slow machine.
DEADLINE_S = 300.0

_FORKING: Any = multiprocessing.get_context("forkserver" if os.name == "posix" else "spawn")
_FORKING.set_forkserver_preload(["engine.commands.train", "engine.training.loop"])


@contextlib.contextmanager
def child(line: Sequence[str], deadline_s: float = DEADLINE_S, **options: Any) -> "Iterator[subprocess.Popen[Any]]":
    """A program for as long as the block lasts; `options` are those of `Popen`.

    It is killed at the end of the block, or after `deadline_s`, so that whoever reads from it comes to an end.
    """
    with subprocess.Popen(line, **options) as process:
        alarm = threading.Timer(deadline_s, process.kill)
        alarm.start()
        try:
            yield process
        finally:
            alarm.cancel()
            process.kill()


class ForkedEngine:
    """`python -m engine` as a process of its own, forked from one that has loaded PyTorch: it starts seconds earlier.

    stdin is empty, stdout goes nowhere, stderr to the file `narration`. It is killed with the suite at the latest.
    """

    def __init__(
        self, words: Sequence[str], narration: Path | None = None, environment: Mapping[str, str] | None = None
    ) -> None:
        arguments = (list(words), str(narration or os.devnull), dict(environment or os.environ))
        self._process: BaseProcess = _FORKING.Process(target=_run_engine, args=arguments, daemon=True)
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float = DEADLINE_S) -> int:
        self._process.join(timeout)
        code = self._process.exitcode
        assert code is not None, "it has not ended in time"
        return code

    def send_signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)


def _run_engine(words: list[str], narration: str, environment: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    for path, stream in ((os.devnull, 1), (narration, 2)):
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.dup2(file, stream)
        os.close(file)
    sys.argv = ["engine", *words]
    runpy.run_module("engine", run_name="__main__", alter_sys=True)
