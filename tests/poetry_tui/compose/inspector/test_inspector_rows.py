"""The parts of the inspector, without a screen."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style

from engine.composing.replies import Alternative, Inspection
from poetry_tui.compose.inspector.character_rows import Alternatives, alternative_rows, character_rows
from poetry_tui.compose.inspector.equation import EQUATIONS, GATE_EQUATIONS, equation_rows, n_equation_rows
from poetry_tui.compose.inspector.gate_rows import STRIPS, GateLayout, choose_layout, gate_rows, n_rows
from poetry_tui.compose.inspector.rows import cells, decimals, percent
from poetry_tui.widgets.heat_strip import Palette, palettes_of, spread, strip_of
from tests.poetry_tui.compose.inspector.inspector_samples import (
    CHARACTERS,
    COLOURS,
    a_token,
    an_inspection,
    inspected,
    styles,
    text_of,
)

CELLS = ("lstm", "gru", "rnn")
WIDTHS = (22, 26, 36, 58)
PALETTES = palettes_of(COLOURS, has_colour=True)


def background(style: Style | None) -> str:
    assert style is not None
    assert style.bgcolor is not None
    return style.bgcolor.name


def test_a_reply_of_the_service_becomes_an_inspection() -> None:
    found = msgspec.convert(inspected("gru", forbidden="声"), Inspection)
    assert found.alternatives[1] == Alternative("声", 0.15, 0.0)
    assert found.alternatives[1].is_forbidden
    assert set(found.layers[1].gates) == {"r", "z"}
    assert found.layers[0].values("hidden") == found.layers[0].states["hidden"]


@pytest.mark.parametrize("missing", ["alternatives", "layers", "allowed_probability"])
def test_a_reply_without_something_is_no_inspection(missing: str) -> None:
    reply = inspected()
    del reply[missing]
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(reply, Inspection)


# Strips


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=100), st.integers(1, 60), st.integers(0, 99))
def test_a_strip_fills_its_width_whatever_the_values(values: list[float], width: int, marked: int) -> None:
    for has_colour in (True, False):
        palettes = palettes_of(COLOURS, has_colour)
        for palette in (palettes.gate, palettes.signed):
            segments = strip_of(values, width, palette, Style.null(), marked % len(values))
            assert cells(segments) == width


@given(st.integers(1, 200), st.integers(1, 80))
def test_the_units_on_show_are_spread_from_the_first_to_the_last(n_values: int, width: int) -> None:
    positions = spread(n_values, width)
    assert positions == sorted(set(positions))
    assert len(positions) == min(n_values, width)
    assert positions[0] == 0
    assert positions[-1] == n_values - 1 or width == 1


def test_a_closed_gate_has_the_colour_of_the_paper_and_an_open_one_is_the_brightest() -> None:
    closed, half, open_ = strip_of([0.0, 0.5, 1.0], 3, PALETTES.gate, Style.null())[:3]
    assert background(closed.style) == "#15171a"
    assert PALETTES.gate.colour_of(1.0).brightness > PALETTES.gate.colour_of(0.5).brightness > 0.1
    assert background(half.style) not in (background(closed.style), background(open_.style))


def test_values_of_either_sign_differ_in_colour_and_none_is_no_colour() -> None:
    assert PALETTES.signed.colour_of(-1.0).hex.lower() == COLOURS["secondary"]
    assert PALETTES.signed.colour_of(0.0).hex.lower() == COLOURS["background"]
    assert PALETTES.signed.colour_of(1.0).hex.lower() == COLOURS["accent"]
    assert PALETTES.signed.colour_of(9.0) == PALETTES.signed.colour_of(1.0)


def test_no_number_is_drawn_as_the_lowest() -> None:
    assert Palette(0.0, 1.0, ()).share_of(float("nan")) == 0.0


def test_without_colour_values_are_told_by_height() -> None:
    plain = palettes_of(COLOURS, has_colour=False)
    assert "".join(segment.text for segment in strip_of([0, 0.5, 1], 3, plain.gate, Style.null())) == "▁▅█"
    assert "".join(segment.text for segment in strip_of([-1, 0, 1], 3, plain.signed, Style.null())) == "▁▅█"


# Numbers


@given(st.floats(-999, 999))
def test_a_number_takes_at_most_four_cells_where_states_live(value: float) -> None:
    assert len(decimals(value)) <= 4
    assert float(decimals(value).replace("−", "-")) == pytest.approx(value, abs=0.5 if abs(value) >= 10 else 0.051)


@pytest.mark.parametrize(
    ("share", "said"), [(0.31, "31.0%"), (0.0, " 0.0%"), (0.0001, "<0.1%"), (1.0, " 100%"), (0.999, "99.9%")]
)
def test_a_share_takes_five_cells(share: float, said: str) -> None:
    assert percent(share) == said


# The equation


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("is_tall", [True, False])
@pytest.mark.parametrize("has_gates", [True, False])
def test_an_equation_is_as_high_as_was_said_and_no_wider_than_there_is_room(
    cell: str, width: int, is_tall: bool, has_gates: bool
) -> None:
    layer = an_inspection(cell).layers[0]
    rows = equation_rows(cell, layer, None, width, is_tall, styles(), has_gates=has_gates)
    assert len(rows) == n_equation_rows(cell, width, is_tall, has_gates=has_gates)
    assert all(len(text_of(row).replace("\u0303", "").rstrip()) <= width for row in rows)


@pytest.mark.parametrize("cell", CELLS)
def test_every_letter_of_an_equation_stands_for_a_value_that_the_engine_tells(cell: str) -> None:
    layer = an_inspection(cell).layers[0]
    for equation in (*EQUATIONS[cell], *GATE_EQUATIONS.get(cell, ())):
        for term in equation:
            assert not term.value or term.value == "1−z" or layer.values(term.value)


def test_the_means_stand_under_the_letters() -> None:
    layer = an_inspection("lstm").layers[0]
    letters, figures = equation_rows("lstm", layer, None, 58, True, styles())[:2]
    assert text_of(letters).split() == ["C", "=", "f", "⊙", "C₋₁", "+", "i", "⊙", "C̃"]
    names = ("memory", "f", "memory_before", "i", "candidate")
    assert text_of(figures).split() == [decimals(layer.means[name]) for name in names]


def test_how_the_gates_come_about_stands_below_with_their_values() -> None:
    layer = an_inspection("lstm").layers[0]
    letters, figures = equation_rows("lstm", layer, None, 58, True, styles(), has_gates=True)[4:6]
    assert text_of(letters).split() == ["i", "f", "o", "=", "σ(xW", "+", "H₋₁", "W)"]
    assert text_of(figures).split() == [decimals(layer.means[name]) for name in ("i", "f", "o", "hidden_before")]


def test_the_values_of_one_unit_can_stand_there_instead_and_then_the_equation_holds() -> None:
    layer = an_inspection("lstm").layers[0]
    figures = equation_rows("lstm", layer, 5, 58, True, styles())[1]
    memory, f, before, i, candidate = (float(text.replace("−", "-")) for text in text_of(figures).split())
    assert memory == pytest.approx(f * before + i * candidate, abs=0.06)


def test_what_is_left_of_the_update_gate_is_told_too() -> None:
    figures = equation_rows("gru", an_inspection("gru").layers[0], 2, 58, True, styles())[1]
    z, left = text_of(figures).split()[1], text_of(figures).split()[3]
    assert float(z) + float(left) == pytest.approx(1, abs=0.011)


def test_a_narrow_equation_breaks_before_a_plus() -> None:
    rows = equation_rows("lstm", an_inspection().layers[0], None, 22, True, styles())
    assert text_of(rows[2]).split() == ["+", "i", "⊙", "C̃"]


# The gates


@pytest.mark.parametrize("cell", CELLS)
def test_every_strip_of_a_cell_has_a_row(cell: str) -> None:
    rows = gate_rows(an_inspection(cell), GateLayout((0, 1), True), 1, None, 58, styles())
    labels = [text_of(row).split()[0] for row in rows if row.strip]
    assert labels == [letter for _, letter in STRIPS[cell]] * 2


@pytest.mark.parametrize("height", range(0, 40, 3))
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("cell", CELLS)
def test_the_gates_are_folded_until_they_fit_and_always_show_the_layer_looked_at(
    cell: str, width: int, height: int
) -> None:
    found = an_inspection(cell)
    choice = choose_layout(found, 0, width, height)
    rows = gate_rows(found, choice, 0, None, width, styles())
    assert 0 in choice.layers
    assert len(rows) == n_rows(found, choice, width)
    assert len(rows) <= height or choice == GateLayout((0,), False)
    assert all(cell_len(text_of(row).rstrip()) <= width for row in rows)


def test_one_layer_of_an_lstm_fits_beside_a_few_alternatives_on_the_smallest_screen() -> None:
    found = an_inspection("lstm")
    assert n_rows(found, choose_layout(found, 1, 22, 0), 22) <= 18 - 3 - 4


def test_the_figure_of_a_strip_is_the_mean_or_the_value_of_the_unit_looked_at() -> None:
    found = an_inspection("gru")
    of_all = gate_rows(found, GateLayout((0,), False), 0, None, 30, styles())
    of_one = gate_rows(found, GateLayout((0,), False), 0, 7, 30, styles())
    assert [text_of(row).split()[-1] for row in of_all if row.strip][:2] == [".50", ".50"]
    assert [text_of(row).split()[-1] for row in of_one if row.strip][:2] == [".88", ".88"]
    assert "unit 511" in text_of(of_one[0])


# The alternatives


def alternatives(forbidden: str = "", picked: int | None = None) -> Alternatives:
    return Alternatives(an_inspection(forbidden=forbidden).alternatives, "风", picked)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("forbidden", ["", "声花"])
def test_every_alternative_fills_a_row(width: int, forbidden: str) -> None:
    rows = alternative_rows(alternatives(forbidden, picked=1), width, 10, styles())
    assert [row.alternative for row in rows] == list(range(10))
    assert [cells(row.segments) for row in rows] == [width] * 10
    assert [text_of(row).replace("›", "").strip()[0] for row in rows] == list(CHARACTERS)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=10), st.integers(12, 70))
def test_bars_never_overflow(shares: list[tuple[float, float]], width: int) -> None:
    alternatives = tuple(Alternative(CHARACTERS[n], *both) for n, both in enumerate(shares))
    for row in alternative_rows(Alternatives(alternatives, "风"), width, 10, styles()):
        assert cells(row.segments) == width


def test_without_colour_bars_are_blocks_too() -> None:
    likeliest, forbidden = alternative_rows(alternatives("声"), 36, 2, styles(has_colour=False))
    assert "█" * 13 + "▒" * 4 in text_of(likeliest)
    assert "░" in text_of(forbidden)
    assert cells(likeliest.segments) == cells(forbidden.segments) == 36


def test_a_forbidden_character_is_marked_and_an_allowed_one_shows_both_probabilities() -> None:
    rows = alternative_rows(alternatives("声"), 36, 10, styles())
    assert "✗" in text_of(rows[1])
    assert "30.0% → 40.0%" in text_of(rows[0])
    assert "✗" in text_of(alternative_rows(alternatives("声"), 22, 10, styles())[1])


def test_without_a_constraint_one_probability_is_enough() -> None:
    assert "→" not in "".join(map(text_of, alternative_rows(alternatives(), 58, 10, styles())))


def test_where_there_are_few_rows_the_picked_alternative_is_among_them() -> None:
    for picked in range(10):
        shown = [row.alternative for row in alternative_rows(alternatives(picked=picked), 22, 4, styles())]
        assert picked in shown
        assert len(shown) == 4


# The head


@pytest.mark.parametrize("width", WIDTHS)
def test_the_head_tells_probability_surprisal_tone_and_rhyme(width: int) -> None:
    rows = character_rows(a_token(), an_inspection(forbidden="声"), True, width, styles())
    text = "\n".join(map(text_of, rows))
    assert "风" in text
    assert "30.0% → 40.0%" in text or width < 24
    assert "1.2 nats" in text
    assert "平 · 一东" in text
    assert all(cells(row.segments) == width for row in rows)


def test_before_the_engine_has_answered_the_head_says_who_put_the_character_there() -> None:
    assert "forced" in text_of(character_rows(a_token(is_forced=True), None, False, 40, styles())[2])
    assert "sampled" in text_of(character_rows(a_token(), None, False, 40, styles())[2])
