"""The resources of a training: processor, memory and GPU use, and the share of time of each phase."""

from itertools import zip_longest

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content

from engine.runs.events import Resources
from poetry_tui.preferences.chart_glyphs import bar
from poetry_tui.preferences.i18n import tr, tr_label
from poetry_tui.preferences.themes import FAINT
from poetry_tui.tracking.wording import count
from poetry_tui.widgets.rows import Lines

PHASES = ("data", "forward", "backward", "optimizer")
LABEL_WIDTH = 12
# Width of the column of resources in cells.
USED_WIDTH = 34
# Minimum width in cells to set the phases beside the resources.
MIN_CELLS_SIDE_BY_SIDE = 64


class ResourcePane(VerticalScroll):
    """One line for each figure; shares also have a bar."""

    DEFAULT_CSS = """
    ResourcePane { scrollbar-gutter: stable; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[Resources | None, float] = (None, 0.0)

    def compose(self) -> ComposeResult:
        yield Lines()

    def on_mount(self) -> None:
        self.refresh_labels()

    def refresh_labels(self) -> None:
        self.border_title = tr_label("train.resources")
        self.border_subtitle = tr("train.phase_note")
        self._draw()

    def show(self, event: Resources | None, chars_per_s: float) -> None:
        """Show these figures; None shows a note that the run has reported none yet."""
        if (event, chars_per_s) != self._shown:
            self._shown = (event, chars_per_s)
            self._draw()

    def on_resize(self) -> None:
        self._draw()

    def _draw(self) -> None:
        event, chars_per_s = self._shown
        inner = self.query_one(Lines)
        if event is None:
            inner.show_note(tr("train.resources_none"))
            return
        used, phases = self._used(event, chars_per_s), _shares(event)
        width, height = self.scrollable_content_region.width, self.scrollable_content_region.height
        # Side by side if the height is too small for both and the width suffices.
        is_beside = height < len(used) + 1 + len(phases) and width >= MIN_CELLS_SIDE_BY_SIDE
        room = width - (USED_WIDTH if is_beside else 0) - LABEL_WIDTH - 12
        shares = [
            self._row(f"train.phase.{phase}", f"{100 * share:4.0f} % ")
            + Content.styled(bar(share, max(room, 4)), "$accent")
            for phase, share in phases
        ]
        if is_beside:
            pairs = zip_longest(used, shares, fillvalue=Content())
            rows = [left.pad_right(max(0, USED_WIDTH - left.cell_length)) + right for left, right in pairs]
        else:
            rows = [*used, Content(), *shares]
        if event.gpu_memory_bytes is not None:
            note = Content.styled(tr("train.phase_note_gpu"), FAINT).wrap(max(width, 1))
            self.tooltip = tr("train.phase_note_gpu")
            rows += note if len(rows) + len(note) <= height else []
        inner.show(Content("\n").join(rows))

    def _used(self, event: Resources, chars_per_s: float) -> list[Content]:
        rows = [
            self._row("train.cpu", self._cores(event.cpu_percent)),
            self._row("train.memory", f"{event.memory_bytes / 1e9:.2f} GB"),
        ]
        if event.gpu_memory_bytes is not None:
            busy = "?" if event.gpu_percent is None else f"{event.gpu_percent:.0f} %"
            rows.append(self._row("train.gpu", f"{busy} · {event.gpu_memory_bytes / 1e9:.2f} GB"))
        return [*rows, self._row("train.chars_per_s", count(chars_per_s))]

    def _cores(self, cpu_percent: float) -> str:
        """Processor use in percent and in cores; 100 % is one core."""
        return tr("train.cpu_value", percent=f"{cpu_percent:.0f}", cores=f"{cpu_percent / 100:.1f}")

    def _row(self, key: str, value: str) -> Content:
        name = Content(tr(key))
        return name.pad_right(max(0, LABEL_WIDTH - name.cell_length)).stylize(FAINT) + Content(f" {value}")


def _shares(event: Resources) -> list[tuple[str, float]]:
    """The share of a step's time for each phase, and for the rest."""
    shares = [event.data_share, event.forward_share, event.backward_share, event.optimizer_share]
    return list(zip((*PHASES, "rest"), (*shares, max(0.0, 1 - sum(shares))), strict=True))
