"""Pass rates of real poems in the checker, the reference for those of a model."""

import dataclasses
import functools
import operator
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from engine.prosody.checker import quick_verdicts
from engine.prosody.forms.definitions import Form, forms, forms_of_lengths, tunes_called
from engine.prosody.rhymes import masks_of
from engine.prosody.text import lines_of
from engine.prosody.tunes import fit_tune, recut

_AFTER_TUNE = re.compile(r"[\s・·（(].*")


class TitledVerse(Protocol):
    """The parts of a poem that determine its form (see `engine.corpus.poem.Poem`): cleaned text, and a title that may name a tune."""

    @property
    def title(self) -> str: ...

    @property
    def text(self) -> str: ...


@dataclass(slots=True)
class FormRate:
    """Counts of the poems in a form: total, ok in tones, ok in rhyme, ok in all, and undecidable.

    A poem is undecidable if it has no violation and at least one undecidable verdict.
    """

    form: str
    name: str
    n_poems: int = 0
    n_tones_ok: int = 0
    n_rhyme_ok: int = 0
    n_ok: int = 0
    n_undecidable: int = 0

    def to_dict(self) -> dict[str, str | int]:
        return dataclasses.asdict(self)


def pass_rates(poems: Iterable[TitledVerse]) -> list[FormRate]:
    """The counts of each form that occurs, in the order of `forms()`.

    Regulated forms are recognised by line lengths and the tone of the rhyme, so that old-style verse lowers their rates; a
    tune also by its title. 排律 of any number of lines are one form.
    """
    rates = {form.key: FormRate(form.key, form.name) for form in forms()}
    for poem in poems:
        form, lines = form_and_lines(poem)
        if form is None:
            continue
        verdicts = quick_verdicts(lines, form)
        rate = rates[form.key]
        rate.n_poems += 1
        rate.n_tones_ok += verdicts.tones == "ok"
        rate.n_rhyme_ok += verdicts.rhyme == "ok"
        rate.n_ok += verdicts.overall == "ok"
        rate.n_undecidable += verdicts.overall == "undecidable"
    return [rate for rate in rates.values() if rate.n_poems]


def form_and_lines(poem: TitledVerse) -> tuple[Form | None, list[str]]:
    """The form of a poem, None if it has none, and its lines.

    A tune is recognised by the title and the number of characters, however the text is divided: the form is the matching variant,
    and the lines are that variant's. Regulated verse is recognised by line lengths and the tone of
    its rhyme.
    """
    lines = lines_of(poem.text.replace("、", ""))
    title = tune_title(poem.title)
    for form in tunes_called(title):
        if (found := fit_tune(lines_of(poem.text), form)) is not None:
            return found.form, recut(lines, found.form.line_lengths)
    regulated = [form for form in forms_of_lengths(tuple(map(len, lines))) if form.is_regulated]
    return _of_its_rhyme(regulated, lines) if regulated else None, lines


def _of_its_rhyme(regulated: Sequence[Form], lines: list[str]) -> Form:
    """The regulated form of level rhyme, or of oblique rhyme if the even lines share an oblique group and no level one."""
    level = next(form for form in regulated if form.rhymes_level)
    oblique = next((form for form in regulated if not form.rhymes_level), None)
    masks = masks_of(level.rhyme_system)
    ends = [line[-1] for line in lines[1::2]]
    if oblique is None or any(end not in masks.oblique for end in ends):
        return level
    shared_level, shared_oblique = (
        functools.reduce(operator.and_, (side.get(end, 0) for end in ends)) for side in (masks.level, masks.oblique)
    )
    return oblique if shared_oblique and not shared_level else level


def tune_title(title: str) -> str:
    """The tune's name at the beginning of a title: 念奴娇 in 念奴娇 赤壁怀古."""
    return _AFTER_TUNE.sub("", title)
