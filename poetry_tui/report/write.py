"""Writing a report: a folder that holds everything it shows."""

from collections.abc import Sequence
from pathlib import Path

from engine.errors import UsageError
from engine.files import replace_folder, write_atomically
from poetry_tui.report.document import Figure
from poetry_tui.report.html import to_html
from poetry_tui.report.markdown import to_markdown
from poetry_tui.report.page import blocks, title
from poetry_tui.report.story import RunStory
from poetry_tui.words import language

MARKDOWN, HTML = "report.md", "report.html"


def usual_name(runs: Sequence[str]) -> str:
    """What the folder of a report is called, after the names of its runs."""
    return f"report-{'-'.join(runs)}"[:120]


def write_report(stories: Sequence[RunStory], folder: Path) -> Path:
    """Write `report.md`, `report.html` and the curves into a folder, in the place of a report that stands there.

    Raises:
        UsageError: the folder holds something that is no report.
        OSError: it cannot be written.
    """
    if folder.exists() and not _is_ours(folder):
        raise UsageError(f"{folder} is there already and is no report.", "Name another folder with -o.")
    content = blocks(stories)
    with replace_folder(folder) as aside:
        for figure in content:
            if isinstance(figure, Figure):
                write_atomically(aside / figure.file_name, figure.svg)
        write_atomically(aside / MARKDOWN, to_markdown(content))
        write_atomically(aside / HTML, to_html(content, title(stories), "zh" if language() == "zh" else "en"))
    return folder


def _is_ours(folder: Path) -> bool:
    return folder.is_dir() and (
        not any(folder.iterdir()) or ((folder / HTML).is_file() and (folder / MARKDOWN).is_file())
    )
