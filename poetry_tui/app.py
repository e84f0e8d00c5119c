"""The app: modes, themes, palette, settings. It builds little before the first paint.

The file is long because Textual looks up the actions, messages and hooks of the whole studio on the app itself.
"""

import functools
import gc
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

# Set before the first textual import: with the kitty protocol, longer input-method commits arrive garbled.
os.environ.setdefault("TEXTUAL_DISABLE_KITTY_KEY", "1")

from rich.console import RenderableType
from textual import events, on, work
from textual.app import App, SystemCommand
from textual.binding import Binding
from textual.command import CommandPalette
from textual.driver import Driver
from textual.screen import Screen
from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.theme import ThemeProvider

from engine.system.errors import INTERRUPTED
from engine.system.paths import state_file
from poetry_tui.engine_client.client import EngineClient, EngineState
from poetry_tui.preferences.chart_glyphs import Charts, is_ascii, use_charts
from poetry_tui.preferences.i18n import Language, name_keys, set_language, tr, tr_os_error
from poetry_tui.preferences.keymap import KEY_GROUPS, bind, configured_keys
from poetry_tui.preferences.settings import (
    Settings,
    SettingsStore,
    configured_settings,
    language_of,
    open_settings,
    settings_file,
)
from poetry_tui.preferences.themes import AUTO, INK, PAPER, THEMES
from poetry_tui.terminal.compat import open_screens, replace_private_parts, survive_errors
from poetry_tui.terminal.hang_up import is_leaving
from poetry_tui.terminal.input_gate import InputGate
from poetry_tui.widgets.shell.header import TABS, StudioHeader
from poetry_tui.widgets.shell.studio_screen import (
    CopyWanted,
    EngineChanged,
    ModelWanted,
    Services,
    StudioScreen,
    notify_error,
    notify_problem,
)

# For a notice that is shown once and names a file.
LONG_NOTICE_S = 15.0


if TYPE_CHECKING:
    from textual.command import Provider

    from poetry_tui.favourites.screen import FavouritesScreen
    from poetry_tui.lessons.guide import LessonGuide
    from poetry_tui.lessons.panel import LessonPanel


def _palette_commands() -> "type[Provider]":
    from poetry_tui.widgets.shell.palette import StudioCommands

    return StudioCommands


def _collect_garbage() -> None:
    """Enable garbage collection. Existing objects are frozen: they live until the end, and scanning them would cause pauses."""
    gc.freeze()
    gc.enable()


class PlainScrollBarRender(ScrollBarRender):
    """Scroll bars drawn with whole cells only."""

    VERTICAL_BARS = HORIZONTAL_BARS = [" "] * 8


