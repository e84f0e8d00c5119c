"""The control codes of a poem: form, rhyme, title, keywords and style, read before its first character.

A training sequence is

    G [dynasty] [period] [poet] [form] [rhyme] [keyword-mark word]… [title-mark title] [poem-mark] poem E

The poem-mark follows keywords or a title. Every part is optional, so that a model learns to write with or without any of
them. The keywords are one to four of the poem's candidates (`engine.corpus.tokens.keywords`), sampled anew in every epoch; dynasty,
period and poet are the style (`data/poets.tsv`). The tags of a vocabulary determine the available parts: vocabularies of older versions
have form, rhyme and title only.
"""

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

from engine.corpus.poem import Poem
from engine.corpus.tokens.keywords import MAX_KEYWORD_CHARS, MAX_KEYWORDS, keyword_candidates
from engine.corpus.tokens.vocabulary import Vocabulary
from engine.prosody.checker import fitted, verdicts_of
from engine.prosody.forms.definitions import Form, form_called, forms
from engine.prosody.pass_rates import form_and_lines
from engine.prosody.rhymes import masks_of, rhyme_groups
from engine.prosody.text import han_of, lines_of
from engine.system.paths import bundled_rows

# The periods of each dynasty; the corpus counts the 五代 as 唐.
PERIODS: Mapping[str, tuple[str, ...]] = {"唐": ("初唐", "盛唐", "中唐", "晚唐", "五代"), "宋": ("北宋", "南宋")}


@dataclass(frozen=True, slots=True)
class Style:
    """A style: dynasty (唐), period (晚唐) and poet (李商隐); "" for unknown parts."""

    dynasty: str = ""
    period: str = ""
    poet: str = ""


@functools.cache
def _styles() -> Mapping[str, Style]:
    """The style of every poet; `poet` is set for poets with a control code."""
    return {
        poet: replace(_style_of_time(period), poet=poet if code == "+" else "")
        for period, code, poets in bundled_rows("poets.tsv")
        for poet in poets.split()
    }


def _style_of_time(name: str) -> Style:
    if name in PERIODS:
        return Style(name)
    return Style(next(dynasty for dynasty, periods in PERIODS.items() if name in periods), name)


def style_of(author: str) -> Style:
    """The style of an author; an empty style for an author who is not in the table."""
    return _styles().get(author, Style())


def style_named(name: str) -> Style | None:
    """The style of a dynasty, a period or a poet by name; None for an unknown name."""
    if name in PERIODS or any(name in periods for periods in PERIODS.values()):
        return _style_of_time(name)
    return _styles().get(name)


def coded_poets() -> tuple[str, ...]:
    """The poets with a control code, in the order of the table."""
    return tuple(poet for poet, style in _styles().items() if style.poet)


ControlCodePart = Literal["all", "form", "rhyme", "title", "keywords", "style"]
CONTROL_CODE_PARTS: tuple[ControlCodePart, ...] = get_args(ControlCodePart)
TITLE, POEM, KEYWORD = "title", "poem", "keyword"
# The kinds of style in sequence order; their tags are `dynasty:唐`, `period:晚唐`, `poet:李商隐`.
STYLE = ("dynasty", "period", "poet")
# The topic is at the end of a title (送人游吴, 寄题园亭二十六咏 水帘), so the last characters of a long one are kept.
MAX_TITLE_CHARS = 12

# The code used for a form that the model's vocabulary lacks: it raises ln p of a 五排 by 0.05 nats a character. Oblique
# quatrains get no code, because that of a quatrain lowers their ln p by 0.1 nats a character.
NEAREST_FORM = {"wupai": "wulv", "qipai": "qilv"}

_NUMERAL = "一二三四五六七八九十百廿"
_COUNT_AT_THE_END = re.compile(rf"(其[{_NUMERAL}]+|[{_NUMERAL}]+[首咏章绝]|[{_NUMERAL}]+)+$")


@dataclass(frozen=True, slots=True)
class ControlCodes:
    """The control codes of a poem. `form`: a form's key; `rhyme`: the name of a group or part (一东, 第七部); None, "" or () if unknown.

    `keywords`: all candidates of the poem; the first `MAX_KEYWORDS` in the vocabulary are used.
    """

    form: str | None = None
    rhyme: str | None = None
    title: str = ""
    keywords: tuple[str, ...] = ()
    dynasty: str = ""
    period: str = ""
    poet: str = ""

    def only(self, part: ControlCodePart) -> "ControlCodes":
        if part == "all":
            return self
        return ControlCodes(**{name: getattr(self, name) for name in (STYLE if part == "style" else (part,))})


