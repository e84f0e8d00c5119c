"""Canaries of the private lists of Textual that the studio reads: screens that are open, keys of a node."""

from textual.app import App
from textual.binding import Binding
from textual.screen import Screen

from poetry_tui.app import PoetryApp
from poetry_tui.preferences.settings import Settings
from poetry_tui.terminal.compat import bindings_of, open_screens
from poetry_tui.widgets.shell.footer import StudioFooter
from tests.poetry_tui.conftest import Until


class Modes(App[None]):
    """Two modes, and a key that does nothing."""

    MODES = {"first": lambda: Screen(id="first"), "second": lambda: Screen(id="second")}
    DEFAULT_MODE = "first"
    BINDINGS = [Binding("z", "nothing", "nothing", id="modes.nothing"), Binding("a,b", "bell", "bell")]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "nothing"


async def test_the_screens_of_every_mode_are_open_once_they_were_shown() -> None:
    app = Modes()
    async with app.run_test():
        assert [screen.id for screen in open_screens(app) if screen.id] == ["first"]
        await app.switch_mode("second")
        await app.push_screen(Screen(id="above"))
        assert [screen.id for screen in open_screens(app) if screen.id] == ["first", "second", "above"]


async def test_the_bindings_of_a_node_are_all_of_its_keys_in_their_order() -> None:
    app = Modes()
    async with app.run_test():
        own = [binding for binding in bindings_of(app) if binding.description in ("nothing", "bell")]
        assert [(binding.key, binding.id) for binding in own] == [("z", "modes.nothing"), ("a", None), ("b", None)]


async def test_a_change_of_the_focus_refreshes_the_bindings_once_more_after_the_next_painting(until: Until) -> None:
    """The canary: a studio screen leaves out what Textual does at once."""
    app = PoetryApp(Settings())
    async with app.run_test() as pilot:
        assert callable(Screen._watch_focused)
        footer = app.screen.query_one(StudioFooter)
        await until(pilot, lambda: any(item.key == "question_mark" for item in footer.items))
        await pilot.press("b")
        # What a field takes as text is no key.
        await until(pilot, lambda: all(item.key != "question_mark" for item in footer.items))
