"""Every word in both languages, every word used."""

import re
from pathlib import Path
from string import Formatter

import pytest

import poetry_tui
from poetry_tui.preferences.i18n import LANGUAGES, TRANSLATIONS, Language, set_language, tr, tr_label
from poetry_tui.preferences.keymap import bind

SOURCES = [path for path in Path(poetry_tui.__file__).parent.rglob("*.py") if "i18n" not in path.parts]
# Keys put together from a part that varies.
FAMILIES = (
    "shell.language_",
    "shell.charts_",
    "compose.own",
    "compose.title",
    "compose.keywords",
    "compose.style",
    "compose.acrostic",
    "compose.keep",
    "compose.tones_",
    "compose.rhyme_",
)


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_every_word_is_there_in_both_languages_with_the_same_places() -> None:
    for key, (chinese, english) in TRANSLATIONS.items():
        assert chinese.strip(), key
        assert english.strip(), key
        assert places(chinese) == places(english), key


def test_every_word_of_the_shell_and_of_compose_is_used() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    named = set(re.findall(r"\b[a-z]+\.[a-z_.]+", source))
    for key in TRANSLATIONS:
        if key.startswith(("compose.", "engine.", "shell.")):
            base = key.removesuffix(".tip")
            is_tab = base in ("shell.compose", "shell.train", "shell.favourites")
            assert {base, key} & named or is_tab or base.startswith((*FAMILIES, "engine.")), key


def test_every_binding_of_the_screens_has_words_and_a_tooltip() -> None:
    from poetry_tui.app import PoetryApp
    from poetry_tui.compose.inspector.pane import InspectorPane
    from poetry_tui.compose.poem.pane import PoemPane
    from poetry_tui.compose.request.form import RequestForm
    from poetry_tui.compose.screen import ComposeScreen
    from poetry_tui.compose.session.saver import SessionSaver
    from poetry_tui.preferences.keymap import KEY_ORDER

    owners = (ComposeScreen, SessionSaver, RequestForm, PoemPane, InspectorPane)
    compose = [binding for owner in owners for binding in owner.BINDINGS]
    assert {binding.id for binding in compose if not isinstance(binding, tuple)} == set(KEY_ORDER["compose"])
    for binding in [*PoetryApp.BINDINGS, *compose]:
        assert not isinstance(binding, tuple)
        assert binding.id in TRANSLATIONS, binding
        assert f"{binding.id}.tip" in TRANSLATIONS, binding


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_language_decides_what_is_said(language: Language) -> None:
    set_language(language)
    assert tr_label("compose.begin") == {"both": "起 Begin", "zh": "起", "en": "Begin"}[language]
    assert tr("compose.seed", seed=7) == ("种子 7" if language == "zh" else "seed 7")


def test_a_binding_carries_the_key_of_its_words() -> None:
    assert bind("r", "again", "compose.again").id == "compose.again"
