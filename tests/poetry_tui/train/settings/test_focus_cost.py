"""What a Tab costs, in things done rather than in milliseconds; and the footer, whose making was half of it."""

import itertools
from typing import Any

import pytest
from textual.css.stylesheet import Stylesheet
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from poetry_tui.app import PoetryApp
from poetry_tui.preferences.settings import Settings
from poetry_tui.train.run_list import RunList
from poetry_tui.train.settings.form import RunSettings
from poetry_tui.widgets.fields import FocusHelp
from poetry_tui.widgets.shell.footer import StudioFooter
from tests.poetry_tui.conftest import Until
from tests.poetry_tui.train.train_desk import studio

SIZE = (120, 40)


@pytest.mark.usefixtures("train_first")
async def test_a_tab_from_field_to_field_styles_and_draws_two_rows_and_lays_nothing_out(
    until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    styled: list[object] = []
    laid_out: list[object] = []
    drawn: list[Widget] = []
    apply, lay_out, draw = Stylesheet.apply, Screen._refresh_layout, Widget.render_lines

    def noted_apply(self: Stylesheet, node: Any, **options: Any) -> None:
        styled.append(node)
        apply(self, node, **options)

    def noted_layout(self: Screen[Any], *arguments: Any, **options: Any) -> None:
        laid_out.append(self)
        lay_out(self, *arguments, **options)

    def noted_draw(self: Widget, crop: Region) -> list[Strip]:
        drawn.append(self)
        return draw(self, crop)

    monkeypatch.setattr(Widget, "render_lines", noted_draw)
    monkeypatch.setattr(Stylesheet, "apply", noted_apply)
    monkeypatch.setattr(Screen, "_refresh_layout", noted_layout)
    app = studio()
    async with app.run_test(size=SIZE) as pilot:
        form = app.screen.query_one(RunSettings)
        await until(pilot, lambda: form.row("preset").control.has_focus)
        await pilot.pause(0.1)
        laid_out.clear()
        for before, after in itertools.pairwise(form.rows()):
            styled.clear()
            drawn.clear()
            await pilot.press("tab")
            await until(pilot, lambda: app.services.input_gate.is_settled)
            await pilot.pause(0.05)
            assert after.control.has_focus
            # Two labels, two controls, and each control's parts that have styles of their own; the form has a hundred widgets.
            assert len(styled) <= 20, (before, after, len(styled))
            rows = {widget for row in (before, after) for widget in row.walk_children(Widget)}
            assert set(drawn) & rows
            assert set(drawn) - rows <= {app.screen.query_one(kind) for kind in (StudioFooter, FocusHelp, RunList)}
        # Every other second the list of runs may want a place of another size.
        assert len(laid_out) <= 3


@pytest.mark.usefixtures("train_first")
async def test_the_panel_and_the_row_that_have_the_focus_show_it(until: Until) -> None:
    app = studio()
    async with app.run_test(size=SIZE) as pilot:
        form = app.screen.query_one(RunSettings)
        await until(pilot, lambda: form.row("preset").control.has_focus)
        await pilot.pause()
        label, border = form.row("preset").query_one("Label"), form.styles.border_top
        with_focus = label.styles.color
        await pilot.press("tab")
        assert form.row("corpus").query_one("Label").styles.color == with_focus
        assert label.styles.color != with_focus
        assert form.styles.border_top == border
        app.screen.query_one("RunList").focus()
        await pilot.pause()
        assert form.row("corpus").query_one("Label").styles.color != with_focus
        assert form.styles.border_top != border


async def test_a_click_on_a_key_in_the_footer_presses_it(until: Until) -> None:
    app = PoetryApp(Settings())
    async with app.run_test(size=SIZE) as pilot:
        footer = app.screen.query_one(StudioFooter)
        await until(pilot, lambda: any(item.key == "question_mark" for item in footer.items))
        await pilot.pause()
        at = next(columns.start for columns, item in footer._columns.items() if item.key == "question_mark")
        await pilot.hover(StudioFooter, offset=(at, 0))
        assert "key of this screen" in str(footer.tooltip)
        await pilot.click(StudioFooter, offset=(at, 0))
        await until(pilot, lambda: len(app.screen_stack) == 2)
        await pilot.press("escape")
        await pilot.click(StudioFooter, offset=(SIZE[0] - 4, 0))
        await until(pilot, lambda: type(app.screen).__name__ == "CommandPalette")


@pytest.mark.parametrize("width", [60, 80, 200])
async def test_the_footer_shows_whole_keys_and_the_palette_at_any_width(width: int, until: Until) -> None:
    app = PoetryApp(Settings())
    async with app.run_test(size=(width, 24)) as pilot:
        footer = app.screen.query_one(StudioFooter)
        await until(pilot, lambda: footer.items)
        await pilot.pause()
        shown = app.screen._compositor.render_strips()[-1]
        assert shown.cell_length == width
        assert shown.text.rstrip().endswith("palette")
        for columns, item in footer._columns.items():
            assert shown.crop(columns.start, columns.stop).text.strip(" ▏") == f"{item.display} {item.description}"
