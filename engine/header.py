"""A poem's header: what is known before its first character (form, rhyme, title), as tags and characters.

A training sequence is `G [form] [rhyme] [title-mark characters poem-mark] poem E`; every part may be missing, so that a
model learns to write with any of them and with none.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from engine.corpus.poems import Poem, han_of, lines_of
from engine.prosody.check import fitted, verdicts_of
from engine.prosody.forms import Form, form_called, forms
from engine.prosody.rates import form_and_lines
from engine.prosody.rhymes import masks_of, rhyme_groups
from engine.vocabulary import Vocabulary

HeaderPart = Literal["all", "form", "rhyme", "title"]
TITLE, POEM = "title", "poem"
# Titles end in what they are about (送人游吴, 寄题园亭二十六咏 水帘): of a long one the last characters are kept.
LONGEST_TITLE = 12

# What a model that was trained before there was a form is told instead: ln p of a 五排 rises by 0.05 nats a character. Of oblique
# quatrains it falls by 0.1 when they are called quatrains, and they are told no form.
NEAREST_FORM = {"wupai": "wulv", "qipai": "qilv"}

_NUMERAL = "一二三四五六七八九十百廿"
_COUNT_AT_THE_END = re.compile(rf"(其[{_NUMERAL}]+|[{_NUMERAL}]+[首咏章绝]|[{_NUMERAL}]+)+$")


@dataclass(frozen=True, slots=True)
class Header:
    """`form` is a form's key, `rhyme` the name of a group or part (一东, 第七部); None and "" where nothing is told."""

    form: str | None = None
    rhyme: str | None = None
    title: str = ""

    def only(self, part: HeaderPart) -> "Header":
        """This header with nothing but one part of it."""
        if part == "all":
            return self
        return Header(**{part: getattr(self, part)})


def header_tags() -> tuple[str, ...]:
    """Every tag that a header can hold, in the order of a vocabulary's tags."""
    level_groups = [group.name for group in rhyme_groups() if group.is_level]
    rhymes = [*level_groups, *masks_of("cilin").names]
    return (TITLE, POEM, *(f"form:{form.key}" for form in forms()), *(f"rhyme:{name}" for name in rhymes))


def header_of(poem: Poem) -> Header:
    """What can be told of a poem: its form and rhyme where the checker finds nothing wrong with either, and its title."""
    form, lines = form_and_lines(poem)
    title = title_of(poem.title)
    if form is None:
        return Header(title=title)
    found = fitted(lines, form)
    verdicts = verdicts_of(lines, found)
    # What is composed in a tune has the lines of its first way.
    is_as_composed = (
        form.is_regulated
        or tuple(map(len, lines_of(poem.text.replace("、", "")))) == form_called(form.key).line_lengths
    )
    return Header(
        form.key if is_as_composed and verdicts.overall != "violation" else None,
        _rhyme(form, found.rhyme.shared) if verdicts.rhyme != "violation" else None,
        "" if not form.is_regulated else title,
    )


def _rhyme(form: Form, shared: Mapping[str, int]) -> str | None:
    """The group of the first rhyme of a poem, where it can be but one."""
    first = form.orders[0].rhymes[0].label
    names = masks_of(form.rhyme_system).names_in(shared.get(first, 0))
    return names[0] if len(names) == 1 else None


def title_of(title: str) -> str:
    """The part of a poem's title that tells what it is about: its own name where it is one of a series, and no numbers."""
    names = [_COUNT_AT_THE_END.sub("", han_of(part)) for part in title.split()]
    name = next((name for name in reversed(names) if name), han_of(title))
    return name[-LONGEST_TITLE:]


def header_indices(vocabulary: Vocabulary, header: Header) -> list[int]:
    """What stands between G and the poem: the parts of a header that the vocabulary has tags for, or a tag for the nearest form."""
    own = vocabulary.tag(f"form:{header.form}")
    form = own if own is not None else vocabulary.tag(f"form:{NEAREST_FORM.get(header.form or '')}")
    tags = [form, vocabulary.tag(f"rhyme:{header.rhyme}")]
    indices = [tag for tag in tags if tag is not None]
    title = title_indices(vocabulary, header.title)
    title_mark, poem_mark = vocabulary.tag(TITLE), vocabulary.tag(POEM)
    if title and title_mark is not None and poem_mark is not None:
        indices += [title_mark, *title, poem_mark]
    return indices


def title_indices(vocabulary: Vocabulary, title: str) -> list[int]:
    """The characters of a title that the vocabulary knows, at most `LONGEST_TITLE`: the last ones."""
    known = [character for character in title if character in vocabulary]
    return vocabulary.encode("".join(known[-LONGEST_TITLE:]))