class PoetryApp(App[None]):
    """The studio."""

    TITLE = "Poetry Studio"
    CSS_PATH = Path(__file__).with_name("app.tcss")
    DEFAULT_MODE = "compose"
    COMMANDS = {_palette_commands}
    BINDINGS: ClassVar = [
        bind("1", "mode('compose')", "shell.compose", show=False),
        bind("2", "mode('train')", "shell.train", show=False),
        bind("3", "mode('favourites')", "shell.favourites", show=False),
        bind("question_mark", "help", "shell.help", display="?"),
        bind("ctrl+l", "lessons", "lessons.open", display="^l", show=False),
        bind("ctrl+g", "lesson_step(1)", "lessons.next", display="^g", show=False),
        bind("ctrl+o", "lesson_step(-1)", "lessons.back", display="^o", show=False),
        bind("q", "quit", "shell.quit"),
        bind("ctrl+q", "quit", "shell.quit", show=False, priority=True),
    ]

    def __init__(
        self,
        settings: Settings | None = None,
        wanted_run: Path | None = None,
        wanted_lesson: int | None = None,
        has_light_background: Callable[[], bool] = bool,
    ) -> None:
        """`wanted_run`: open on the Train screen, following this run.
        `wanted_lesson`: the lesson to open, from 1; 0: the list of lessons.
        `has_light_background`: asks the terminal; called only if the theme depends on it."""
        replace_private_parts()
        survive_errors(notify_error)
        if wanted_run is not None:
            self.DEFAULT_MODE = "train"  # type: ignore[misc]
        super().__init__()
        current, self._damaged = (settings, None) if settings is not None else open_settings(settings_file())
        if settings is None:
            current = configured_settings(current)
        self.services = Services(
            EngineClient(self._tell_engine, model=current.model),
            SettingsStore(current, self._notify_unsaved),
            InputGate(self),
        )
        self._wanted_run, self._wanted_lesson = wanted_run, wanted_lesson
        set_language(language_of(current))
        self._draw_with(current.charts)
        for mode in TABS:
            if mode != self.DEFAULT_MODE:
                self.add_mode(mode, functools.partial(self._screen_of, mode))
        keys = configured_keys()
        if keys:
            self.set_keymap(keys)
        # Texts name the first of several keys of an action.
        name_keys({label: self.get_key_display(Binding(key.split(",")[0], "")) for label, key in keys.items()})
        for theme in THEMES:
            self.register_theme(theme)
        # Not by assignment, which parses all style sheets again before the first paint.
        is_light = current.theme == AUTO and has_light_background()
        name = current.theme if current.theme in self.available_themes else PAPER if is_light else INK
        self.set_reactive(PoetryApp.theme, name)
        self.stylesheet.set_variables(self.get_css_variables())

    def get_default_screen(self) -> Screen[None]:
        """The first screen. Not opened as a mode, which would parse all style sheets a second time before the first paint."""
        self.add_mode(self.DEFAULT_MODE, functools.partial(self._screen_of, self.DEFAULT_MODE))
        return self._screen_of(self.DEFAULT_MODE)

    def _screen_of(self, mode: str) -> StudioScreen:
        """Import and build the screen of a mode; called when it is first shown."""
        match mode:
            case "train":
                from poetry_tui.train.screen import TrainScreen

                return TrainScreen(self.services, self._wanted_run)
            case "favourites":
                from poetry_tui.favourites.screen import FavouritesScreen

                return FavouritesScreen(self.services)
        from poetry_tui.compose.screen import ComposeScreen

        return ComposeScreen(self.services)

    def get_driver_class(self) -> type[Driver]:
        """Textual's choice, except that a terminal gets `StudioDriver`, which survives its loss."""
        chosen = super().get_driver_class()
        if chosen.__name__ != "LinuxDriver":
            return chosen
        from poetry_tui.terminal.driver import StudioDriver

        return StudioDriver

    def on_mount(self) -> None:
        if self._damaged is not None:
            text = tr("shell.settings_damaged", path=self._damaged)
            self.notify(text, severity="warning", markup=False, timeout=LONG_NOTICE_S)
        if (wanted := self.services.settings.current.theme) not in (AUTO, *self.available_themes):
            self.notify(tr("shell.no_theme", name=wanted), severity="warning", markup=False)
        # `poetry-tui` disables garbage collection to start faster.
        if not gc.isenabled():
            self.call_after_refresh(_collect_garbage)
        self.call_after_refresh(self._open_lesson)
        self.theme_changed_signal.subscribe(self, lambda theme: self.services.settings.change(theme=theme.name))

    # Keys and clicks

    async def on_event(self, event: events.Event) -> None:
        """Admit keys, pastes and clicks one at a time; pass on all other events."""
        is_input = isinstance(event, events.InputEvent | events.Paste) and not event.is_forwarded
        if not is_input or self.services.input_gate.admit(event):
            await super().on_event(event)

    def post_display_hook(self) -> None:
        self.services.input_gate.painted()

    # Modes

    @on(StudioHeader.TabChosen)
    def open_tab(self, event: StudioHeader.TabChosen) -> None:
        self.action_mode(event.mode)

    def action_mode(self, mode: str) -> None:
        if len(self.screen_stack) == 1:
            self.switch_mode(mode)

    # Lessons

    @functools.cached_property
    def guide(self) -> "LessonGuide":
        from poetry_tui.lessons.guide import LessonGuide

        return LessonGuide(self)

    def _open_lesson(self) -> None:
        """Open the wanted lesson, or the one that was open when the studio was left; most starts load no lesson."""
        if self._wanted_lesson is not None:
            self.guide.open_number(self._wanted_lesson)
        elif state_file("lessons.json").exists():
            self.guide.resume()

    def action_lessons(self) -> None:
        self.guide.choose()

    def action_lesson_step(self, by: int) -> None:
        self.guide.turn(by)

    # Not by `@on`, which would load the lessons before the first paint.
    def on_lesson_panel_pressed(self, event: "LessonPanel.Pressed") -> None:
        self.guide.press(event.what)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enable the keys of a lesson only while one is open."""
        return action != "lesson_step" or ("guide" in self.__dict__ and self.guide.lesson is not None)

    # The engine

    def _tell_engine(self, state: EngineState) -> None:
        self.post_message(EngineChanged(state))

    @on(EngineChanged)
    def show_engine(self, event: EngineChanged) -> None:
        for screen in self._studio_screens():
            # A screen that is not mounted yet reads the state when it is.
            if screen.is_whole:
                screen.engine_changed(event.state)
        notify_problem(self, event.state)

    # Not by `@on`, which would load the favourites before the first paint.
    async def on_favourites_screen_recreate_wanted(self, event: "FavouritesScreen.RecreateWanted") -> None:
        from poetry_tui.compose.screen import ComposeScreen

        await self.switch_mode("compose")
        if isinstance(self.screen, ComposeScreen):
            self.screen.recreate(event.favourite)

    @on(ModelWanted)
    async def compose_with(self, event: ModelWanted) -> None:
        self.services.engine.load(event.model)
        await self.switch_mode("compose")

    async def on_unmount(self) -> None:
        self.services.input_gate.close()
        await self.services.engine.close()

    # Settings

    def _notify_unsaved(self, error: OSError) -> None:
        text = tr("shell.settings_unsaved", path=settings_file(), why=tr_os_error(error))
        self.notify(text, severity="warning", markup=False)

    def action_language(self, language: Language) -> None:
        set_language(language)
        self.services.settings.change(language=language)
        for screen in self._studio_screens():
            screen.refresh_labels()

    def action_charts(self, charts: Charts) -> None:
        """Draw curves and bars with braille dots, in plain ASCII, or as the terminal supports."""
        self.services.settings.change(charts=charts)
        if self._draw_with(charts):
            for screen in self._studio_screens():
                screen.refresh_labels()

    def _draw_with(self, charts: Charts) -> bool:
        """Set the characters of charts. Returns whether they have changed."""
        is_another = use_charts(charts)
        self.set_class(is_ascii(), "-ascii")
        ScrollBar.renderer = PlainScrollBarRender if is_ascii() else ScrollBarRender
        return is_another

    def _studio_screens(self) -> list[StudioScreen]:
        """The screens that have been opened so far."""
        return [screen for screen in open_screens(self) if isinstance(screen, StudioScreen)]

    def action_toggle_theme(self) -> None:
        self.theme = PAPER if self.current_theme.dark else INK

    # Copying

    @on(CopyWanted)
    def copy_as_wanted(self, event: CopyWanted) -> None:
        """Copy a text in every available way, and notify which of them succeeded."""
        super().copy_to_clipboard(event.text)
        self._copy(event.text, is_quiet=False)

    def copy_to_clipboard(self, text: str) -> None:
        """Copy a selection (called by Textual), also to the platform's clipboard, without a notice."""
        super().copy_to_clipboard(text)
        self._copy(text, is_quiet=True)

    @work(group="copy", exclusive=True, exit_on_error=False)
    async def _copy(self, text: str, is_quiet: bool) -> None:
        from poetry_tui.terminal import clipboard

        outcome = await clipboard.copy(text)
        if not is_quiet:
            self.notify(clipboard.in_words(outcome), markup=False)

    # Leaving

    def leave(self) -> None:
        """Quit without a question, from any thread, because the terminal is gone or a signal has come."""
        self.call_later(self.exit, None, INTERRUPTED)

    def exit(self, result: None = None, return_code: int = 0, message: RenderableType | None = None) -> None:
        """Quit; the process ends after `hang_up.MAX_LEAVING_S` at most, whatever blocks."""
        is_leaving()
        super().exit(result, return_code, message)

    async def action_quit(self) -> None:
        """Quit; while trainings started here are running, ask first whether they go on."""
        # If the module is not loaded, no training was started here.
        runs = sys.modules.get("poetry_tui.tracking.control")
        folders = runs.started_here() if runs else []
        if not folders:
            self.exit()
        elif len(self.screen_stack) == 1:
            from poetry_tui.widgets.shell.quit_question import ask_before_quitting

            ask_before_quitting(self, folders)

    def action_help_quit(self) -> None:
        """Notify how to quit; called for Ctrl-C, which does not quit."""
        self.notify(tr("shell.how_to_quit"), markup=False)

    def export_screenshot(self, *, title: str | None = None, simplify: bool = False) -> str:
        from poetry_tui.terminal.screenshot import with_true_widths

        return with_true_widths(super().export_screenshot(title=title, simplify=simplify))

    def deliver_screenshot(
        self, filename: str | None = None, path: str | None = None, time_format: str | None = None
    ) -> str | None:
        """Save a screenshot in the user's downloads folder, or send it to the browser that shows the studio."""
        if self.is_web:
            return super().deliver_screenshot(filename, path, time_format)
        from poetry_tui.terminal.screenshot import save_picture

        self.run_worker(save_picture(self, self.export_screenshot()), group="picture", exit_on_error=False)
        return None

    # Help and palette

    def action_help(self) -> None:
        from poetry_tui.widgets.shell.help_screen import HelpScreen

        if isinstance(self.screen, StudioScreen):
            screen = self.screen
            self.push_screen(HelpScreen(screen.known_bindings, screen.FIGURES, KEY_GROUPS[screen.MODE]))

    def action_command_palette(self) -> None:
        """Open the palette, with its prompt in the current language."""
        if not isinstance(self.screen, CommandPalette):
            self.push_screen(CommandPalette(placeholder=tr("shell.palette_search"), id="--command-palette"))

    def search_themes(self) -> None:
        """Textual's list of themes, which asks in the current language."""
        self.push_screen(CommandPalette(providers=[ThemeProvider], placeholder=tr("shell.theme_search")))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        from poetry_tui.widgets.shell.palette import commands

        return commands(self, screen)
