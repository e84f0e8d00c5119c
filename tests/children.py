"""Programs that a test starts, none of which outlives it or keeps it waiting for ever."""

import contextlib
import subprocess
import threading
from collections.abc import Iterator, Sequence
from typing import Any

# Generous: it only tells a hang from a slow machine.
DEADLINE_S = 300.0


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
