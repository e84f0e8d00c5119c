"""Left and right side of the Train screen."""

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
    """What is below one another on one side."""

    # Its children cover it: there is nothing of it to be rendered, at every change of one of them.
    BLANK = True


class HowToBegin(Widget):
    """What stands in place of the followed run where there is none."""

    DEFAULT_CSS = """
    HowToBegin { height: 1fr; content-align: center middle; text-align: center; padding: 1 4; }
    """

    def render(self) -> Content:
        sentence = "train.empty" if self.screen.has_class("-wide") else "train.empty_narrow"
        return Content.assemble((tr("train.empty_title"), "bold $accent"), "\n\n", (tr(sentence), FAINT))


class TrainBody(Horizontal):
    """Left: the settings and the runs. Right: the followed run, or how to begin."""

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
