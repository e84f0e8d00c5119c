"""The offer to install a corpus, right where a training wants one, and how far the installation is."""

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Button, ProgressBar, Static

from engine.errors import StudioError
from poetry_tui.i18n import tr, tr_error
from poetry_tui.train.corpus_install import run_install


class CorpusOffer(Vertical):
    """One sentence, one button; while it installs, a progress bar; when it fails, why."""

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

    class InstallWanted(Message):
        """The button was pressed: this corpus shall be installed."""

        def __init__(self, corpus: str) -> None:
            super().__init__()
            self.corpus = corpus

    class Installed(Message):
        """The corpus is there."""

        def __init__(self, corpus: str) -> None:
            super().__init__()
            self.corpus = corpus

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.corpus = "tang"

    def compose(self) -> ComposeResult:
        yield Static(markup=False, classes="sentence")
        yield Static(markup=False, classes="problem")
        yield ProgressBar(total=1.0, show_eta=False)
        yield Button("", variant="primary", id="install", compact=True)

    def on_mount(self) -> None:
        self.offer(self.corpus)

    def offer(self, name: str) -> None:
        """Offer this corpus, afresh."""
        self.corpus = name
        self.remove_class("-busy", "-failed")
        self.query_one(".sentence", Static).update(Content(tr(f"train.offer.{name}", name=name)))
        self.query_one(Button).label = Content(tr("train.install", name=name))

    def show_progress(self, fraction: float) -> None:
        """Show how far the installation is, 0 to 1."""
        self.add_class("-busy")
        self.query_one(".sentence", Static).update(Content(tr("train.installing", name=self.corpus)))
        self.query_one(ProgressBar).update(progress=fraction)

    def show_failure(self, error: StudioError) -> None:
        """Say why it did not work, and offer it again."""
        self.offer(self.corpus)
        self.add_class("-failed")
        self.query_one(".problem", Static).update(Content(tr_error(str(error))))

    def install(self) -> None:
        """Install the offered corpus, in the background."""
        # The screen's worker: it notifies of what goes wrong unforeseen.
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
