"""Forced characters: the slot of each, and the constraint that forces it. Imports no torch."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.composing.constraints.begin_variants import BEGIN_HINT, fold_begin
from engine.composing.constraints.layout import Slot
from engine.config.schema import ComposeConfig
from engine.corpus.tokens.vocabulary import Vocabulary
from engine.prosody.forms.definitions import Form
from engine.system.errors import ComposeError, Message

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

    @property
    def named(self) -> Message:
        """The character with the field that forces it. Characters are kept by each revision, without a word of the user about it."""
        if self.constraint == "keep":
            return Message("{character} of the poem", character=self.character)
        return Message("{character} of {constraint}", character=self.character, constraint=NAMES[self.constraint])

    @property
    def position(self) -> Message:
        return Message("position {number} of line {number2}", number=self.slot.position, number2=self.slot.line)


def forced_characters(
    config: ComposeConfig, form: Form, slots: Sequence[Slot], vocabulary: Vocabulary
) -> Mapping[int, ForcedCharacter]:
    """The forced characters by slot index; one at a slot that repeats another (叠) is listed at the source slot.

    Raises:
        ComposeError: when a text is too long for the form, has a character that is not Han or (in `begin`) not in the vocabulary, or
            two fields force different characters at one slot.
    """
    found: dict[int, ForcedCharacter] = {}
    for one in _each_forced(config, form, slots, vocabulary):
        index = one.slot.index if one.slot.source is None else one.slot.source
        other = found.setdefault(index, one)
        if other.character != one.character:
            where = (
                one.position
                if other.slot == one.slot
                else Message("{position}, which repeats {position2}", position=one.position, position2=other.position)
            )
            raise ComposeError(
                "{constraint} wants {character} and {constraint2} {character2} at {where}.",
                "Leave one of them out.",
                constraint=_capital(NAMES[other.constraint]),
                character=other.character,
                constraint2=NAMES[one.constraint],
                character2=one.character,
                where=where,
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
    """The forced characters of a text that starts at the first slot; `keep` must extend to the last."""
    lines = [_folded(constraint, line, vocabulary) for line in _SEPARATORS.split(text) if line]
    characters = "".join(lines)
    if not characters:
        return
    _refuse_too_many(constraint, len(characters), form, len(character_slots), "position")
    if constraint == "keep" and len(characters) < len(character_slots):
        raise ComposeError(
            "The kept text has {number} {number:position|positions}, but {form} has {number2}.",
            "Write □ for every character that is to be composed.",
            number=len(characters),
            form=form.name,
            number2=len(character_slots),
        )
    whole = lines[:-1] if constraint == "begin" else lines
    for number, (line, length) in enumerate(zip(whole, form.line_lengths, strict=False), start=1):
        if len(lines) > 1 and len(line) != length:
            raise ComposeError(
                "Line {number} of {constraint} has {number2} {number2:character|characters}, but that of {form} has {number3}.",
                "Give lines of the form's lengths.",
                number=number,
                constraint=NAMES[constraint],
                number2=len(line),
                form=form.name,
                number3=length,
            )
    yield from _at(constraint, characters, character_slots)


def _at(constraint: str, characters: str, character_slots: Iterable[Slot]) -> Iterator[ForcedCharacter]:
    for slot, character in zip(character_slots, characters, strict=False):
        if character != BLANK:
            yield ForcedCharacter(slot, character, constraint)


def _folded(constraint: str, text: str, vocabulary: Vocabulary) -> str:
    """Fold a text to the vocabulary. □ is kept, and except in `begin` so is a Han character outside the vocabulary, such as one of a name.

    Raises:
        ComposeError: for a character that is not Han, and in `begin` for one that the vocabulary lacks.
    """
    text = "".join(_SEPARATORS.split(text))
    hint = (
        BEGIN_HINT
        if constraint == "begin"
        else Message("Give {constraint} Chinese characters, and □ where any may stand.", constraint=NAMES[constraint])
    )
    return BLANK.join(
        fold_begin(part, vocabulary, hint, keeps_unknown=constraint != "begin") for part in text.split(BLANK)
    )


def _refuse_too_many(constraint: str, n_characters: int, form: Form, n_slots: int, what: str) -> None:
    if n_characters > n_slots:
        raise ComposeError(
            "{constraint} has {number} {number:character|characters}, but {form} has {number2} {what}s.",
            "Give fewer, or choose a longer form.",
            constraint=_capital(NAMES[constraint]),
            number=n_characters,
            form=form.name,
            number2=n_slots,
            what=what,
        )


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
