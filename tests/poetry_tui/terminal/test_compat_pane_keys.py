"""Keys of a pane while the focus is elsewhere. Canary: `Screen._binding_chain` and `DOMNode._bindings` are private to Textual."""

from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from poetry_tui.terminal.compat import BindingChain, with_pane_keys


class Pane(Widget):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("x", "mark", "mark"), Binding("f2", "mark", "mark")]
    n_marks = 0
    is_ready = True

    def action_mark(self) -> None:
        self.n_marks += 1

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self.is_ready


class PaneScreen(Screen[None]):
    def __init__(self) -> None:
        super().__init__()
        self.pane = Pane()

    @property
    def _binding_chain(self) -> BindingChain:
        return with_pane_keys(super()._binding_chain, self, [self.pane])

    def compose(self) -> ComposeResult:
        yield Input()
        yield self.pane


class PaneApp(App[None]):
    def get_default_screen(self) -> Screen[None]:
        return PaneScreen()


async def test_a_key_of_a_pane_works_from_another_widget_unless_that_types_it() -> None:
    app = PaneApp()
    async with app.run_test() as pilot:
        screen = app.screen
        assert isinstance(screen, PaneScreen)
        await pilot.press("x", "f2")
        assert screen.pane.n_marks == 1
        assert screen.query_one(Input).value == "x"
        assert screen.active_bindings["f2"].node is screen.pane
        assert "x" not in screen.active_bindings
        screen.set_focus(None)
        await pilot.press("x")
        assert screen.pane.n_marks == 2


async def test_a_pane_says_which_of_its_keys_do_something() -> None:
    app = PaneApp()
    async with app.run_test() as pilot:
        screen = app.screen
        assert isinstance(screen, PaneScreen)
        screen.pane.is_ready = False
        await pilot.press("f2")
        assert screen.pane.n_marks == 0
        assert "f2" not in screen.active_bindings
