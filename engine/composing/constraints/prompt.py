"""The prompt: BEGIN and control codes, in the format of the training data."""

from dataclasses import replace

from engine.composing.constraints.begin_variants import fold_begin
from engine.composing.constraints.plan import ConstraintPlan
from engine.config.schema import ComposeConfig
from engine.corpus.cleaning import to_simplified
from engine.corpus.tokens.control_codes import (
    KEYWORD,
    TITLE,
    ControlCodes,
    Style,
    control_code_indices,
    style_named,
)
from engine.corpus.tokens.keywords import MAX_KEYWORD_CHARS, MAX_KEYWORDS, split_keywords
from engine.corpus.tokens.vocabulary import BEGIN, Vocabulary
from engine.prosody.text import han_of, is_han
from engine.system.errors import ComposeError, Message
from engine.system.names import shown


def build_prompt(config: ComposeConfig, plan: ConstraintPlan | None, vocabulary: Vocabulary) -> list[int]:
    """The tokens before a poem: BEGIN, form and rhyme of the plan, and title, keywords and style of the request.

    Form and rhyme are left out if the vocabulary has no control code for them. For a model that was trained with titles but
    without keywords, the keywords are appended to the title; the end of a long title is kept.

    Raises:
        ComposeError: for a title or keywords that the model cannot read, an invalid keyword, or an unknown style.
    """
    style = style_of_request(config.style)
    title, keywords = _title(config.title, vocabulary), _keywords(config.keywords, vocabulary)
    if vocabulary.tag(KEYWORD) is None:
        # With four of its own keywords as the title, a held-out quatrain is 0.09 nats a character likelier.
        title, keywords = title + "".join(keywords), ()
    codes = ControlCodes(
        title=title,
        keywords=keywords,
        dynasty=style.dynasty,
        period=style.period,
        poet=style.poet,
    )
    if plan is not None:
        codes = replace(codes, form=plan.form.key, rhyme=plan.rhyme)
    return [BEGIN, *control_code_indices(vocabulary, codes)]


def _keywords(text: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """The requested keywords, folded to the vocabulary."""
    words = split_keywords(text)
    if not words:
        return ()
    if vocabulary.tag(KEYWORD) is None and vocabulary.tag(TITLE) is None:
        raise ComposeError(
            "This model was trained without keywords and titles.", "Leave them out, or choose another model."
        )
    if len(words) > MAX_KEYWORDS:
        raise ComposeError(
            Message("{n} keywords are more than a poem can take up.", n=len(words)),
            Message("Give one to {n} of them.", n=MAX_KEYWORDS),
        )
    for word in words:
        if not all(map(is_han, word)) or len(word) > MAX_KEYWORD_CHARS:
            raise ComposeError(
                "{word} is no keyword.",
                "A keyword has one to {n} Chinese characters.",
                # As typed, with its punctuation.
                word=shown(next((typed for typed in text.split() if word in typed), word)),
                n=MAX_KEYWORD_CHARS,
            )
    return tuple(fold_begin(word, vocabulary) for word in words)


def style_of_request(name: str) -> Style:
    """The style of a name: a dynasty, a period or a poet; an empty style for "". A poet without a control code gives dynasty and period.

    Raises:
        ComposeError: for an unknown name.
    """
    name = name.strip()
    if not name:
        return Style()
    style = style_named(to_simplified(name))
    if style is None:
        raise ComposeError(
            "There is no style called {name}.",
            "Name a dynasty (唐, 宋), a period (晚唐) or a poet (李白).",
            name=shown(name),
        )
    return style


def _title(title: str, vocabulary: Vocabulary) -> str:
    if not title.strip():
        return ""
    if vocabulary.tag(TITLE) is None:
        raise ComposeError("This model was trained without titles.", "Leave the title out, or choose another model.")
    known = []
    for character in han_of(title):
        try:
            known.append(fold_begin(character, vocabulary))
        except ComposeError:
            continue  # an unknown character is left out; the others still condition the poem
    if not known:
        raise ComposeError(
            "The model knows no character of the title {title}.", "Choose another title.", title=shown(title)
        )
    return "".join(known)
