"""The characters that the wishes fix: who wished for each, and at which place of the form. Free of torch."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.composing.begin_variants import BEGIN_HINT, fold_begin
from engine.composing.constraints.layout import Step
from engine.config import ComposeConfig
from engine.corpus.vocabulary import Vocabulary
from engine.errors import ComposeError
from engine.prosody.forms import Form

BLANK = "□"
_APART = re.compile(r"[，。？！；：、／｜,.?!;:/|\s]+")

NAMES = {
    "begin": "the beginning",
    "acrostic": "the acrostic",
    "acrostic_tail": "the acrostic of line ends",
    "keep": "the kept text",
}


@dataclass(frozen=True, slots=True)
class Fixed:
    """A character that stands at a step, and the wish that put it there."""

    step: Step
    character: str
    wish: str

    def __str__(self) -> str:
        return f"{self.character} of {NAMES[self.wish]}"

    @property
    def place(self) -> str:
        return f"place {self.step.position} of line {self.step.line}"


def fixed_characters(
    config: ComposeConfig, form: Form, steps: Sequence[Step], vocabulary: Vocabulary
) -> Mapping[int, Fixed]:
    """The fixed characters by the index of their step; of a place that 叠 repeats, at the place that it repeats.

    Raises:
        ComposeError: when a wish has too many characters for the form, one that the model does not know, or when two wishes
            want different characters at one place.
    """
    found: dict[int, Fixed] = {}
    for one in _wished(config, form, steps, vocabulary):
        index = one.step.index if one.step.source is None else one.step.source
        other = found.setdefault(index, one)
        if other.character != one.character:
            where = one.place if other.step == one.step else f"{one.place}, which repeats {other.place}"
            raise ComposeError(
                f"{_capital(NAMES[other.wish])} wants {other.character} and {NAMES[one.wish]} {one.character} at {where}.",
                "Leave one of them out.",
            )
    return found


def _wished(config: ComposeConfig, form: Form, steps: Sequence[Step], vocabulary: Vocabulary) -> Iterator[Fixed]:
    places = [step for step in steps if step.is_place]
    yield from _text("begin", config.begin, form, places, vocabulary)
    yield from _text("keep", config.keep, form, places, vocabulary)
    firsts = [step for step in places if step.position == 1]
    lasts = [step for step in places if step.ends_line]
    for wish, text, at in (("acrostic", config.acrostic, firsts), ("acrostic_tail", config.acrostic_tail, lasts)):
        characters = _folded(wish, text, vocabulary)
        _refuse_too_many(wish, len(characters), form, len(at), "line")
        yield from _at(wish, characters, at)


def _text(wish: str, text: str, form: Form, places: Sequence[Step], vocabulary: Vocabulary) -> Iterator[Fixed]:
    """The characters of a text that fills the form from its beginning; `keep` fills it to its end."""
    lines = [_folded(wish, line, vocabulary) for line in _APART.split(text) if line]
    characters = "".join(lines)
    if not characters:
        return
    _refuse_too_many(wish, len(characters), form, len(places), "place")
    if wish == "keep" and len(characters) < len(places):
        raise ComposeError(
            f"The kept text has {len(characters)} places, but {form.name} has {len(places)}.",
            f"Write {BLANK} for every character that is to be composed.",
        )
    whole = lines[:-1] if wish == "begin" else lines
    for number, (line, length) in enumerate(zip(whole, form.line_lengths, strict=False), start=1):
        if len(lines) > 1 and len(line) != length:
            raise ComposeError(
                f"Line {number} of {NAMES[wish]} has {len(line)} characters, but that of {form.name} has {length}.",
                "Give lines of the form's lengths.",
            )
    yield from _at(wish, characters, places)


def _at(wish: str, characters: str, places: Iterable[Step]) -> Iterator[Fixed]:
    for step, character in zip(places, characters, strict=False):
        if character != BLANK:
            yield Fixed(step, character, wish)


def _folded(wish: str, text: str, vocabulary: Vocabulary) -> str:
    """The text as the model knows it; □ stays. Raises ComposeError for a character that it does not know."""
    text = "".join(_APART.split(text))
    hint = BEGIN_HINT if wish == "begin" else f"Give {NAMES[wish]} Chinese characters, and {BLANK} where any may stand."
    return BLANK.join(fold_begin(part, vocabulary, hint) for part in text.split(BLANK))


def _refuse_too_many(wish: str, n_characters: int, form: Form, n_places: int, what: str) -> None:
    if n_characters > n_places:
        raise ComposeError(
            f"{_capital(NAMES[wish])} has {n_characters} characters, but {form.name} has {n_places} {what}s.",
            "Give fewer, or choose a longer form.",
        )


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
