"""The offer to install the corpus that a training needs; the installation runs in a thread and shows its progress."""

import asyncio
import importlib
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Button, ProgressBar, Static

from engine.corpus.corpus import list_corpora
from engine.system.errors import StudioError
from poetry_tui.preferences.i18n import tr, tr_error


class CorpusOffer(Vertical):
    """A sentence and a button; a progress bar during the installation; the error when it fails."""

    DEFAULT_CSS = """
    CorpusOffer {
        height: auto; padding: 1 2; border: round $accent; margin: 1 2;
        & > Static { height: auto; margin: 0 0 1 0; }
        & > .problem { display: none; color: $text-error; }
        & > ProgressBar { display: none; width: 1fr; }
        & > ProgressBar Bar { width: 1fr; }
        &.-busy > ProgressBar { display: block; }
        &.-busy > Button { display: none; }
        &.-failed > .problem { display: block; }
    }
    """

    @dataclass
    class InstallWanted(Message):
        """The button was pressed: install this corpus."""

        corpus: str

    @dataclass
    class Installed(Message):
        """The corpus has been installed."""

        corpus: str

    def __init__(self) -> None:
        super().__init__()
        self.corpus = "tang"

    def compose(self) -> ComposeResult:
        yield Static(markup=False, classes="sentence")
        yield Static(markup=False, classes="problem")
        yield ProgressBar(total=1.0, show_eta=False)
        yield Button("", variant="primary", id="install", compact=True)

    def on_mount(self) -> None:
        self.offer(self.corpus)

    def offer(self, name: str) -> None:
        """Offer this corpus, without progress or error."""
        self.corpus = name
        self.remove_class("-busy", "-failed")
        self.query_one(".sentence", Static).update(Content(tr(f"train.offer.{name}", name=name)))
        self.query_one(Button).label = Content(tr("train.install", name=name))

    def show_progress(self, fraction: float) -> None:
        """Show the progress of the installation, 0 to 1."""
        self.add_class("-busy")
        self.query_one(".sentence", Static).update(Content(tr("train.installing", name=self.corpus)))
        self.query_one(ProgressBar).update(progress=fraction)

    def show_failure(self, error: StudioError) -> None:
        """Show the error, and offer the corpus again."""
        self.offer(self.corpus)
        self.add_class("-failed")
        self.query_one(".problem", Static).update(Content(tr_error(str(error))))

    def install(self) -> None:
        """Install the offered corpus, in the background."""
        # A worker of the screen, which notifies of unexpected errors.
        self.screen.run_worker(self._install(self.corpus), group="install", exclusive=True, exit_on_error=False)

    async def _install(self, name: str) -> None:
        try:
            async for fraction in run_install(name):
                self.show_progress(fraction)
        except StudioError as error:
            self.show_failure(error)
        else:
            self.post_message(self.Installed(name))

    @on(Button.Pressed)
    def wanted(self, event: Button.Pressed) -> None:
        event.stop()
        self.show_progress(0.0)
        self.post_message(self.InstallWanted(self.corpus))


def installed_corpora() -> list[str]:
    """The names of the installed corpora."""
    return [corpus.name for corpus in list_corpora()]


async def run_install(name: str) -> AsyncIterator[float]:
    """Install a corpus and yield the fraction done, 0 to 1. Closing the generator early cancels the installation, which leaves
    nothing behind.

    Raises:
        CorpusError: the installation failed.
    """
    # Imported here because it loads the converter of traditional characters.
    install = importlib.import_module("engine.corpus.install").install
    loop = asyncio.get_running_loop()
    fractions: asyncio.Queue[float | None] = asyncio.Queue()
    is_cancelled = threading.Event()

    def progress(_stage: str, fraction: float) -> None:
        # A thread cannot be ended from outside, and the studio waits for it when it quits.
        if is_cancelled.is_set():
            raise asyncio.CancelledError
        loop.call_soon_threadsafe(fractions.put_nowait, fraction)

    def work() -> None:
        try:
            install(name, progress)
        finally:
            loop.call_soon_threadsafe(fractions.put_nowait, None)

    working = asyncio.create_task(asyncio.to_thread(work))
    try:
        while (fraction := await fractions.get()) is not None:
            yield fraction
        await working
    finally:
        is_cancelled.set()
