"""Free verse of a given shape: a kept text with blanks says how long its lines are, and nothing about tones or rhyme. Free of torch.

It is what becomes of a free poem of which some lines are to stay and the rest is to be written anew.
"""

import functools
import re
from collections.abc import Sequence

import numpy as np

from engine.composing.constraints.forced_characters import BLANK, fixed_characters
from engine.composing.constraints.layout import COMMA, STOP, Step
from engine.composing.constraints.plan import FREE, Plan, plan_poem, settled
from engine.composing.free_verse import check_free
from engine.composing.token_prosody import EITHER_BITS, read_book
from engine.config import ComposeConfig
from engine.corpus.vocabulary import END, Vocabulary, is_han
from engine.errors import ComposeError
from engine.prosody.forms import Form, TonePattern
from engine.prosody.text import LINE_MARKS

FREE_VERSE = "free"
_ENDS = rf"{LINE_MARKS}、,.?!;:/|／｜\s"
_LINE = re.compile(f"([^{_ENDS}]+)([{_ENDS}]*)")


def is_shaped(config: ComposeConfig) -> bool:
    """Whether free verse shall keep characters behind a blank, in lines whose ends are marked."""
    if config.form != FREE_VERSE:
        return False
    behind = config.keep.partition(BLANK)[2]
    return any(map(is_han, behind)) and len(_LINE.findall(config.keep)) > 1


def plan_of(config: ComposeConfig, vocabulary: Vocabulary) -> Plan:
    """The plan of wishes that name a form, or keep a shape. Raises as `plan_poem`."""
    if config.form == FREE_VERSE:
        return plan_shape(config, vocabulary)
    return settled(_plan_of_wishes(config.replace(seed=0), vocabulary), config.seed, config.begin)


@functools.lru_cache(maxsize=16)
def _plan_of_wishes(config: ComposeConfig, vocabulary: Vocabulary) -> Plan:
    """Made once for poems that differ in their seeds: it takes as long as writing two characters."""
    return plan_poem(config, vocabulary)


def plan_shape(config: ComposeConfig, vocabulary: Vocabulary) -> Plan:
    """The plan of free verse that shall have the shape of its kept text.

    Raises:
        ComposeError: for a wish that only a form can meet, or a character or mark that the model does not know.
    """
    check_free(config)
    lines = [(line, _mark(marks)) for line, marks in _LINE.findall(config.keep)]
    if len(lines[-1][1]) > 1:
        lines[-1] = (lines[-1][0], STOP)
    steps = _steps(lines)
    shape = Form(
        FREE_VERSE,
        "the kept text",
        (),
        tuple(len(line) for line, _ in lines),
        (_ANY_ORDER,),
        "pingshui",
        is_regulated=True,
    )
    fixed = fixed_characters(config, shape, steps, vocabulary)
    tokens = np.full(len(steps), FREE, np.int64)
    for step in steps:
        known = fixed[step.index].character if step.index in fixed else step.mark
        if any(mark not in vocabulary for mark in step.mark):
            raise ComposeError(f"The model does not know the mark {step.mark}.", "Mark the lines with ， and 。")
        if len(known) == 1:
            (tokens[step.index],) = vocabulary.encode(known)
    tokens[-1] = END
    book = read_book(vocabulary, shape.rhyme_system)
    written = {step.line for step in steps if step.is_place and step.index not in fixed}
    return Plan(
        form=shape,
        steps=steps,
        fixed=fixed,
        tokens=tokens,
        orders=(_ANY_ORDER.name,),
        codes=np.full((1, len(steps)), EITHER_BITS, np.uint8),
        rhymes={},
        groups=np.ones((1, len(book.level)), np.bool_),
        book=book,
        wished_lines=frozenset(range(1, len(lines) + 1)) - written,
    )


_ANY_ORDER = TonePattern("", (), ())


def _mark(marks: str) -> str:
    """The mark that closes a line; where the text only parts them, the two that the model may choose between."""
    return next((mark for mark in marks if mark in LINE_MARKS), COMMA + STOP)


def _steps(lines: Sequence[tuple[str, str]]) -> tuple[Step, ...]:
    steps: list[Step] = []
    for number, (line, mark) in enumerate(lines, start=1):
        for position in range(1, len(line) + 1):
            steps.append(Step(len(steps), number, position, ends_line=position == len(line)))
        steps.append(Step(len(steps), number, 0, mark))
    return (*steps, Step(len(steps), len(lines), 0))
