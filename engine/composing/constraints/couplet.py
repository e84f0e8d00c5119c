"""Couplets 对联: lower lines for a given upper line. Imports no torch.

The lower line has the length of the upper one, the opposite tone at every second character and at the end, and no character of
the upper line. `decoding.guides` biases it towards characters that poets pair with those of the upper line.

Shapes: S slots.
"""

from collections.abc import Sequence

import numpy as np

from engine.composing.constraints.begin_variants import fold_begin
from engine.composing.constraints.forced_characters import BLANK
from engine.composing.constraints.layout import COMMA, STOP, Slot
from engine.composing.constraints.token_prosody import EITHER_BITS, LEVEL_BIT, OBLIQUE_BIT, Codes
from engine.composing.constraints.tone_patterns import tones_of
from engine.config.schema import ComposeConfig
from engine.corpus.tokens.vocabulary import Vocabulary
from engine.prosody.text import han_of, is_han
from engine.system.errors import ComposeError, Message

MIN_CHARS, MAX_CHARS = 4, 11


def upper_line(config: ComposeConfig, vocabulary: Vocabulary) -> str:
    """The Han characters of the upper line, folded to the vocabulary.

    Raises:
        ComposeError: for a line outside `MIN_CHARS` to `MAX_CHARS`, or a character that is not in the vocabulary.
    """
    upper = fold_begin(han_of(config.couplet), vocabulary)
    if not MIN_CHARS <= len(upper) <= MAX_CHARS:
        raise ComposeError(
            Message("An upper line of {n} characters is no couplet's.", n=len(upper)),
            Message("Give {least} to {most} Chinese characters.", least=MIN_CHARS, most=MAX_CHARS),
        )
    return upper


def kept_couplet(config: ComposeConfig, vocabulary: Vocabulary) -> str:
    """Both lines with their marks; `BLANK` for each character of the lower line that the request does not keep."""
    upper = upper_line(config, vocabulary)
    kept = "".join(one for one in config.keep if is_han(one) or one == BLANK)[len(upper) :]
    return f"{upper}{COMMA}{kept.ljust(len(upper), BLANK)}{STOP}"


def opposite_tones(upper: str, slots: Sequence[Slot]) -> Codes:
    """The tones (S,), as bits, that each slot takes: either in the upper line and at free positions of the lower line."""
    codes = np.full(len(slots), EITHER_BITS, np.uint8)
    for slot in slots:
        if slot.line == 2 and slot.position and (slot.position % 2 == 0 or slot.ends_line):
            above = tones_of(upper[slot.position - 1], "pingshui")
            # A character of both tones, or of unknown tone, sets no constraint.
            codes[slot.index] = EITHER_BITS ^ above if above in (LEVEL_BIT, OBLIQUE_BIT) else EITHER_BITS
    return codes


def ends_level(upper: str) -> bool:
    """Whether an upper line ends in a level tone; traditionally it ends in an oblique one."""
    return tones_of(upper[-1], "pingshui") == LEVEL_BIT
