"""The prompt: BEGIN and the control codes that the model was trained with."""

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
    """The tokens before a poem: BEGIN, form and rhyme of the plan, title, keywords and style of the request.

    Form and rhyme are left out where the vocabulary has no control code for them. A model that was trained with titles and
    without keywords reads the keywords as the end of the title, which is kept where it is long.

    Raises:
        ComposeError: for a title or keyword without a control code, and an unknown style.
    """
    style = style_of_request(config.style)
    title, keywords = _title(config.title, vocabulary), _keywords(config.keywords, vocabulary)
    if vocabulary.tag(KEYWORD) is None:
        # Read as a title, four keywords of its own are worth 0.09 nats a character to a held-out quatrain.
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
                # With the marks that part keywords, as it was typed.
                word=shown(next((typed for typed in text.split() if word in typed), word)),
                n=MAX_KEYWORD_CHARS,
            )
    return tuple(fold_begin(word, vocabulary) for word in words)


def style_of_request(name: str) -> Style:
    """The style of a name, an empty one for ""; of a poet without a control code, dynasty and period.

    Raises:
        ComposeError: for a name of none.
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
            continue  # the others can still steer the poem
    if not known:
        raise ComposeError(
            "The model knows no character of the title {title}.", "Choose another title.", title=shown(title)
        )
    return "".join(known)
