"""Three figures of a run as small curves side by side: loss, speed, gradient norm."""

from collections.abc import Iterable
from statistics import fmean

from textual.app import ComposeResult, RenderResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Sparkline, Static

from poetry_tui.curve import Curve
from poetry_tui.glyphs import ascii_line, is_ascii
from poetry_tui.run_state import RunState
from poetry_tui.run_words import count
from poetry_tui.words import word


class Spark(Sparkline):
    """A sparkline of a curve, as many values as there is room for; it can do without block characters."""

    _curve: Curve | None = None

    def draw(self, curve: Curve) -> None:
        """Draw a curve; it holds finite values only, which is all that a Sparkline bears."""
        self._curve = curve
        if self.size.width:
            self.data = curve.means(self.size.width)

    def on_resize(self) -> None:
        # What is drawn before there is room for it would stay one block for a run that says nothing more.
        if self._curve is not None:
            self.draw(self._curve)

    def render(self) -> RenderResult:
        if not is_ascii():
            return super().render()
        return Content.styled(ascii_line(list(self.data or [])), "$primary")


class LabelledSparkline(Vertical):
    """A curve with its name and its last value above it."""

    DEFAULT_CSS = """
    LabelledSparkline { width: 1fr; height: 2; padding: 0 1; }
    """

    def __init__(self, figure: str, *, compact_numbers: bool = False) -> None:
        super().__init__(id=f"spark-{figure}")
        self._figure = figure
        self._compact_numbers = compact_numbers

    def compose(self) -> ComposeResult:
        yield Static(markup=False)
        # The default summary, the largest value, would show noise; the mean shows the course.
        yield Spark([], summary_function=fmean)

    def show(self, curve: Curve) -> None:
        """Draw a curve, and say its last value."""
        value = curve.last_smooth
        said = "" if value is None else count(value) if self._compact_numbers else f"{value:.3g}"
        label = Content.assemble((f"{word(f'train.{self._figure}')} ", "dim"), (said, "bold"))
        self.query_one(Static).update(label, layout=False)
        self.query_one(Spark).draw(curve)


class SparklineRow(Horizontal):
    """Loss, characters a second, gradient norm."""

    DEFAULT_CSS = """
    SparklineRow { height: 2; }
    """

    def compose(self) -> Iterable[LabelledSparkline]:
        yield LabelledSparkline("loss_now")
        yield LabelledSparkline("speed", compact_numbers=True)
        yield LabelledSparkline("grad")

    def show(self, state: RunState) -> None:
        """Draw the three curves of a run."""
        curves = {"loss_now": state.loss, "speed": state.speed, "grad": state.grad_norm}
        for name, curve in curves.items():
            self.query_one(f"#spark-{name}", LabelledSparkline).show(curve)
