"""The samples of the begin characters through the training, newest first."""

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content

from engine.runs.events import Sampled
from poetry_tui.preferences.i18n import tr, tr_label
from poetry_tui.preferences.keymap import VERTICAL_SCROLLING
from poetry_tui.preferences.themes import FAINT
from poetry_tui.tracking.run_state.state import SampleRound
from poetry_tui.widgets.rows import Lines

MAX_ROUNDS = 40


class SampleTimeline(VerticalScroll, inherit_bindings=False):
    """A block for each round of samples: the step, then a line for each begin character."""

    # Left and right select steps (the monitor's keys); the text is never wider than the pane.
    BINDINGS = VERTICAL_SCROLLING
    DEFAULT_CSS = """
    SampleTimeline { & > Lines { text-overflow: ellipsis; } }
    """

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[int, int] | None = None

    def compose(self) -> ComposeResult:
        yield Lines()

    def on_mount(self) -> None:
        self.refresh_labels()

    def refresh_labels(self) -> None:
        """Write the title in the current language; the rest follows with the next `show`."""
        self.border_title = tr_label("train.samples")
        self._shown = None

    def show(self, rounds: list[SampleRound]) -> None:
        """Show these rounds, newest first; redraw only when they have changed."""
        newest = (rounds[0].step, sum(len(item.samples) for item in rounds)) if rounds else (-1, 0)
        if newest == self._shown:
            return
        self._shown = newest
        blocks = [self._block(item, is_newest=index == 0) for index, item in enumerate(rounds[:MAX_ROUNDS])]
        if blocks:
            self.query_one(Lines).show(Content("\n\n").join(blocks))
        else:
            self.query_one(Lines).show_note(tr("train.samples_none"))

    def _block(self, item: SampleRound, is_newest: bool) -> Content:
        style = "bold $accent" if is_newest else FAINT
        head = Content.styled(tr("train.at_step", step=f"{item.step:,}"), style)
        return Content("\n").join([head, *(self._line(sample) for sample in item.samples)])

    def _line(self, sample: Sampled) -> Content:
        text = "".join(sample.text.split())
        begin, rest = (sample.begin, text[len(sample.begin) :]) if text.startswith(sample.begin) else ("", text)
        return Content.assemble((begin, "bold"), rest)
