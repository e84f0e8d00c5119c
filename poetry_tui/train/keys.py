"""The order of the Train screen's keys in footer, help and palette. The bindings stand in the widgets that act on them."""

from textual.binding import Binding, BindingType

# Of a pane that scrolls up and down: the arrows sideways are the monitor's.
VERTICAL_SCROLLING: list[BindingType] = [
    Binding("up", "scroll_up", show=False),
    Binding("down", "scroll_down", show=False),
    Binding("home", "scroll_home", show=False),
    Binding("end", "scroll_end", show=False),
    Binding("pageup", "page_up", show=False),
    Binding("pagedown", "page_down", show=False),
]

FOOTER_FILLERS = (
    "train.save_now",
    "train.sample_now",
    "train.compose_with",
    "train.list",
    "train.overlay",
    "train.rate",
    "train.report",
    "train.earlier",
    "train.later",
    "train.replay",
)
KEY_ORDER = (
    "train.start",
    "train.new",
    "train.list",
    "train.pause",
    "train.stop",
    "train.continue",
    "train.save_now",
    "train.rate",
    "train.sample_now",
    "train.compose_with",
    "train.earlier",
    "train.later",
    "train.now",
    "train.replay",
    "train.faster",
    "train.slower",
    "train.compare",
    "train.report",
    "train.log",
    "train.system",
    "train.zoom",
    "train.pan_left",
    "train.pan_right",
    "train.axis",
    "train.log_axis",
    "train.overlay",
    "train.rename",
    "train.back",
)
