"""Write a report as a self-contained folder."""

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
# A folder name with one of these endings was probably meant as a file. Any other ending (report.v2) is part of the name.
_FILE_ENDINGS = frozenset(
    {".csv", ".docx", ".htm", ".html", ".jpg", ".json", ".md", ".pdf", ".png", ".svg", ".tex", ".txt"}
)


def default_name(runs: Sequence[str]) -> str:
    """The default folder name of a report, from the names of its runs."""
    return f"report-{'-'.join(runs)}"[:120]


def check_folder(folder: Path) -> None:
    """Check that a report may be written to a folder, before any work is done.

    Raises:
        UsageError: the folder holds something that is no report, or its name has a file's ending.
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
    """Write the report on some runs into a folder, replacing a report that is there. Raises as `write_page` does."""
    return write_page(blocks(histories), title(histories), folder)


def write_page(
    content: Sequence[Block], heading: str, folder: Path, others: Mapping[str, str] = MappingProxyType({})
) -> Path:
    """Write `report.md`, `report.html`, the figures and `others` (text by file name) into a folder, replacing a report that is there.

    Raises:
        UsageError: the folder holds something that is no report, or its name has a file's ending.
        OSError: the folder cannot be written.
    """
    # Imported here because it loads the template engine.
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
    """The folder in the user's data folder where the studio writes the report on some runs."""
    return paths.home() / "reports" / default_name([run.resolve().name for run in runs])


async def write_in_child(runs: Sequence[Path], folder: Path) -> Path:
    """Write the report on some run folders in a child process and return its HTML page; when cancelled, leave nothing behind.

    Raises:
        RunError: the command failed; its message is the command's last line.
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
