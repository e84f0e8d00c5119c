"""Rule compliance and novelty of poems in a form: one row of figures, for model output and for real poems."""

import dataclasses
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from engine.corpus.novelty.line_index import RUN_LENGTH, LineIndex
from engine.corpus.novelty.novelty import verse_lines
from engine.prosody.checker import check
from engine.prosody.forms.definitions import Form
from engine.prosody.text import han_of

# The checker's names of a repeated rhyme character; the second may be two words.
SAME_RHYME = ("重韵", "疑重韵")


@dataclass(frozen=True, slots=True)
class VerseRates:
    """Counts and fractions over poems in a form; None without data, or if the training lines are unknown.

    `n_*` count poems: `n_form_ok` with the lines of the form, `n_tones_ok` and `n_rhyme_ok` by the checker, `n_ok` ok in all
    three, `n_unknown` with a character that the rhyme book lacks, `n_rhyme_again` with a repeated rhyme character,
    `n_with_line` with a training line, whole or as at least five characters of a line. `lines_copied`: fraction of
    lines that are training lines. `longest_runs`: mean of the poems' longest runs shared with a training line, at least three.
    The filter has no false negatives, and false positives for one line in 120.

    `distinct_*`: number of distinct items / number of items. `mean_logprob`: ln p per Han character, in nats.
    """

    n_poems: int
    n_form_ok: int
    n_tones_ok: int
    n_rhyme_ok: int
    n_ok: int
    n_unknown: int
    n_rhyme_again: int
    n_with_line: int | None
    lines_copied: float | None
    longest_runs: float | None
    distinct_poems: float | None
    distinct_lines: float | None
    distinct_bigrams: float | None
    mean_logprob: float | None = None
    chars_per_s: float | None = None

    def to_dict(self) -> dict[str, int | float | None]:
        return {
            key: round(value, 4) if isinstance(value, float) else value
            for key, value in dataclasses.asdict(self).items()
        }


def rates_of(texts: Sequence[str], form: Form, training: LineIndex | None) -> VerseRates:
    """Measure poems in a form; a text with other line lengths counts as a failure."""
    verses = list(map(verse_lines, texts))
    reports = [check(verse, form) for verse in verses]
    lines = list(itertools.chain.from_iterable(verses))
    bigrams = [pair for line in lines for pair in itertools.pairwise(line)]
    with_line = copied = longest = None
    if training is not None and lines:
        with_line = sum(bool(training.contains_known(verse).any()) for verse in verses)
        copied = float(training.contains(lines).mean())
        longest = sum(_longest_run(verse, training) for verse in verses) / len(verses)
    return VerseRates(
        n_poems=len(texts),
        n_form_ok=sum(report.verdicts.form == "ok" for report in reports),
        n_tones_ok=sum(report.verdicts.tones == "ok" for report in reports),
        n_rhyme_ok=sum(report.verdicts.rhyme == "ok" for report in reports),
        n_ok=sum(report.verdicts.overall == "ok" for report in reports),
        n_unknown=sum(bool(report.unknown) for report in reports),
        n_rhyme_again=sum(any(rhyme.reason in SAME_RHYME for rhyme in report.rhymes) for report in reports),
        n_with_line=with_line,
        lines_copied=copied,
        longest_runs=longest,
        distinct_poems=_distinct([han_of(text) for text in texts]),
        distinct_lines=_distinct(lines),
        distinct_bigrams=_distinct(bigrams),
    )


def _longest_run(verse: Sequence[str], training: LineIndex) -> int:
    return max((training.longest_run(line)[1] for line in verse), default=0) or RUN_LENGTH - 1


def _distinct(things: Sequence[object]) -> float | None:
    return len(set(things)) / len(things) if things else None
