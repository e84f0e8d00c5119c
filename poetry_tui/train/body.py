"""Left and right side of the Train screen."""

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from poetry_tui.train.corpus_offer import CorpusOffer
from poetry_tui.train.monitor.monitor import RunMonitor
from poetry_tui.train.run_list import RunList
from poetry_tui.train.settings.form import RunSettings


class TrainColumn(Vertical):
    """What is below one another on one side."""

    # Its children cover it: there is nothing of it to be rendered, at every change of one of them.
    BLANK = True


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
            yield Static(id="train-empty", markup=False)
            yield self._monitor
