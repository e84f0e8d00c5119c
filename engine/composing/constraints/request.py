"""The check of a request before PyTorch is loaded: constraints that contradict each other, the form or the vocabulary."""

import re

from engine.composing.constraints.begin_variants import fold_begin
from engine.composing.constraints.forced_characters import BLANK
from engine.composing.constraints.prompt import build_prompt
from engine.composing.constraints.shape import FREE_VERSE, check_free, is_shaped, plan_of
from engine.composing.constraints.used_words import placements, with_marked
from engine.config.schema import ComposeConfig
from engine.corpus.tokens.vocabulary import Vocabulary
from engine.prosody.text import is_han
from engine.system.errors import ComposeError


def check_request(config: ComposeConfig, vocabulary: Vocabulary) -> None:
    """Raise the error that composing would raise before its first token.

    Raises:
        UsageError: for an unknown form or rhyme.
        ComposeError: for a character that is not in the vocabulary, or constraints that contradict each other.
    """
    plan, config = None, with_marked(config)
    if config.form == FREE_VERSE and not is_shaped(config):
        check_free(config)
        forced_prefix(config, vocabulary)
    elif config.use and config.form != FREE_VERSE:
        next(placements(config, vocabulary))
    else:
        plan = plan_of(config, vocabulary)
    build_prompt(config, plan, vocabulary)


def forced_prefix(config: ComposeConfig, vocabulary: Vocabulary) -> str:
    """The characters that a free poem begins with, folded to the vocabulary.

    Raises:
        ComposeError: for a character that is not in the vocabulary, or one kept behind a blank.
    """
    kept, blank, after = re.sub(r"[\s/|／｜]+", "", config.keep).partition(BLANK)
    if blank and any(map(is_han, after)):
        raise ComposeError(
            "Characters can be kept behind a blank only where a form says how long the lines are.",
            "Choose a form, or keep the beginning alone.",
        )
    begin, kept = fold_begin(config.begin, vocabulary), fold_begin(kept, vocabulary)
    if not (kept.startswith(begin) or begin.startswith(kept)):
        raise ComposeError("The beginning and the kept text differ.", "Leave one of them out.")
    return max(begin, kept, key=len)
