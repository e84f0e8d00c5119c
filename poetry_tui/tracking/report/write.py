"""Writing a report: a folder that holds everything it shows."""

import asyncio
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from engine.system import paths
from engine.system.errors import RunError, UsageError
from engine.system.files import replace_folder, write_atomically
from engine.system.processes import own_session
from poetry_tui.engine_client.service_process import end, environment
from poetry_tui.preferences.i18n import language
from poetry_tui.tracking.report.blocks import Block, Figure
from poetry_tui.tracking.report.history import RunHistory
from poetry_tui.tracking.report.page import blocks, title

MARKDOWN, HTML = "report.md", "report.html"
# Who ends a name so wants one file. Any other ending (report.v2) is part of a folder's name.
_FILE_ENDINGS = frozenset(
    {".csv", ".docx", ".htm", ".html", ".jpg", ".json", ".md", ".pdf", ".png", ".svg", ".tex", ".txt"}
)


def default_name(runs: Sequence[str]) -> str:
    """What the folder of a report is called, after the names of its runs."""
    return f"report-{'-'.join(runs)}"[:120]


def check_folder(folder: Path) -> None:
    """Refuse what a report cannot be written to, before any work is done for it.

    Raises:
        UsageError: the folder holds something that is no report, or its name is that of a file of some format.
    """
    if folder.suffix.lower() in _FILE_ENDINGS and not folder.is_dir():
        raise UsageError(
            "{name} is named like a file, and a report is a folder.",
            "Name a folder with -o: report.html, report.md and the curves as SVG go into it.",
            name=folder.name,
        )
    if folder.exists() and not _is_ours(folder):
        raise UsageError("{path} is there already and is no report.", "Name another folder with -o.", path=folder)


def write_report(histories: Sequence[RunHistory], folder: Path) -> Path:
    """Write the report on some runs into a folder, in the place of a report that stands there. Raises as `write_page` does."""
    return write_page(blocks(histories), title(histories), folder)


def write_page(
    content: Sequence[Block], heading: str, folder: Path, others: Mapping[str, str] = MappingProxyType({})
) -> Path:
    """Write `report.md`, `report.html`, the figures and other files by name into a folder, in the place of a report that stands there.

    Raises:
        UsageError: the folder holds something that is no report, or its name is that of a file.
        OSError: it cannot be written.
    """
    # Loads the template engine: not before a report is written.
    from poetry_tui.tracking.report.render import to_html, to_markdown

    check_folder(folder)
    with replace_folder(folder) as aside:
        for figure in content:
            if isinstance(figure, Figure):
                write_atomically(aside / figure.file_name, figure.svg)
        for name, text in others.items():
            write_atomically(aside / name, text)
        write_atomically(aside / MARKDOWN, to_markdown(content))
        write_atomically(aside / HTML, to_html(content, heading, "zh" if language() == "zh" else "en"))
    return folder


def _is_ours(folder: Path) -> bool:
    return folder.is_dir() and (
        not any(folder.iterdir()) or ((folder / HTML).is_file() and (folder / MARKDOWN).is_file())
    )


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
