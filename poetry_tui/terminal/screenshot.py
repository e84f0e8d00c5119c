"""Screenshots as SVG, with Han characters at their correct positions."""

import asyncio
import datetime
import html
import re
from pathlib import Path

from platformdirs import user_downloads_path
from rich.cells import cell_len
from textual.app import App

from engine.system.files import write_atomically
from poetry_tui.preferences.i18n import tr, tr_os_error

_TEXT = re.compile(r'(<text [^>]*?textLength=")([\d.]+)("[^>]*>)([^<]*)(</text>)')


def with_true_widths(svg: str) -> str:
    """Set the width of each run of text by its cells; Rich's export counts characters, which halves the width of Han ones."""
    return _TEXT.sub(_widened, svg)


def _widened(match: re.Match[str]) -> str:
    before, width, middle, escaped, after = match.groups()
    text = html.unescape(escaped)
    if not text or cell_len(text) == len(text):
        return match[0]
    true_width = float(width) / len(text) * cell_len(text)
    return f"{before}{true_width:g}{middle}{escaped}{after}"


def picture_file() -> Path:
    """The file of the next screenshot: in the user's downloads folder, which need not exist, named by the time."""
    return user_downloads_path() / f"poetry-{datetime.datetime.now():%Y-%m-%d-%H%M%S-%f}.svg"


async def save_picture(app: App[None], svg: str) -> None:
    """Write a screenshot, and notify of its file or of the error."""
    path = picture_file()
    try:
        await asyncio.to_thread(write_atomically, path, svg)
    except OSError as error:
        said = tr("shell.screenshot_failed", path=path, why=tr_os_error(error))
        app.notify(said, severity="error", markup=False, timeout=10)
    else:
        app.notify(tr("shell.screenshot_saved", path=path), markup=False, timeout=10)
