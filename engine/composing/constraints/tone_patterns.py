"""The tone patterns of a form that admit the forced characters, and the licences (拗救) that they need. Imports no torch.

Shapes: S slots.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from engine.composing.constraints.forced_characters import ForcedCharacter
from engine.composing.constraints.layout import Slot
from engine.composing.constraints.token_prosody import EITHER_BITS, LEVEL_BIT, OBLIQUE_BIT, Codes
from engine.prosody.forms.definitions import Form, Segment, SegmentOption, TonePattern
from engine.prosody.text import RhymeBook
from engine.prosody.tones import reading_of
from engine.system.errors import ComposeError, Message
from engine.system.names import shown

CODE_OF = {"平": LEVEL_BIT, "仄": OBLIQUE_BIT, "中": EITHER_BITS}
TONES_OF = {"平": LEVEL_BIT, "仄": OBLIQUE_BIT, "both": EITHER_BITS, "unknown": 0}


@dataclass(frozen=True, slots=True, eq=False)
class TonePatternFit:
    """A tone pattern, the tones (S,), as bits, that it takes at each slot, and the number of licences that it needs."""

    pattern: TonePattern
    codes: Codes
    n_licences: int


def fit_tone_patterns(
    requested: str | None, form: Form, slots: Sequence[Slot], forced: Mapping[int, ForcedCharacter]
) -> list[TonePatternFit]:
    """The tone patterns that admit all forced characters with the fewest licences.

    Raises:
        ComposeError: when no pattern has the requested name, or none admits all forced characters.
    """
    tone_patterns = _patterns_named(requested, form)
    fits = _fitting(tone_patterns, slots, forced.values(), form.rhyme_system)
    if not fits:
        raise _contradiction(requested, form, tone_patterns, slots, list(forced.values()))
    fewest = min(fit.n_licences for fit in fits)
    return [fit for fit in fits if fit.n_licences == fewest]


def tones_of(character: str, system: RhymeBook) -> int:
    """The tones, as bits, of a forced character, including the readings added to the rhyme book; 0 if it is not listed."""
    return TONES_OF[reading_of(character, system)]


def _patterns_named(name: str | None, form: Form) -> list[TonePattern]:
    """All tone patterns, or those whose name begins with `name`, of at least four letters. Raises ComposeError if there is none."""
    tone_patterns = [
        tone_pattern
        for tone_pattern in form.tone_patterns
        if not name or (tone_pattern.name.startswith(name) and len(name) >= 4)
    ]
    if not tone_patterns or (name and not form.is_regulated):
        known = Message(
            "Its tone patterns are {names}.", names=tuple(tone_pattern.name for tone_pattern in form.tone_patterns)
        )
        hint = known if form.is_regulated else "Leave the order out."
        raise ComposeError("{form} has no tone pattern called {name}.", hint, form=form.name, name=shown(name))
    return tone_patterns


def _fitting(
    tone_patterns: Iterable[TonePattern], slots: Sequence[Slot], forced: Iterable[ForcedCharacter], system: RhymeBook
) -> list[TonePatternFit]:
    wanted = {one.slot.index: one for one in forced}
    fits = (_fit(tone_pattern, slots, wanted, system) for tone_pattern in tone_patterns)
    return [
        fit
        for fit in fits
        if all(_suits(one.character, int(fit.codes[_source(slots, at)]), system) for at, one in wanted.items())
    ]


def _fit(
    tone_pattern: TonePattern, slots: Sequence[Slot], forced: Mapping[int, ForcedCharacter], system: RhymeBook
) -> TonePatternFit:
    """A tone pattern with the licences that the forced characters need; its plain segments where no licence admits them."""
    templates: list[str] = []
    n_licences = 0
    for segment in tone_pattern.segments:
        pattern = _pattern_for(segment, forced, system)
        templates += pattern.templates
        n_licences += len(pattern.licences) + len(pattern.notes)
    codes = np.zeros(len(slots), np.uint8)
    for slot in slots:
        if slot.is_character:
            codes[slot.index] = CODE_OF[templates[slot.line - 1][slot.position - 1]]
            if slot.source is not None:
                # A repeated character must fit both lines.
                codes[slot.source] &= codes[slot.index]
    return TonePatternFit(tone_pattern, codes, n_licences)


def _pattern_for(segment: Segment, forced: Mapping[int, ForcedCharacter], system: RhymeBook) -> SegmentOption:
    def takes(pattern: SegmentOption) -> bool:
        return all(
            _suits(
                one.character,
                CODE_OF[pattern.templates[one.slot.line - 1 - segment.first_line][one.slot.position - 1]],
                system,
            )
            for one in forced.values()
            if 0 <= one.slot.line - 1 - segment.first_line < len(pattern.templates)
        )

    # Fewest unlicensed deviations first, then fewest licences, so that the plain pattern comes first.
    ordered = sorted(segment.options, key=lambda option: (len(option.notes), len(option.licences)))
    return next(filter(takes, ordered), segment.plain)


def _suits(character: str, code: int, system: RhymeBook) -> bool:
    return code == EITHER_BITS or bool(tones_of(character, system) & code)


def _source(slots: Sequence[Slot], index: int) -> int:
    source = slots[index].source
    return index if source is None else source


def _contradiction(
    requested: str | None,
    form: Form,
    tone_patterns: Sequence[TonePattern],
    slots: Sequence[Slot],
    forced: Sequence[ForcedCharacter],
) -> ComposeError:
    """The error that names the contradiction between one character and the form, or between two characters."""
    name = (
        Message("the tone pattern {word} of {form}", word=tone_patterns[0].name, form=form.name)
        if requested
        else form.name
    )
    for one in forced:
        if not _fitting(tone_patterns, slots, [one], form.rhyme_system):
            return _misfit(one, name, tone_patterns, slots, form.rhyme_system)
    for one, other in itertools.combinations(forced, 2):
        if not _fitting(tone_patterns, slots, [one, other], form.rhyme_system):
            both = [_described(each, form.rhyme_system) for each in (one, other)]
            return ComposeError(
                "{one} and {other} contradict each other: no tone pattern of {form} takes both.",
                "Change one of them, or choose another form.",
                one=both[0],
                other=both[1],
                form=form.name,
            )
    return ComposeError(
        "No tone order of {form} takes all the fixed characters.", "Leave some of them out.", form=form.name
    )


def _misfit(
    one: ForcedCharacter, name: str, tone_patterns: Sequence[TonePattern], slots: Sequence[Slot], system: RhymeBook
) -> ComposeError:
    code = int(_fit(tone_patterns[0], slots, {}, system).codes[_source(slots, one.slot.index)])
    wanted = "平" if code == LEVEL_BIT else "仄"
    if not tones_of(one.character, system):
        return ComposeError(
            "The rhyme book does not tell the tone of {one}, and {form} wants one at {position}.",
            "Choose another character, or another position for it.",
            one=one.named,
            form=name,
            position=one.position,
        )
    return ComposeError(
        "{one} is {reading}, but {form} wants {wanted} at {position}.",
        "Choose another character, or another form.",
        one=one.named,
        reading=reading_of(one.character, system),
        form=name,
        wanted=wanted,
        position=one.position,
    )


def _described(one: ForcedCharacter, system: RhymeBook) -> Message:
    reading = reading_of(one.character, system)
    return Message("{one} ({reading}, {position})", one=one.named, reading=reading, position=one.position)
