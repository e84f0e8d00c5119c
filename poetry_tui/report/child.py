"""A report written by a process of its own, so that a long run keeps no key and no frame waiting."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from engine import paths
from engine.errors import RunError
from engine.system.processes import own_session
from poetry_tui.engine_client.process import end, environment
from poetry_tui.i18n import language
from poetry_tui.report.write import HTML, default_name


def folder_for(runs: Sequence[Path]) -> Path:
    """Where the studio puts the report on some runs: a folder of the user's, the same each time."""
    return paths.home() / "reports" / default_name([run.resolve().name for run in runs])


async def write_in_child(runs: Sequence[Path], folder: Path) -> Path:
    """Write the report on some run folders and return the page to be opened; a cancelled one leaves nothing behind.

    Raises:
        RunError: what the command complained of.
    """
    command = (sys.executable, "-P", "-m", "poetry_tui", "report", *map(str, runs), "-o", str(folder))
    process = await asyncio.create_subprocess_exec(
        *command,
        *("--language", language()),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env=environment(),
        **own_session(),
    )
    try:
        _, narration = await process.communicate()
    finally:
        end(process)
    if process.returncode:
        last = narration.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise RunError(last.removeprefix("poetry-tui: ") or "The report could not be written.", "")
    return folder / HTML
