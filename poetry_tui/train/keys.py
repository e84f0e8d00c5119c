"""The keys of the Train screen. They act wherever the focus is: the screen hands `monitor(…)` to the `RunMonitor` and `control(…)` to
the `RunControls`."""

from textual.binding import BindingType

from poetry_tui.keymap import bind

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
BINDINGS: list[BindingType] = [
    bind("ctrl+r", "start", "train.start", display="^r", priority=True),
    bind("n,ctrl+n", "new", "train.new", display="n"),
    bind("b", "list", "train.list", show=False),
    bind("p", "control('pause')", "train.pause"),
    bind("s", "control('stop')", "train.stop"),
    bind("c", "control('continue')", "train.continue"),
    bind("w", "control('save')", "train.save_now", show=False),
    bind("a", "rate", "train.rate", show=False),
    bind("e", "control('sample')", "train.sample_now", show=False),
    bind("o", "compose_with", "train.compose_with", show=False),
    bind("left", "monitor('select_step(-1)')", "train.earlier", show=False),
    bind("right", "monitor('select_step(1)')", "train.later", show=False),
    bind("shift+left", "monitor('select_step(-10)')", "train.earlier", show=False),
    bind("shift+right", "monitor('select_step(10)')", "train.later", show=False),
    bind("0", "monitor('follow_latest')", "train.now", show=False),
    bind("r", "replay", "train.replay", show=False),
    bind("plus,equals_sign", "monitor('set_speed(2.0)')", "train.faster", display="+", show=False),
    bind("minus", "monitor('set_speed(0.5)')", "train.slower", display="-", show=False),
    bind("t", "monitor('compare')", "train.compare"),
    bind("R", "monitor('report')", "train.report", display="R", show=False),
    bind("l", "monitor('toggle_log')", "train.log"),
    bind("y", "monitor('toggle_resources')", "train.system", show=False),
    bind("z", "monitor('zoom')", "train.zoom"),
    bind("comma", "monitor('pan(-0.5)')", "train.pan_left", display=",", show=False),
    bind("full_stop", "monitor('pan(0.5)')", "train.pan_right", display=".", show=False),
    bind("x", "monitor('next_axis')", "train.axis", show=False),
    bind("g", "monitor('toggle_log_scale')", "train.log_axis", show=False),
    bind("m", "overlay", "train.overlay", show=False),
    bind("escape", "back", "train.back", show=False),
]
