"""The keys of the Compose screen."""

from textual.binding import BindingType

from poetry_tui.keys import bind

BINDINGS: list[BindingType] = [
    bind("enter", "compose", "compose.go", display="⏎"),
    bind("r", "again", "compose.again"),
    bind("f", "favourite", "compose.favourite"),
    bind("y", "copy", "compose.copy"),
    bind("s", "stop", "compose.stop"),
    bind("left", "step(-1)", "compose.step", show=False),
    bind("right", "step(1)", "compose.step", show=False),
    bind("up", "row(-1)", "compose.row", show=False),
    bind("down", "row(1)", "compose.row", show=False),
    bind("left_square_bracket", "turn(-1)", "compose.earlier", display="[", show=False),
    bind("right_square_bracket", "turn(1)", "compose.later", display="]", show=False),
    bind("b", "write_own", "compose.write_own", show=False),
    bind("plus,equals_sign", "temperature(1)", "compose.warmer", display="+", show=False),
    bind("minus", "temperature(-1)", "compose.cooler", display="-", show=False),
    bind("p", "panel", "compose.panel"),
    bind("i", "ink", "compose.ink", show=False),
    bind("escape", "leave", "compose.leave", display="Esc", show=False),
]
