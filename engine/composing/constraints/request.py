"""The plan of any request, and its check before torch is loaded: constraints that contradict each other, the form or the vocabulary."""

import functools
import re

import numpy as np

from engine.composing.constraints.begin_variants import fold_begin
from engine.composing.constraints.couplet import kept_couplet, opposite_tones, upper_line
from engine.composing.constraints.forced_characters import BLANK, forced_characters
from engine.composing.constraints.layout import COMMA, STOP, lay_out_slots
from engine.composing.constraints.plan import ConstraintPlan, forced_lines, known_token_ids, plan_poem, resolve_rhyme
from engine.composing.constraints.prompt import build_prompt
from engine.composing.constraints.token_prosody import EITHER_BITS, token_prosody
from engine.composing.constraints.used_words import placements, with_marked
from engine.config.schema import ComposeConfig
from engine.corpus.tokens.vocabulary import Vocabulary
from engine.prosody.forms.definitions import Form, TonePattern
from engine.prosody.text import FREE_VERSE, LINE_MARKS, is_han
from engine.system.errors import ComposeError

_NEEDS_FORM = {
    "tone_pattern": "A tone pattern",
    "rhyme": "A rhyme",
    "acrostic": "An acrostic",
    "acrostic_tail": "An acrostic of line ends",
    "use": "A word to use",
}
_ENDS = rf"{LINE_MARKS}、,.?!;:/|／｜\s"
_LINE = re.compile(f"([^{_ENDS}]+)([{_ENDS}]*)")


def check_free(config: ComposeConfig) -> None:
    """Raise a ComposeError for a constraint that needs a form."""
    for name, what in _NEEDS_FORM.items():
        if getattr(config, name):
            raise ComposeError(
                "{what} needs a form, and free verse has none.", "Choose a form, such as 五绝.", what=what
            )


def is_free(config: ComposeConfig) -> bool:
    """Whether a request leaves the line lengths open: no form, no couplet, no kept text of marked lines with a character after a blank."""
    behind = config.keep.partition(BLANK)[2]
    is_shaped = any(map(is_han, behind)) and len(_LINE.findall(config.keep)) > 1
    return config.form == FREE_VERSE and not config.couplet and not is_shaped


def plan_of(config: ComposeConfig, vocabulary: Vocabulary) -> ConstraintPlan:
    """The plan of a request with a form, a couplet or a kept text. Raises as `plan_poem` and `plan_shape`."""
    if config.form == FREE_VERSE or config.couplet:
        return plan_shape(config, vocabulary)
    return resolve_rhyme(_plan_of_constraints(config.replace(seed=0), vocabulary), config)


@functools.lru_cache(maxsize=16)
def _plan_of_constraints(config: ComposeConfig, vocabulary: Vocabulary) -> ConstraintPlan:
    """The plan, cached for poems that differ in their seeds only: planning takes as long as two decoding steps."""
    return plan_poem(config, vocabulary)


def plan_shape(config: ComposeConfig, vocabulary: Vocabulary) -> ConstraintPlan:
    """The plan of free verse with the line lengths of its kept text, or of a couplet with opposite tones in its lower line.

    Raises:
        ComposeError: for a constraint that needs a form, or a character or mark that is not in the vocabulary.
    """
    check_free(config)
    if config.couplet:
        config = config.replace(keep=kept_couplet(config, vocabulary))
    lines = [(line, _mark(marks)) for line, marks in _LINE.findall(config.keep)]
    if len(lines[-1][1]) > 1:
        lines[-1] = (lines[-1][0], STOP)
    shape = Form(
        FREE_VERSE,
        "the kept text",
        (),
        tuple(len(line) for line, _ in lines),
        (_ANY_PATTERN,),
        "pingshui",
        is_regulated=True,
    )
    slots = lay_out_slots(shape, [mark for _, mark in lines])
    forced = forced_characters(config, shape, slots, vocabulary)
    prosody = token_prosody(vocabulary, shape.rhyme_system)
    codes = np.full(len(slots), EITHER_BITS, np.uint8)
    if config.couplet:
        codes = opposite_tones(upper_line(config, vocabulary), slots)
    return ConstraintPlan(
        form=shape,
        slots=slots,
        forced=forced,
        token_ids=known_token_ids(slots, forced, vocabulary, "Mark the lines with ， and 。"),
        tone_patterns=(_ANY_PATTERN.name,),
        codes=codes[None],
        rhymes={},
        groups=np.ones((1, len(prosody.level)), np.bool_),
        prosody=prosody,
        forced_lines=forced_lines(slots, forced),
    )


_ANY_PATTERN = TonePattern("", (), ())


def _mark(marks: str) -> str:
    """The mark after a line; both marks, for the model to choose, if the lines are only separated."""
    return next((mark for mark in marks if mark in LINE_MARKS), COMMA + STOP)


def check_request(config: ComposeConfig, vocabulary: Vocabulary) -> None:
    """Raise the error that composing would raise before its first token, if any.

    Raises:
        UsageError: for an unknown form or rhyme.
        ComposeError: for a character that is not in the vocabulary, or constraints that contradict each other.
    """
    plan, config = None, with_marked(config)
    if is_free(config):
        check_free(config)
        forced_prefix(config, vocabulary)
    elif config.use and config.form != FREE_VERSE:
        next(placements(config, vocabulary))
    else:
        plan = plan_of(config, vocabulary)
    build_prompt(config, plan, vocabulary)


def forced_prefix(config: ComposeConfig, vocabulary: Vocabulary) -> str:
    """The prefix of a free poem, folded to the vocabulary.

    Raises:
        ComposeError: for a character that is not in the vocabulary, a kept character after a blank, or a begin that differs from the
            kept text.
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
