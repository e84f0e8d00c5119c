"""The keys of the Train screen."""

from textual.binding import BindingType

from poetry_tui.keymap import bind

# What makes sense only while a run is looked at.
OF_A_RUN = frozenset(
    ["log", "zoom", "moment", "now", "replay", "pan", "axis", "log_scale", "resources", "compare", "report"]
)
FOOTER_FILLERS = (
    "train.save_now",
    "train.sample_now",
    "train.compose_with",
    "train.list",
    "train.beside",
    "train.rate",
    "train.report",
    "train.earlier",
    "train.later",
    "train.replay",
)
BINDINGS: list[BindingType] = [
    bind("ctrl+r", "start", "train.start", display="^r", priority=True),
    bind("n,ctrl+n", "new", "train.new", display="n"),
    bind("b", "list", "train.list", show=False),
    bind("p", "pause", "train.pause"),
    bind("s", "stop", "train.stop"),
    bind("c", "continue", "train.continue"),
    bind("w", "save", "train.save_now", show=False),
    bind("a", "rate", "train.rate", show=False),
    bind("e", "sample", "train.sample_now", show=False),
    bind("o", "compose_with", "train.compose_with", show=False),
    bind("left", "moment(-1)", "train.earlier", show=False),
    bind("right", "moment(1)", "train.later", show=False),
    bind("shift+left", "moment(-10)", "train.earlier", show=False),
    bind("shift+right", "moment(10)", "train.later", show=False),
    bind("0", "now", "train.now", show=False),
    bind("r", "replay", "train.replay", show=False),
    bind("plus,equals_sign", "hasten(2.0)", "train.faster", display="+", show=False),
    bind("minus", "hasten(0.5)", "train.slower", display="-", show=False),
    bind("t", "compare", "train.compare"),
    bind("R", "report", "train.report", display="R", show=False),
    bind("l", "log", "train.log"),
    bind("y", "resources", "train.system", show=False),
    bind("z", "zoom", "train.zoom"),
    bind("comma", "pan(-0.5)", "train.pan_left", display=",", show=False),
    bind("full_stop", "pan(0.5)", "train.pan_right", display=".", show=False),
    bind("x", "axis", "train.axis", show=False),
    bind("g", "log_scale", "train.log_axis", show=False),
    bind("m", "beside", "train.beside", show=False),
    bind("escape", "back", "train.back", show=False),
]
