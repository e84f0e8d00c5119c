"""Rows of text in a pane that scrolls."""

from textual.app import App, ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content

from poetry_tui.widgets.rows import Lines


class Pane(App[None]):
    CSS = "VerticalScroll { scrollbar-gutter: stable; }"

    def compose(self) -> ComposeResult:
        with VerticalScroll():
            yield Lines()


async def test_rows_that_are_shown_right_after_others_were_measured_have_their_own_height() -> None:
    app = Pane()
    async with app.run_test(size=(20, 6)) as pilot:
        lines = app.query_one(Lines)
        lines.show(Content("\n".join("月" * 10)))
        # What Textual does for another widget's sake, before this one has asked for it.
        app.query_one(VerticalScroll)._clear_arrangement_cache()
        app.screen._refresh_layout()
        lines.show(Content("\n".join("日" * 5)))
        await pilot.pause()
        assert lines.size.height == 5
        assert app.query_one(VerticalScroll).max_scroll_y == 0
