"""The screen as an SVG whose Han characters stand where they stood."""

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
    """Give each run of text the width of its cells: Rich's export counts characters, which squeezes Han ones to half."""
    return _TEXT.sub(_widened, svg)


def _widened(match: re.Match[str]) -> str:
    before, width, middle, escaped, after = match.groups()
    text = html.unescape(escaped)
    if not text or cell_len(text) == len(text):
        return match[0]
    true_width = float(width) / len(text) * cell_len(text)
    return f"{before}{true_width:g}{middle}{escaped}{after}"


def picture_file() -> Path:
    """Where the next picture goes: the user's folder of downloads, which need not exist, and a name by the clock."""
    return user_downloads_path() / f"poetry-{datetime.datetime.now():%Y-%m-%d-%H%M%S-%f}.svg"


async def save_picture(app: App[None], svg: str) -> None:
    """Write a picture, and notify of the file or of what went wrong."""
    path = picture_file()
    try:
        await asyncio.to_thread(write_atomically, path, svg)
    except OSError as error:
        said = tr("shell.screenshot_failed", path=path, why=tr_os_error(error))
        app.notify(said, severity="error", markup=False, timeout=10)
    else:
        app.notify(tr("shell.screenshot_saved", path=path), markup=False, timeout=10)
