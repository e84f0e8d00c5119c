"""What the training uses of the machine: processor, memory, graphics card, and how its time is spent."""

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from engine.events import Resources
from poetry_tui.glyphs import bar
from poetry_tui.run_words import count
from poetry_tui.words import heading, word

PHASES = ("data", "forward", "backward", "optimizer")
LABEL_WIDTH = 12


class ResourcePane(VerticalScroll):
    """A line a figure, with a bar where it is a share of something."""

    DEFAULT_CSS = """
    ResourcePane { & > Static { width: 1fr; height: auto; text-wrap: nowrap; } }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._shown: tuple[Resources | None, float] = (None, 0.0)

    def compose(self) -> ComposeResult:
        yield Static(markup=False)

    def on_mount(self) -> None:
        self.retitle()

    def retitle(self) -> None:
        """Say everything in the current language."""
        self.border_title = heading("train.resources")
        self._draw()

    def show(self, event: Resources | None, chars_per_s: float) -> None:
        """Show these figures; None shows that the run has told none yet."""
        if (event, chars_per_s) != self._shown:
            self._shown = (event, chars_per_s)
            self._draw()

    def on_resize(self) -> None:
        self._draw()

    def _draw(self) -> None:
        event, chars_per_s = self._shown
        inner = self.query_one(Static)
        if event is None:
            inner.update(Content.styled(word("train.resources_none"), "dim"))
            return
        width = max(self.scrollable_content_region.width - LABEL_WIDTH - 12, 4)
        rows = [
            self._row("train.cpu", f"{event.cpu_percent:.0f} %"),
            self._row("train.memory", f"{event.memory_bytes / 1e9:.2f} GB"),
        ]
        if event.gpu_memory_bytes is not None:
            busy = "?" if event.gpu_percent is None else f"{event.gpu_percent:.0f} %"
            rows.append(self._row("train.gpu", f"{busy} · {event.gpu_memory_bytes / 1e9:.2f} GB"))
        rows.append(self._row("train.chars_per_s", count(chars_per_s)))
        rows.append(Content())
        shares = [event.data_share, event.forward_share, event.backward_share, event.optimizer_share]
        rest = max(0.0, 1 - sum(shares))
        for phase, share in zip((*PHASES, "rest"), (*shares, rest), strict=True):
            rows.append(
                self._row(f"train.phase.{phase}", f"{100 * share:4.0f} % ")
                + Content.styled(bar(share, width), "$accent")
            )
        inner.update(Content("\n").join(rows))

    def _row(self, key: str, value: str) -> Content:
        name = Content(word(key))
        return name.pad_right(max(0, LABEL_WIDTH - name.cell_length)).stylize("dim") + Content(f" {value}")
