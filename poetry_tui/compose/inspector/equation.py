"""The equations of a cell, each letter above its current value or tinted by it. No widget import."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style

from engine.composing.replies import Layer
from poetry_tui.compose.inspector.rows import InspectorStyles, Row, decimals, piece
from poetry_tui.widgets.heat_strip import readable_on


class Term(NamedTuple):
    """A letter of an equation with the name of its value, or an operator without one."""

    symbol: str
    value: str = ""


_OPEN_UPDATE = "1−z"

# The letters (`engine.model.reference_cells` computes the values): C is the memory,
# H the hidden state, ˜ marks a candidate, ₋₁ the character before.
EQUATIONS: Mapping[str, tuple[tuple[Term, ...], ...]] = {
    "lstm": (
        (
            *(Term("C", "memory"), Term("="), Term("f", "f"), Term("⊙"), Term("C₋₁", "memory_before")),
            *(Term("+"), Term("i", "i"), Term("⊙"), Term("C̃", "candidate")),
        ),
        (Term("H", "hidden"), Term("="), Term("o", "o"), Term("⊙"), Term("tanh"), Term("C", "memory")),
    ),
    "gru": (
        (
            *(Term("H", "hidden"), Term("="), Term("z", "z"), Term("⊙"), Term("H₋₁", "hidden_before")),
            *(Term("+"), Term("1−z", _OPEN_UPDATE), Term("⊙"), Term("H̃", "candidate")),
        ),
        (
            *(Term("H̃", "candidate"), Term("="), Term("tanh("), Term("xW"), Term("+")),
            *(Term("r", "r"), Term("⊙"), Term("("), Term("H₋₁", "hidden_before"), Term("W"), Term("))")),
        ),
    ),
    "rnn": (
        (
            *(Term("H", "hidden"), Term("="), Term("tanh("), Term("xW"), Term("+")),
            *(Term("H₋₁", "hidden_before"), Term("W"), Term(")")),
        ),
    ),
}
_FROM_INPUT_AND_STATE = (*(Term("xW"), Term("+")), *(Term("H₋₁", "hidden_before"), Term("W"), Term(")")))
# The equations of the gates, and of an LSTM's candidate, shown if they fit; each has its own weights.
GATE_EQUATIONS: Mapping[str, tuple[tuple[Term, ...], ...]] = {
    "lstm": (
        (*(Term("i", "i"), Term("f", "f"), Term("o", "o")), Term("="), Term("σ("), *_FROM_INPUT_AND_STATE),
        (Term("C̃", "candidate"), Term("="), Term("tanh("), *_FROM_INPUT_AND_STATE),
    ),
    "gru": ((Term("r", "r"), Term("z", "z"), Term("="), Term("σ("), *_FROM_INPUT_AND_STATE),),
}
_VALUE_CELLS = 4
# Values in [0, 1]: the gates, and 1 − z. All others are signed.
_GATES = ("i", "f", "o", "r", "z", _OPEN_UPDATE)


def equation_rows(
    cell: str,
    layer: Layer,
    unit: int | None,
    width: int,
    is_tall: bool,
    styles: InspectorStyles,
    *,
    has_gates: bool = False,
) -> list[Row]:
    """The equations of a cell with the values of one unit (its index among the reported ones), or the means of all units.

    `is_tall`: a row of letters above a row of values; otherwise only letters, tinted by their values. Without colour the strips
    still show these values. `has_gates`: include the equations of the gates.
    """
    value_of = _looker(layer, unit)
    rows = []
    for equation in _equations(cell, has_gates):
        for terms in _wrapped(equation, width, is_tall):
            rows.append(Row([part for term in terms for part in _letter(term, value_of, is_tall, styles)]))
            if is_tall:
                rows.append(Row([part for term in terms for part in _figure(term, value_of, styles)]))
    return rows


def _equations(cell: str, has_gates: bool) -> Sequence[Sequence[Term]]:
    return [*EQUATIONS.get(cell, ()), *(GATE_EQUATIONS.get(cell, ()) if has_gates else ())]


def n_equation_rows(cell: str, width: int, is_tall: bool, *, has_gates: bool = False) -> int:
    wrapped = sum(len(_wrapped(equation, width, is_tall)) for equation in _equations(cell, has_gates))
    return wrapped * (2 if is_tall else 1)


def _looker(layer: Layer, unit: int | None) -> Callable[[str], float]:
    def value_of(name: str) -> float:
        if name == _OPEN_UPDATE:
            return 1 - value_of("z")
        return layer.means[name] if unit is None else layer.values(name)[unit]

    return value_of


def _cells_of(term: Term, is_tall: bool) -> int:
    # The combining tilde takes no cell, but `len` counts it.
    n = len(term.symbol.replace("\u0303", ""))
    if not term.value:
        return n if term.symbol == "W" or term.symbol.endswith(("(", ")")) else n + 1
    return max(n + 1, _VALUE_CELLS + 1) if is_tall else n + 1


def _wrapped(equation: Sequence[Term], width: int, is_tall: bool) -> list[list[Term]]:
    """The terms on one line if they fit, else on two, broken before the first plus, or without one before the first product."""
    # The blank after a letter is dropped at the end of a line.
    n_blank = 1 if equation[-1].value else 0
    if sum(_cells_of(term, is_tall) for term in equation) - n_blank <= width:
        return [list(equation)]
    symbols = [term.symbol for term in equation]
    at = symbols.index("+") if "+" in symbols else symbols.index("⊙")
    return [list(equation[:at]), [Term(" "), *equation[at:]]]


def _letter(term: Term, value_of: Callable[[str], float], is_tall: bool, styles: InspectorStyles) -> list[Segment]:
    width = _cells_of(term, is_tall)
    if not term.value:
        return [piece(term.symbol, styles.faint, width)]
    if is_tall or not styles.palettes.has_colour:
        return [piece(term.symbol, styles.strong, width)]
    return _tinted(term, term.symbol, value_of(term.value), width, styles)


def _figure(term: Term, value_of: Callable[[str], float], styles: InspectorStyles) -> list[Segment]:
    width = _cells_of(term, True)
    if not term.value:
        return [piece("", styles.plain, width)]
    value = value_of(term.value)
    return _tinted(term, decimals(value), value, width, styles)


def _tinted(term: Term, text: str, value: float, width: int, styles: InspectorStyles) -> list[Segment]:
    """A text on the colour of its value, with a blank after it."""
    if not styles.palettes.has_colour:
        return [piece(text, styles.plain, width)]
    palette = styles.palettes.gate if term.value in _GATES else styles.palettes.signed
    behind = palette.colour_of(value)
    return [
        piece(text, Style(color=readable_on(behind), bgcolor=behind.rich_color), width - 1),
        piece(" ", styles.plain),
    ]
