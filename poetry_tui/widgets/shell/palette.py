"""The palette's commands: the actions of all active keys, and those without a key; searched in both languages."""

import functools
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from textual.app import App, SystemCommand
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.fuzzy import Matcher
from textual.screen import Screen

from poetry_tui.preferences.chart_glyphs import CHARTS
from poetry_tui.preferences.i18n import LANGUAGES, in_language, tr, tr_label
from poetry_tui.preferences.keymap import translation_key
from poetry_tui.preferences.themes import FAINT
from poetry_tui.widgets.shell.header import TABS
from poetry_tui.widgets.shell.studio_screen import StudioScreen

# Scores of a match, best first: the whole name, its beginning, a part of it, its letters in order, a part of its tip.
_EXACT, _BEGINNING, _PART, _LETTERS, _TIP = 1.0, 0.8, 0.6, 0.4, 0.1


@dataclass(frozen=True, slots=True)
class NamedCommand:
    """A command in the current language, and its names and tips in both languages."""

    command: SystemCommand
    names: tuple[str, ...]
    tips: tuple[str, ...]


class StudioCommands(Provider):
    """The command provider of Textual's palette."""

    async def discover(self) -> Hits:
        for one in sorted(self._commands(), key=lambda one: one.command.title):
            yield DiscoveryHit(one.command.title, one.command.callback, help=one.command.help)

    async def search(self, query: str) -> Hits:
        for one in self._commands():
            score, name = best_match(query, one)
            if score > 0:
                title = one.command.title
                # If the match is in the other language, show that name too.
                shown = Content(title) if name in title else Content.assemble(title, (f"  {name}", FAINT))
                yield Hit(score, shown, one.command.callback, text=title, help=one.command.help)

    def _commands(self) -> list[NamedCommand]:
        return named_commands(self.app, self.screen)


def named_commands(app: App[Any], screen: Screen[object]) -> list[NamedCommand]:
    """The available commands, each with its names and tips in every language."""
    shown = list(commands(app, screen))
    others = []
    for language in LANGUAGES:
        with in_language(language):
            others.append(list(commands(app, screen)))
    return [
        NamedCommand(
            command,
            tuple(dict.fromkeys([command.title, *(same.title for same in translations)])),
            tuple(dict.fromkeys([command.help, *(same.help for same in translations)])),
        )
        for command, *translations in zip(shown, *others, strict=True)
    ]


def best_match(query: str, one: NamedCommand) -> tuple[float, str]:
    """The score of a command for a query, 0 to 1, and the matching name ("" if only a tip matches)."""
    wanted = query.casefold().strip()
    scored = [(_score(wanted, name), name) for name in one.names]
    score, name = max(scored, key=lambda pair: pair[0])
    if score == 0 and any(wanted in tip.casefold() for tip in one.tips):
        return _TIP, ""
    return score, name


def _score(wanted: str, name: str) -> float:
    """The score of a name, 0 for no match; among equal matches, a shorter name scores higher."""
    folded = name.casefold()
    brevity = 0.1 * min(1.0, len(wanted) / len(folded))
    # Each word of a name such as `起 Begin` or `Go to: 作诗` may match by itself.
    parts = folded.replace("：", " ").replace(":", " ").split()
    if wanted == folded or wanted in parts:
        return _EXACT if wanted == folded else _EXACT - 0.1 + brevity
    if folded.startswith(wanted) or any(part.startswith(wanted) for part in parts):
        return _BEGINNING + brevity
    if wanted in folded:
        return _PART + brevity
    return _LETTERS + brevity if Matcher(wanted).match(folded) > 0 else 0.0


def commands(app: App[Any], screen: Screen[object]) -> Iterable[SystemCommand]:
    """The available commands in the current language, always in the same order."""

    def run(action: str) -> Callable[[], Awaitable[object]]:
        return functools.partial(app.run_action, action)

    for tab in TABS:
        name = tr("shell.go_to", name=tr_label(f"shell.{tab}"))
        yield SystemCommand(name, tr(f"shell.{tab}.tip"), run(f"app.mode('{tab}')"))
    yield SystemCommand(tr("shell.theme"), tr("shell.theme.tip"), run("app.toggle_theme"))
    yield SystemCommand(tr("shell.any_theme"), tr("shell.any_theme.tip"), app.action_change_theme)
    if isinstance(screen, StudioScreen):
        yield from _commands_of(app, screen)
    for language in LANGUAGES:
        name = tr("shell.language", name=tr(f"shell.language_{language}"))
        yield SystemCommand(name, tr("shell.language.tip"), run(f"app.language('{language}')"))
    for charts in CHARTS:
        name = tr("shell.charts", name=tr(f"shell.charts_{charts}"))
        yield SystemCommand(name, tr("shell.charts.tip"), run(f"app.charts('{charts}')"))
    yield SystemCommand(tr_label("lessons.open"), tr("lessons.open.tip"), run("app.lessons"))
    yield SystemCommand(tr("shell.help"), tr("shell.help.tip"), run("app.help"))
    yield SystemCommand(tr("shell.screenshot"), tr("shell.screenshot.tip"), app.action_screenshot)
    yield SystemCommand(tr("shell.quit"), tr("shell.quit.tip"), app.action_quit)


def _commands_of(app: App[Any], screen: StudioScreen) -> Iterator[SystemCommand]:
    """A command for each active key of the screen."""
    seen = set[str]()
    for active in screen.active_bindings.values():
        key = translation_key(active.binding)
        if key is not None and key not in seen and active.node in (screen, *screen.pane_keys) and active.enabled:
            seen.add(key)
            run = functools.partial(app.run_action, active.binding.action, active.node)
            yield SystemCommand(tr_label(key), tr(f"{key}.tip"), run)
