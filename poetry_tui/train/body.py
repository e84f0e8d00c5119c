"""The left and the right column of the Train screen."""

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget

from poetry_tui.preferences.i18n import tr
from poetry_tui.preferences.themes import FAINT
from poetry_tui.train.corpus_offer import CorpusOffer
from poetry_tui.train.monitor.monitor import RunMonitor
from poetry_tui.train.run_list import RunList
from poetry_tui.train.settings.form import RunSettings


class TrainColumn(Vertical):
    """One column of widgets."""

    # Its children cover it, so it need not be rendered when one of them changes.
    BLANK = True


class HowToBegin(Widget):
    """The hint shown while no run is followed."""

    DEFAULT_CSS = """
    HowToBegin { height: 1fr; content-align: center middle; text-align: center; padding: 1 4; }
    """

    def render(self) -> Content:
        sentence = "train.empty" if self.screen.has_class("-wide") else "train.empty_narrow"
        return Content.assemble((tr("train.empty_title"), "bold $accent"), "\n\n", (tr(sentence), FAINT))


class TrainBody(Horizontal):
    """Left: settings and runs. Right: the followed run, or how to begin."""

    BLANK = True

    def __init__(self, monitor: RunMonitor) -> None:
        super().__init__(id="train-body")
        self._monitor = monitor

    def compose(self) -> ComposeResult:
        with TrainColumn(id="train-left"):
            yield RunSettings()
            yield RunList()
        with TrainColumn(id="train-right"):
            yield CorpusOffer()
            yield HowToBegin()
            yield self._monitor
