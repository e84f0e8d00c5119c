"""The exported picture of a screen: Han characters keep their two cells."""

from textual.app import App, ComposeResult
from textual.widgets import Static

from poetry_tui.picture import with_true_widths


class Page(App[None]):
    def compose(self) -> ComposeResult:
        yield Static("床前明月光 and ascii & <b>", markup=False)


def widths(svg: str, text: str) -> float:
    """The `textLength` of the run that holds a text."""
    before = svg[: svg.index(text)]
    return float(before[before.rindex('textLength="') :].split('"')[1])


async def test_han_characters_are_twice_as_wide_as_latin_ones_and_the_text_is_untouched() -> None:
    app = Page()
    async with app.run_test(size=(40, 5)):
        squeezed = app.export_screenshot()
    svg = with_true_widths(squeezed)
    run = svg[svg.index("床前明月光") :].split("<")[0]
    plain = len(run.replace("&#160;", " ").replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">"))
    cell = widths(squeezed, "床前明月光") / plain
    assert round(widths(svg, "床前明月光") / cell) == plain + len("床前明月光")
    assert svg.count("<text") == squeezed.count("<text")


def test_a_picture_without_han_stays_as_it_is() -> None:
    svg = '<svg><text class="a" x="0" textLength="61" clip-path="b">hello</text></svg>'
    assert with_true_widths(svg) == svg
