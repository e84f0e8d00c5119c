"""The report as a page: what it says of colours, widths and characters that mean something in HTML."""

from poetry_tui.tracking.report.blocks import Figure, Prediction
from poetry_tui.tracking.report.render import to_html
from poetry_tui.tracking.report.svg import COLOURS, Series, chart


def test_every_curve_has_a_colour_for_the_dark() -> None:
    svg = chart([Series(f"run {n}", [(0, n), (1, n + 1)], is_dotted=True) for n in range(len(COLOURS))], "x", "y")
    page = to_html([Figure("loss.svg", svg, "loss")], "a run", "en")
    for number, colour in enumerate(COLOURS):
        assert f'class="line-{number}" fill="none" stroke="{colour}"' in svg
        assert f'class="fill-{number}" fill="{colour}"' in svg
        assert f".line-{number} {{" in page
        assert f".fill-{number} {{" in page


def test_a_prediction_has_a_cell_a_character_which_no_page_is_too_narrow_for() -> None:
    page = to_html([Prediction("at step 5", "<日", "月>E", (0.5, 1.0, 0.0))], "a run", "en")
    assert page.count('class="pair"') == 3
    assert "<span>&lt;</span>" in page
    assert ">&gt;</span>" in page
    assert "rgba(var(--sure), 0.75)" in page


def test_a_drawing_that_is_wider_than_the_page_scrolls_in_it() -> None:
    page = to_html([Figure("loss.svg", chart([Series("r", [(0, 1), (1, 2)])], "x", "y"), "loss")], "a run", "en")
    assert '<div class="wide"><svg' in page
