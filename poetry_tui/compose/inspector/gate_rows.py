"""Gates and states: strips of units for each layer, and the equation of the cell. No widget import."""

from dataclasses import dataclass

from engine.composing.replies import Inspection
from poetry_tui.compose.inspector.equation import equation_rows, n_equation_rows
from poetry_tui.compose.inspector.rows import InspectorStyles, Row, decimals, piece
from poetry_tui.preferences.i18n import tr
from poetry_tui.widgets.heat_strip import strip_of

# The strips of each cell: name in the reply, and letter.
STRIPS = {
    "lstm": (
        *(("i", "i"), ("f", "f"), ("o", "o")),
        *(("candidate", "C̃"), ("memory", "C"), ("hidden", "H")),
    ),
    "gru": (("r", "r"), ("z", "z"), ("candidate", "H̃"), ("hidden", "H")),
    "rnn": (("hidden", "H"),),
}
_FIGURE_CELLS = 5
# Minimum width in cells for a name beside a strip's letter.
_ROOMY = 44
_LABEL_CELLS = {False: 2, True: 11}


@dataclass(frozen=True, slots=True)
class GateLayout:
    """The layout of the gates: `layers` displayed; `is_tall`, the values of the equation in rows of their own; `is_airy`, blank rows
    between layers; `has_gates`, equations of the gates too."""

    layers: tuple[int, ...]
    is_tall: bool
    is_airy: bool = False
    has_gates: bool = False


def choose_layout(inspection: Inspection, layer: int, width: int, height: int) -> GateLayout:
    """The most detailed layout that fits: all layers or the selected one only, with a tall equation where possible."""
    everything, alone = tuple(range(len(inspection.layers))), (layer,)
    choices = [
        GateLayout(everything, True, True, has_gates=True),
        GateLayout(everything, True, has_gates=True),
        GateLayout(everything, True, True),
        GateLayout(everything, True),
        GateLayout(everything, False),
        GateLayout(alone, True),
    ]
    return next((choice for choice in choices if n_rows(inspection, choice, width) <= height), GateLayout(alone, False))


def n_rows(inspection: Inspection, choice: GateLayout, width: int) -> int:
    """Height of a layout in rows: title and strips for each layer, and the equations once."""
    n_blank = len(choice.layers) - 1 if choice.is_airy else 0
    a_layer = 1 + len(STRIPS.get(inspection.cell, ()))
    return (
        n_blank
        + len(choice.layers) * a_layer
        + n_equation_rows(inspection.cell, width, choice.is_tall, has_gates=choice.has_gates)
    )


def gate_rows(
    inspection: Inspection, choice: GateLayout, layer: int, unit: int | None, width: int, styles: InspectorStyles
) -> list[Row]:
    """The rows of a layout: its layers from the highest down, the equations in the selected one."""
    rows: list[Row] = []
    for number in reversed(choice.layers):
        if rows and choice.is_airy:
            rows.append(Row())
        rows.append(_title(inspection, number, unit, number == layer, width, styles))
        if number == layer:
            rows += equation_rows(
                inspection.cell,
                inspection.layers[number],
                unit,
                width,
                choice.is_tall,
                styles,
                has_gates=choice.has_gates,
            )
        rows += [
            _strip(inspection, number, name, letter, unit, width, styles)
            for name, letter in STRIPS.get(inspection.cell, ())
        ]
    return rows


def _title(
    inspection: Inspection, number: int, unit: int | None, is_it: bool, width: int, styles: InspectorStyles
) -> Row:
    name = tr("inspector.layer", number=number + 1, n=len(inspection.layers), cell=inspection.cell.upper())
    what = tr("inspector.means") if unit is None else tr("inspector.unit", number=inspection.units[unit])
    text = f"{name} · {what}" if is_it else name
    return Row([piece(text, styles.strong if is_it else styles.faint, width)], layer=number)


def _strip(
    inspection: Inspection, number: int, name: str, letter: str, unit: int | None, width: int, styles: InspectorStyles
) -> Row:
    layer = inspection.layers[number]
    values = layer.values(name)
    is_roomy = width >= _ROOMY
    label = piece(f"{letter} {tr(f'inspector.{name}')}" if is_roomy else letter, styles.faint, _LABEL_CELLS[is_roomy])
    palette = styles.palettes.gate if name in layer.gates else styles.palettes.signed
    n_cells = max(min(width - _LABEL_CELLS[is_roomy] - _FIGURE_CELLS, len(values)), 1)
    figure = piece(decimals(layer.means[name] if unit is None else values[unit]).rjust(_FIGURE_CELLS), styles.plain)
    strip = strip_of(values, n_cells, palette, styles.plain, unit)
    return Row([label, *strip, figure], layer=number, strip=(_LABEL_CELLS[is_roomy], n_cells))
