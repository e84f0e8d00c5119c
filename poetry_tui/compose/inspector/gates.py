"""The gates at work: for each layer strips of units, and the equation of the cell. Knows no widget."""

from dataclasses import dataclass

from engine.service.protocol import Inspection
from poetry_tui.compose.inspector.equation import equation_rows, n_equation_rows
from poetry_tui.compose.inspector.rows import Inks, Row, decimals, piece
from poetry_tui.i18n import tr
from poetry_tui.widgets.heat_strip import strip_of

# A strip's name in the reply, and the letter that stands for it.
STRIPS = {
    "lstm": (
        *(("i", "i"), ("f", "f"), ("o", "o")),
        *(("candidate", "C̃"), ("memory", "C"), ("hidden", "H")),
    ),
    "gru": (("r", "r"), ("z", "z"), ("candidate", "H̃"), ("hidden", "H")),
    "rnn": (("hidden", "H"),),
}
_FIGURE_CELLS = 5
# Narrower than this a strip has no room for a word beside its letter.
_ROOMY = 44
_LABEL_CELLS = {False: 2, True: 11}


@dataclass(frozen=True, slots=True)
class Fold:
    """Which layers stand there, whether the equation has its values in rows of their own, and layers a blank between them."""

    layers: tuple[int, ...]
    is_tall: bool
    is_airy: bool = False


def fold(inspection: Inspection, layer: int, width: int, height: int) -> Fold:
    """As much as fits: all layers, else the one looked at; the equation tall where there is room."""
    everything, alone = tuple(range(len(inspection.layers))), (layer,)
    choices = [Fold(everything, True, True), Fold(everything, True), Fold(everything, False), Fold(alone, True)]
    return next((choice for choice in choices if n_rows(inspection, choice, width) <= height), Fold(alone, False))


def n_rows(inspection: Inspection, choice: Fold, width: int) -> int:
    """The height of all that a fold shows: a title and strips a layer, and one equation."""
    n_blank = len(choice.layers) - 1 if choice.is_airy else 0
    a_layer = 1 + len(STRIPS.get(inspection.cell, ()))
    return n_blank + len(choice.layers) * a_layer + n_equation_rows(inspection.cell, width, choice.is_tall)


def gate_rows(inspection: Inspection, choice: Fold, layer: int, unit: int | None, width: int, inks: Inks) -> list[Row]:
    """The layers of a fold from the highest down, the equation in the one looked at."""
    rows: list[Row] = []
    for number in reversed(choice.layers):
        if rows and choice.is_airy:
            rows.append(Row())
        rows.append(_title(inspection, number, unit, number == layer, width, inks))
        if number == layer:
            rows += equation_rows(inspection.cell, inspection.layers[number], unit, width, choice.is_tall, inks)
        rows += [
            _strip(inspection, number, name, letter, unit, width, inks)
            for name, letter in STRIPS.get(inspection.cell, ())
        ]
    return rows


def _title(inspection: Inspection, number: int, unit: int | None, is_it: bool, width: int, inks: Inks) -> Row:
    name = tr("inspector.layer", number=number + 1, n=len(inspection.layers), cell=inspection.cell.upper())
    what = tr("inspector.means") if unit is None else tr("inspector.unit", number=inspection.units[unit])
    text = f"{name} · {what}" if is_it else name
    return Row([piece(text, inks.strong if is_it else inks.faint, width)], layer=number)


def _strip(
    inspection: Inspection, number: int, name: str, letter: str, unit: int | None, width: int, inks: Inks
) -> Row:
    layer = inspection.layers[number]
    values = layer.values(name)
    is_roomy = width >= _ROOMY
    label = piece(f"{letter} {tr(f'inspector.{name}')}" if is_roomy else letter, inks.faint, _LABEL_CELLS[is_roomy])
    palette = inks.palettes.gate if name in layer.gates else inks.palettes.signed
    n_cells = max(min(width - _LABEL_CELLS[is_roomy] - _FIGURE_CELLS, len(values)), 1)
    figure = piece(decimals(layer.means[name] if unit is None else values[unit]).rjust(_FIGURE_CELLS), inks.plain)
    strip = strip_of(values, n_cells, palette, inks.plain, unit)
    return Row([label, *strip, figure], layer=number, strip=(_LABEL_CELLS[is_roomy], n_cells))
