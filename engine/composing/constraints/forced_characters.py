"""Forced characters: the slot of each, and the constraint that it comes from. Free of torch."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.composing.begin_variants import BEGIN_HINT, fold_begin
from engine.composing.constraints.layout import Slot
from engine.config import ComposeConfig
from engine.corpus.vocabulary import Vocabulary
from engine.errors import ComposeError
from engine.prosody.forms import Form

BLANK = "□"
_SEPARATORS = re.compile(r"[，。？！；：、／｜,.?!;:/|\s]+")

NAMES = {
    "begin": "the beginning",
    "acrostic": "the acrostic",
    "acrostic_tail": "the acrostic of line ends",
    "keep": "the kept text",
}


@dataclass(frozen=True, slots=True)
class ForcedCharacter:
    """A character forced at a slot, and the field of the request that forces it."""

    slot: Slot
    character: str
    constraint: str

    def __str__(self) -> str:
        return f"{self.character} of {NAMES[self.constraint]}"

    @property
    def place(self) -> str:
        return f"place {self.slot.position} of line {self.slot.line}"


def forced_characters(
    config: ComposeConfig, form: Form, slots: Sequence[Slot], vocabulary: Vocabulary
) -> Mapping[int, ForcedCharacter]:
    """The forced characters by slot index; one at a slot that a 叠 repeats stands at its source.

    Raises:
        ComposeError: when a text has too many characters for the form or one that is not in the vocabulary, or when two fields
            force different characters at one slot.
    """
    found: dict[int, ForcedCharacter] = {}
    for one in _each_forced(config, form, slots, vocabulary):
        index = one.slot.index if one.slot.source is None else one.slot.source
        other = found.setdefault(index, one)
        if other.character != one.character:
            where = one.place if other.slot == one.slot else f"{one.place}, which repeats {other.place}"
            raise ComposeError(
                f"{_capital(NAMES[other.constraint])} wants {other.character} and {NAMES[one.constraint]} {one.character} at {where}.",
                "Leave one of them out.",
            )
    return found


def _each_forced(
    config: ComposeConfig, form: Form, slots: Sequence[Slot], vocabulary: Vocabulary
) -> Iterator[ForcedCharacter]:
    character_slots = [slot for slot in slots if slot.is_character]
    yield from _text("begin", config.begin, form, character_slots, vocabulary)
    yield from _text("keep", config.keep, form, character_slots, vocabulary)
    firsts = [slot for slot in character_slots if slot.position == 1]
    lasts = [slot for slot in character_slots if slot.ends_line]
    for constraint, text, at in (("acrostic", config.acrostic, firsts), ("acrostic_tail", config.acrostic_tail, lasts)):
        characters = _folded(constraint, text, vocabulary)
        _refuse_too_many(constraint, len(characters), form, len(at), "line")
        yield from _at(constraint, characters, at)


def _text(
    constraint: str, text: str, form: Form, character_slots: Sequence[Slot], vocabulary: Vocabulary
) -> Iterator[ForcedCharacter]:
    """The characters of a text that fills the form from its beginning; `keep` must fill it to its end."""
    lines = [_folded(constraint, line, vocabulary) for line in _SEPARATORS.split(text) if line]
    characters = "".join(lines)
    if not characters:
        return
    _refuse_too_many(constraint, len(characters), form, len(character_slots), "place")
    if constraint == "keep" and len(characters) < len(character_slots):
        raise ComposeError(
            f"The kept text has {len(characters)} places, but {form.name} has {len(character_slots)}.",
            f"Write {BLANK} for every character that is to be composed.",
        )
    whole = lines[:-1] if constraint == "begin" else lines
    for number, (line, length) in enumerate(zip(whole, form.line_lengths, strict=False), start=1):
        if len(lines) > 1 and len(line) != length:
            raise ComposeError(
                f"Line {number} of {NAMES[constraint]} has {len(line)} characters, but that of {form.name} has {length}.",
                "Give lines of the form's lengths.",
            )
    yield from _at(constraint, characters, character_slots)


def _at(constraint: str, characters: str, character_slots: Iterable[Slot]) -> Iterator[ForcedCharacter]:
    for slot, character in zip(character_slots, characters, strict=False):
        if character != BLANK:
            yield ForcedCharacter(slot, character, constraint)


def _folded(constraint: str, text: str, vocabulary: Vocabulary) -> str:
    """The text folded to the vocabulary; □ stays. Raises ComposeError for an unknown character."""
    text = "".join(_SEPARATORS.split(text))
    hint = (
        BEGIN_HINT
        if constraint == "begin"
        else f"Give {NAMES[constraint]} Chinese characters, and {BLANK} where any may stand."
    )
    return BLANK.join(fold_begin(part, vocabulary, hint) for part in text.split(BLANK))


def _refuse_too_many(constraint: str, n_characters: int, form: Form, n_slots: int, what: str) -> None:
    if n_characters > n_slots:
        raise ComposeError(
            f"{_capital(NAMES[constraint])} has {n_characters} characters, but {form.name} has {n_slots} {what}s.",
            "Give fewer, or choose a longer form.",
        )


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
