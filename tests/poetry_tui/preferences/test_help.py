"""The help of the command line: in Chinese to the last word, with every default."""

import argparse
import re
from collections.abc import Iterator

import pytest

from engine.__main__ import make_parser as make_engine_parser
from engine.commands.parser import as_help
from engine.system.errors import Message
from engine.system.translations import LANGUAGE_VARIABLE, phrases, sentences
from poetry_tui.commands.cli import ENGINE_COMMANDS, make_parser


def parsers(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, one in action.choices.items():
                # The engine's own parser knows their arguments; no person reads the help of its service.
                if not (parser.prog == "poetry-tui" and parser.description != ENGINE and name in ENGINE_COMMANDS):
                    yield from parsers(one) if name != "service" else ()


ENGINE = make_engine_parser().description
ALL = [*parsers(make_parser()), *list(parsers(make_engine_parser()))[1:]]


def actions_of(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:
        if action.help != argparse.SUPPRESS:
            yield action
        if isinstance(action, argparse._SubParsersAction):
            yield from action._choices_actions


def texts_of(parser: argparse.ArgumentParser) -> Iterator[str]:
    """Every text of a command's help."""
    for text in (parser.description, parser.epilog):
        for line in (text or "").split("\n"):
            yield as_help(line) if as_help(line) in sentences() else line
    for group in parser._action_groups:
        if group._group_actions:
            yield group.title or ""
    yield from (action.help or "" for action in actions_of(parser))


def unknown_in(text: object) -> Iterator[str]:
    """The texts, also within a text, that no table translates."""
    known = {**sentences(), **phrases()}
    if isinstance(text, Message) and text.parameters:
        yield from [] if text.template in known else [text.template]
        for value in text.parameters.values():
            if isinstance(value, Message):
                yield from unknown_in(value)
    elif isinstance(text, str) and str(text) not in known:
        yield str(text)


@pytest.mark.parametrize("parser", ALL, ids=lambda parser: parser.prog)
def test_every_text_of_a_commands_help_is_known_in_chinese(parser: argparse.ArgumentParser) -> None:
    assert [unknown for text in texts_of(parser) if text for unknown in unknown_in(text)] == []
    assert all(action.help for action in actions_of(parser) if not isinstance(action, argparse._SubParsersAction))


@pytest.mark.parametrize("parser", ALL, ids=lambda parser: parser.prog)
def test_every_default_is_in_the_help(parser: argparse.ArgumentParser) -> None:
    lacking = [
        action.dest
        for action in actions_of(parser)
        if action.option_strings
        and action.default not in (None, False, "", [], argparse.SUPPRESS)
        and "default" not in (action.help or "")
    ]
    assert lacking == []


def test_the_help_of_a_long_command_is_in_groups() -> None:
    for parser in ALL:
        for group in parser._action_groups:
            listed = [action for action in group._group_actions if action.help != argparse.SUPPRESS]
            assert len(listed) <= 12, (parser.prog, group.title)


def test_help_is_chinese_where_the_locale_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(LANGUAGE_VARIABLE, "zh")
    for name in ("_", "ngettext"):  # replaced for the process
        monkeypatch.setattr(argparse, name, getattr(argparse, name))
    for parser in [*parsers(make_parser()), *list(parsers(make_engine_parser()))[1:]]:
        text = parser.format_help()
        assert "用法：" in text
        # Words of the command line and of its examples stand in Latin letters, sentences do not.
        assert not re.search(r"[a-z]+ (the|of|and|to|is|are) [a-z]+", text), parser.prog
