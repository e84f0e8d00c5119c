"""The shell of the studio: modes, themes, palette, settings. It builds little before the first paint."""

import dataclasses
import os
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

# Before the first textual import: with the kitty protocol an input method's longer commits arrive garbled.
os.environ.setdefault("TEXTUAL_DISABLE_KITTY_KEY", "1")

from textual import on  # noqa: E402
from textual.app import App, SystemCommand  # noqa: E402
from textual.screen import Screen  # noqa: E402

from poetry_tui.keys import bind  # noqa: E402
from poetry_tui.screens.base import StudioScreen  # noqa: E402
from poetry_tui.settings import Settings, load_settings, save_settings, settings_file  # noqa: E402
from poetry_tui.themes import INK, PAPER, THEMES  # noqa: E402
from poetry_tui.widgets.studio_header import TABS, StudioHeader  # noqa: E402
from poetry_tui.words import LANGUAGES, Language, heading, set_language, word  # noqa: E402


def _compose_screen() -> Screen[None]:
    from poetry_tui.screens.compose import ComposeScreen

    return ComposeScreen()


def _train_screen() -> Screen[None]:
    from poetry_tui.screens.train import TrainScreen

    return TrainScreen()


def _favourites_screen() -> Screen[None]:
    from poetry_tui.screens.favourites import FavouritesScreen

    return FavouritesScreen()


class PoetryApp(App[None]):
    """The studio."""

    TITLE = "Poetry Studio"
    CSS_PATH = Path(__file__).with_name("app.tcss")
    # A screen is imported and built when its mode is first shown.
    MODES = {"compose": _compose_screen, "train": _train_screen, "favourites": _favourites_screen}
    DEFAULT_MODE = "compose"
    BINDINGS: ClassVar = [
        bind("1", "mode('compose')", "shell.compose", show=False),
        bind("2", "mode('train')", "shell.train", show=False),
        bind("3", "mode('favourites')", "shell.favourites", show=False),
        bind("question_mark", "help", "shell.help", display="?"),
        bind("q", "quit", "shell.quit"),
        bind("ctrl+q", "quit", "shell.quit", show=False, priority=True),
    ]

    def __init__(self, settings: Settings | None = None) -> None:
        super().__init__()
        self.settings = settings if settings is not None else load_settings(settings_file())
        set_language(self.settings.language)
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = self.settings.theme if self.settings.theme in self.available_themes else INK

    def on_mount(self) -> None:
        self.theme_changed_signal.subscribe(self, lambda theme: self.remember(theme=theme.name))

    # Modes

    @on(StudioHeader.TabChosen)
    def open_tab(self, event: StudioHeader.TabChosen) -> None:
        self.action_mode(event.mode)

    def action_mode(self, mode: str) -> None:
        if len(self.screen_stack) == 1:
            self.switch_mode(mode)

    # Settings

    def remember(self, **changes: object) -> None:
        """Change some settings and write them; where that fails, say so and go on."""
        changed = dataclasses.replace(self.settings, **changes)  # type: ignore[arg-type]
        if changed == self.settings:
            return
        self.settings = changed
        try:
            save_settings(changed, settings_file())
        except OSError as error:
            self.notify(str(error), severity="warning", markup=False)

    def action_language(self, language: Language) -> None:
        set_language(language)
        self.remember(language=language)
        for stack in self._screen_stacks.values():
            for screen in stack:
                if isinstance(screen, StudioScreen):
                    screen.language_changed()

    def action_toggle_theme(self) -> None:
        self.theme = PAPER if self.current_theme.dark else INK

    # Help and palette

    def action_help(self) -> None:
        from poetry_tui.screens.help import HelpScreen

        if isinstance(self.screen, StudioScreen):
            self.push_screen(HelpScreen(self.screen.active_bindings.values()))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        for tab in TABS:
            name = word("shell.go_to", name=heading(f"shell.{tab}"))
            yield SystemCommand(name, word(f"shell.{tab}.tip"), lambda mode=tab: self.action_mode(mode))
        yield SystemCommand(word("shell.theme"), word("shell.theme.tip"), self.action_toggle_theme)
        yield SystemCommand(word("shell.any_theme"), word("shell.any_theme.tip"), self.action_change_theme)
        for language in LANGUAGES:
            name = word("shell.language", name=word(f"shell.language_{language}"))
            yield SystemCommand(name, word("shell.language.tip"), lambda chosen=language: self.action_language(chosen))
        yield SystemCommand(word("shell.help"), word("shell.help.tip"), self.action_help)
        yield SystemCommand(word("shell.screenshot"), word("shell.screenshot.tip"), self.action_screenshot)
        yield SystemCommand(word("shell.quit"), word("shell.quit.tip"), self.action_quit)
