"""Every word in both languages, every word used."""

import re
from pathlib import Path
from string import Formatter

import pytest
from textual.app import App
from textual.binding import Binding

import poetry_tui
from benchmarks.docs.keys_page import owners_of_keys
from poetry_tui.lessons.lesson import lessons
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


# A text names a key as `<train.stop:s>`; these would name one as it is only as long as nobody gives it another.
LITERAL_KEYS = re.compile(
    r"\^[a-z]|\b[Pp]ress [a-zA-Z0-9?](?![a-z0-9])|按 ?[a-zA-Z0-9?](?![a-zA-Z]| =)|[.;,] [a-zA-Z] (?!is\b)\w+s\b"
)
NAMED_KEYS = re.compile(r"<([^:<>]+):([^<>]+)>")


def all_texts() -> list[tuple[str, str]]:
    """Every text as it is written in its file, with the name of where it stands."""
    texts = [(key, text) for key, both in TRANSLATIONS.items() for text in both]
    return texts + [(one.name, text) for one in lessons() for step in one.step for text in (step.zh, step.en)]


def test_texts_name_keys_by_what_they_do_and_the_usual_one_is_right() -> None:
    usual: dict[str, set[str]] = {}
    for owner in owners_of_keys():
        for binding in owner.BINDINGS:
            if isinstance(binding, Binding) and binding.id:
                for one in Binding.make_bindings([binding]):
                    usual.setdefault(binding.id, set()).update((one.key, App[None]().get_key_display(one)))
    n_named = 0
    for place, text in all_texts():
        for label, key in NAMED_KEYS.findall(text):
            assert key in usual[label], (place, label, key)
            n_named += 1
        literal = LITERAL_KEYS.search(NAMED_KEYS.sub("", " ".join(text.split())))
        assert literal is None, (place, literal)
    assert n_named > 80


@pytest.mark.parametrize("key", [key for key in TRANSLATIONS if "_keys" in key or ".keys" in key])
def test_a_hint_of_keys_says_what_each_of_them_does(key: str) -> None:
    for text in TRANSLATIONS[key]:
        assert not re.search(r"(Esc|⏎|↓|→)\s*($|·)", text), text
