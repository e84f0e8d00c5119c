"""The prompt: the control codes of a request, as far as the vocabulary has them."""

import re

import pytest

from engine.composing.constraints.prompt import build_prompt
from engine.config.schema import ComposeConfig
from engine.corpus.tokens.control_codes import KEYWORD, MAX_TITLE_CHARS, POEM, TITLE
from engine.corpus.tokens.vocabulary import BEGIN, Vocabulary
from engine.system.errors import ComposeError

CHARACTERS = "琵琶秋醉登高山水风月花鸟江海云雨"


def prompt(vocabulary: Vocabulary, **request: str) -> list[str]:
    indices = build_prompt(ComposeConfig(**request), None, vocabulary)  # type: ignore[arg-type]
    assert indices[0] == BEGIN
    names = {vocabulary.tag(name): name for name in (TITLE, POEM, KEYWORD)}
    return [names.get(index) or vocabulary.character(index) for index in indices[1:]]


def test_keywords_have_codes_of_their_own_where_the_model_was_trained_with_them() -> None:
    vocabulary = Vocabulary(CHARACTERS, (TITLE, POEM, KEYWORD))
    assert prompt(vocabulary, keywords="琵琶 秋", title="登高") == [
        KEYWORD,
        *"琵琶",
        KEYWORD,
        "秋",
        TITLE,
        *"登高",
        POEM,
    ]


def test_a_model_trained_with_titles_alone_reads_keywords_as_the_end_of_the_title() -> None:
    vocabulary = Vocabulary(CHARACTERS, (TITLE, POEM))
    assert prompt(vocabulary, keywords="琵琶 秋 醉") == [TITLE, *"琵琶秋醉", POEM]
    assert prompt(vocabulary, keywords="琵琶、秋", title="登高") == [TITLE, *"登高琵琶秋", POEM]


def test_keywords_are_kept_where_title_and_keywords_are_too_long() -> None:
    vocabulary = Vocabulary(CHARACTERS, (TITLE, POEM))
    title = "山水风月花鸟江海云雨"
    read = prompt(vocabulary, keywords="琵琶 秋 醉", title=title)
    assert read == [TITLE, *(title + "琵琶秋醉")[-MAX_TITLE_CHARS:], POEM]


def test_keywords_are_refused_by_a_model_without_titles_and_what_is_no_keyword_by_all() -> None:
    with pytest.raises(ComposeError, match="without keywords and titles"):
        prompt(Vocabulary(CHARACTERS, ()), keywords="秋")
    vocabulary = Vocabulary(CHARACTERS, (TITLE, POEM))
    for words in ("autumn", "琵琶秋醉登高", "琵 琶 秋 醉 登"):
        with pytest.raises(ComposeError, match="keyword"):
            prompt(vocabulary, keywords=words)


def test_what_is_no_keyword_is_named_as_it_was_typed() -> None:
    with pytest.raises(ComposeError, match=re.escape("'[/b]' is no keyword.")):
        prompt(Vocabulary(CHARACTERS, (TITLE,)), keywords="秋 [/b]")
