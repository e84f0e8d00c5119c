"""The keys of the Compose screen."""

from textual.binding import BindingType

from poetry_tui.keys import bind

BINDINGS: list[BindingType] = [
    bind("enter", "compose", "compose.go", display="⏎"),
    bind("r", "again", "compose.again"),
    bind("R", "recompose", "compose.recompose"),
    bind("l", "lock", "compose.lock"),
    bind("L", "lock_line", "compose.lock_line", show=False),
    bind("u", "undo", "compose.undo", show=False),
    bind("U", "redo", "compose.redo", show=False),
    bind("h", "history", "compose.history", show=False),
    bind("f", "favourite", "compose.favourite"),
    bind("y", "copy", "compose.copy", show=False),
    bind("s", "stop", "compose.stop"),
    bind("left", "step(-1)", "compose.step", show=False),
    bind("right", "step(1)", "compose.step", show=False),
    bind("up", "pick(-1)", "compose.pick", show=False),
    bind("down", "pick(1)", "compose.pick", show=False),
    bind("j", "line(1)", "compose.line", show=False),
    bind("k", "line(-1)", "compose.line", show=False),
    bind("left_square_bracket", "turn(-1)", "compose.earlier", display="[", show=False),
    bind("right_square_bracket", "turn(1)", "compose.later", display="]", show=False),
    bind("b", "write_own", "compose.write_own", show=False),
    bind("w", "wishes", "compose.wishes", show=False),
    bind("plus,equals_sign", "temperature(1)", "compose.warmer", display="+", show=False),
    bind("minus", "temperature(-1)", "compose.cooler", display="-", show=False),
    bind("n", "write_poem", "compose.write_poem", show=False),
    bind("d", "rhyme_dictionary", "compose.rhyme_dictionary", show=False),
    bind("t", "tones", "compose.tones"),
    bind("v", "upright", "compose.upright", show=False),
    bind("z", "traditional", "compose.traditional", show=False),
    bind("p", "panel", "compose.panel"),
    bind("g", "layer", "glass.next_layer", show=False),
    bind("comma", "unit(-1)", "glass.unit_before", display=",", show=False),
    bind("full_stop", "unit(1)", "glass.unit_after", display=".", show=False),
    bind("i", "ink", "compose.ink", show=False),
    bind("escape", "leave", "compose.leave", display="Esc", show=False),
]