def control_code_tags() -> tuple[str, ...]:
    """All tags of control codes, in the order of a vocabulary's tags."""
    level_groups = [group.name for group in rhyme_groups() if group.is_level]
    rhymes = [*level_groups, *masks_of("cilin").names]
    styles = [
        *(f"dynasty:{name}" for name in PERIODS),
        *(f"period:{name}" for periods in PERIODS.values() for name in periods),
        *(f"poet:{name}" for name in coded_poets()),
    ]
    return (
        TITLE,
        POEM,
        *(f"form:{form.key}" for form in forms()),
        *(f"rhyme:{name}" for name in rhymes),
        KEYWORD,
        *styles,
    )


def control_codes_of(poem: Poem) -> ControlCodes:
    """The control codes of a poem: form and rhyme if the checker finds no violation in them, title, keywords and style."""
    form, lines = form_and_lines(poem)
    title = title_of(poem.title)
    # The title of a tune is its name, which repeats the form.
    title = title if form is None or form.is_regulated else ""
    style = style_of(poem.author)
    known = ControlCodes(
        title=title,
        keywords=keyword_candidates(poem, title),
        dynasty=style.dynasty,
        period=style.period,
        poet=style.poet,
    )
    if form is None:
        return known
    found = fitted(lines, form)
    verdicts = verdicts_of(lines, found)
    # Poems in a tune are composed with the line lengths of its first variant.
    is_as_composed = (
        form.is_regulated
        or tuple(map(len, lines_of(poem.text.replace("、", "")))) == form_called(form.key).line_lengths
    )
    return replace(
        known,
        form=form.key if is_as_composed and verdicts.overall != "violation" else None,
        rhyme=_rhyme(form, found.rhyme.shared) if verdicts.rhyme != "violation" else None,
    )


def _rhyme(form: Form, shared: Mapping[str, int]) -> str | None:
    """The group of the first rhyme of a poem; None unless it is unique."""
    first = form.tone_patterns[0].rhymes[0].label
    names = masks_of(form.rhyme_system).names_in(shared.get(first, 0))
    return names[0] if len(names) == 1 else None


def title_of(title: str) -> str:
    """The topic of a poem's title: its own name within a series, without numbers."""
    names = [_COUNT_AT_THE_END.sub("", han_of(part)) for part in title.split()]
    name = next((name for name in reversed(names) if name), han_of(title))
    return name[-MAX_TITLE_CHARS:]


def control_code_indices(vocabulary: Vocabulary, codes: ControlCodes) -> list[int]:
    """The tokens between G and the poem: the codes that the vocabulary has tags for; a missing form is replaced by `NEAREST_FORM`."""
    own = vocabulary.tag(f"form:{codes.form}")
    form = own if own is not None else vocabulary.tag(f"form:{NEAREST_FORM.get(codes.form or '')}")
    style = [vocabulary.tag(f"{kind}:{getattr(codes, kind)}") for kind in STYLE]
    tags = [*style, form, vocabulary.tag(f"rhyme:{codes.rhyme}")]
    indices = [tag for tag in tags if tag is not None]
    title_mark, poem_mark, keyword_mark = (vocabulary.tag(mark) for mark in (TITLE, POEM, KEYWORD))
    if poem_mark is None:
        return indices
    words: list[int] = []
    if keyword_mark is not None:
        keywords = [word for word in (keyword_indices(vocabulary, one) for one in codes.keywords) if word]
        words += [index for word in keywords[:MAX_KEYWORDS] for index in (keyword_mark, *word)]
    title = title_indices(vocabulary, codes.title)
    if title and title_mark is not None:
        words += [title_mark, *title]
    return [*indices, *words, poem_mark] if words else indices


def keyword_indices(vocabulary: Vocabulary, word: str) -> list[int]:
    """The tokens of a keyword; [] if it has more than `MAX_KEYWORD_CHARS` or the vocabulary lacks one of them."""
    known = len(word) <= MAX_KEYWORD_CHARS and all(character in vocabulary for character in word)
    return vocabulary.encode(word) if known else []


def title_indices(vocabulary: Vocabulary, title: str) -> list[int]:
    """The tokens of the last `MAX_TITLE_CHARS` characters of a title that are in the vocabulary."""
    known = [character for character in title if character in vocabulary]
    return vocabulary.encode("".join(known[-MAX_TITLE_CHARS:]))
