"""Which tune (词牌) some verse is in, however an edition cuts its lines: by its characters, its rhymes and its tones.

Editions cut a tune in several ways (念奴娇 4-5-4 or 4-3-6, 满江红 3-5 or 8), so a mark counts for nothing but as a position where a line
may end; a tune's rhymes stand at marks in all of them.
"""

import contextlib
import functools
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from engine.prosody.forms.definitions import Form, form_called, tunes_of_size
from engine.prosody.forms.match import TuneFit, fit, fit_rhymes
from engine.prosody.rhymes import masks_of
from engine.prosody.text import FREE_VERSE, RhymeBook, han_of, is_han, split_lines
from engine.prosody.tones import cannot_be, must_be
from engine.system.errors import UsageError

# Of so many positions that demand a tone, one may be wrong in verse that is still taken for a tune.
_PLACES_A_VIOLATION = 8
# Of so many rhymes, one may stand where the text has no mark.
_RHYMES_A_MISSING_MARK = 8
# Verse that lacks or exceeds so many characters may still be meant for a tune of so many lines or more.
_MAX_CHARACTERS_OFF = 2
_MIN_LINES = 6
_MIN_SHARE_OF_ENDS = 0.7
# How many pieces of a text, or lines of a tune, may stand against each other where editions cut differently.
_MAX_RUN = 3
_COST_OF_A_CUT = 0.1
_UP_TO_A_RUN = range(1, _MAX_RUN + 1)
# (pieces, lines) that stand against each other; a piece or a line without any stands alone.
_MOVES = ((0, 1), (1, 0), *itertools.product(_UP_TO_A_RUN, _UP_TO_A_RUN))
_NUMERALS = "零一二三四五六七八九十"


def recut(pieces: Iterable[str], lengths: Sequence[int]) -> list[str]:
    """The characters of some pieces in lines of other lengths."""
    characters = iter("".join(pieces))
    return ["".join(itertools.islice(characters, length)) for length in lengths]


def fit_tune(pieces: Sequence[str], form: Form) -> TuneFit | None:
    """The way of a tune (itself or one of its variants) that has as many characters and fits best; None where none has."""
    n_characters = sum(map(len, pieces))
    candidates = (variant for variant in (form, *form.variants) if sum(variant.line_lengths) == n_characters)
    return _best((fit(recut(pieces, variant.line_lengths), variant) for variant in candidates), pieces)


def recognised_tune(pieces: Sequence[str], book: RhymeBook | None = None) -> TuneFit | None:
    """The tune that some verse is in by a rhyme book, where most positions fit and the rhymes stand at marks; None where it is in none."""
    lengths = tuple(map(len, pieces))
    candidates: Iterable[Form] = tunes_of_size(sum(lengths))
    if len(set(lengths)) == 1:
        # Lines of one length are cut as they are meant.
        candidates = (variant for variant in candidates if variant.line_lengths == lengths)
    fits = (fit(recut(pieces, variant.line_lengths), variant.in_book(book)) for variant in candidates)
    return _best((one for one in fits if _is_recognised(one) and _rhymes_at_marks(one, pieces)), pieces)


def _best(fits: Iterable[TuneFit], pieces: Sequence[str]) -> TuneFit | None:
    """The fit with the fewest violations; of several, the one whose lines end most often at a mark."""
    ends = _ends(map(len, pieces))
    return min(fits, key=lambda one: (one.n_faults, len(_ends(one.form.line_lengths) - ends)), default=None)


def _is_recognised(found: TuneFit) -> bool:
    return found.n_faults * _PLACES_A_VIOLATION <= found.n_demanded


def _rhymes_at_marks(found: TuneFit, pieces: Sequence[str]) -> bool:
    ends, own = _ends(map(len, pieces)), list(itertools.accumulate(found.form.line_lengths))
    rhymes = found.tone_pattern.rhymes
    n_missing = sum(own[position.line] not in ends for position in rhymes)
    return n_missing * _RHYMES_A_MISSING_MARK <= len(rhymes)


def _ends(lengths: Iterable[int]) -> set[int]:
    """The number of characters up to the end of each line."""
    return set(itertools.accumulate(lengths))


@dataclass(frozen=True, slots=True)
class Run:
    """Some pieces of a text (first, end) that stand against some lines of a tune; neither may be empty twice."""

    pieces: tuple[int, int]
    lines: tuple[int, int]
    n_extra: int


def aligned(lengths: Sequence[int], form: Form) -> list[Run]:
    """The cheapest way to set pieces of these lengths against a tune's lines: one for one, merged, cut, left out or added."""
    wanted = form.line_lengths
    costs: dict[tuple[int, int], tuple[float, Run | None]] = {(0, 0): (0.0, None)}
    for i in range(len(lengths) + 1):
        for j in range(len(wanted) + 1):
            for n_pieces, n_lines in _MOVES:
                before = costs.get((i - n_pieces, j - n_lines))
                if before is not None:
                    n_extra = sum(lengths[i - n_pieces : i]) - sum(wanted[j - n_lines : j])
                    cost = before[0] + abs(n_extra) + _COST_OF_A_CUT * max(0, n_pieces + n_lines - 2)
                    if (i, j) not in costs or cost < costs[i, j][0]:
                        costs[i, j] = cost, Run((i - n_pieces, i), (j - n_lines, j), n_extra)
    return list(_path(costs, (len(lengths), len(wanted))))[::-1]


def _path(costs: dict[tuple[int, int], tuple[float, Run | None]], end: tuple[int, int]) -> Iterator[Run]:
    while run := costs[end][1]:
        yield run
        end = run.pieces[0], run.lines[0]


def line_differences(pieces: Sequence[str], form: Form) -> list[tuple[int, str]]:
    """(line of the tune, counted from 1; by how much it differs: 多一字, 少二字, 缺句, 多句), for the way that is nearest."""
    lengths = list(map(len, pieces))
    variant = min(
        (form, *form.variants),
        key=lambda one: (_n_off(aligned(lengths, one)), abs(len(one.line_lengths) - len(pieces))),
    )
    found = []
    for run in aligned(lengths, variant):
        if run.n_extra:
            found.append((min(run.lines[0] + 1, len(variant.line_lengths)), _difference(run)))
    return found


def _difference(run: Run) -> str:
    if run.pieces[0] == run.pieces[1]:
        return "缺句"
    if run.lines[0] == run.lines[1]:
        return "多句"
    return characters_off(run.n_extra)


def characters_off(n_extra: int) -> str:
    """What so many characters too many, or too few, are called: 多一字, 少二字."""
    n_off = abs(n_extra)
    number = _NUMERALS[n_off] if n_off < len(_NUMERALS) else str(n_off)
    return f"{'多' if n_extra > 0 else '少'}{number}字"


def _n_off(runs: Iterable[Run]) -> int:
    return sum(abs(run.n_extra) for run in runs)


def nearly_tune(pieces: Sequence[str]) -> Form | None:
    """The tune that some verse is in but for a character or two too many or too few; None where there is none."""
    lengths = list(map(len, pieces))
    if len(set(lengths)) < 2:
        return None
    total = sum(lengths)
    found: list[tuple[float, Form]] = []
    for n_off in (-2, -1, 1, 2):
        for variant in tunes_of_size(total + n_off):
            if len(variant.line_lengths) >= _MIN_LINES and _ends_agree(lengths, variant):
                runs = aligned(lengths, variant)
                if _n_off(runs) <= _MAX_CHARACTERS_OFF and (share := _share_wrong(pieces, variant, runs)) is not None:
                    found.append((share, variant))
    return min(found, key=lambda one: one[0])[1] if found else None


def _ends_agree(lengths: Sequence[int], variant: Form) -> bool:
    """Whether most of a tune's lines end at a mark, counted from the front or from the back: quick, before lines are aligned."""
    total, size = sum(lengths), sum(variant.line_lengths)
    ends, own = _ends(lengths), _ends(variant.line_lengths)
    from_the_back = {end + size - total for end in ends}
    return len(own & (ends | from_the_back)) >= _MIN_SHARE_OF_ENDS * len(own)


def _share_wrong(pieces: Sequence[str], variant: Form, runs: Iterable[Run]) -> float | None:
    """The share of wrong tones and rhymes in the lines that are whole; None where it is too large to be the tune."""
    (tone_pattern,) = variant.tone_patterns
    lines = [""] * len(variant.line_lengths)
    n_demanded = n_wrong = 0
    for run in runs:
        if run.n_extra:
            continue
        first, end = run.lines
        for offset, line in enumerate(recut(pieces[slice(*run.pieces)], variant.line_lengths[first:end])):
            lines[first + offset] = line
            level, oblique = must_be(tone_pattern.templates[first + offset])
            never_level, never_oblique = cannot_be(line)
            n_demanded += (level | oblique).bit_count()
            n_wrong += (level & never_level | oblique & never_oblique).bit_count()
    rhymes = [position for position in tone_pattern.rhymes if lines[position.line]]
    n_wrong += fit_rhymes(lines, rhymes, masks_of(variant.rhyme_system)).n_wrong if rhymes else 0
    if n_wrong * _PLACES_A_VIOLATION > n_demanded or len(rhymes) * 2 < len(tone_pattern.rhymes):
        return None
    return n_wrong / max(1, n_demanded)


@functools.lru_cache(maxsize=256)
def stanza_starts_of(text: str, form: str | None = None) -> tuple[int, ...]:
    """Where in a poem the second stanza of its tune begins, and every later one, as indices of the text; () for other verse.

    Args:
        form: the key of its form; without one, or with that of free verse, the tune that the verse is recognised as.
    """
    pieces = [han_of(line) for line in split_lines(text)]
    with contextlib.suppress(UsageError):
        found = form_called(form) if form and form != FREE_VERSE else None
        if found is None and len(set(map(len, pieces))) > 1:
            recognised = recognised_tune(pieces)
            found = recognised.form if recognised else None
        n_characters = sum(map(len, pieces))
        for variant in (found, *found.variants) if found else ():
            if sum(variant.line_lengths) == n_characters:
                positions = [index for index, character in enumerate(text) if is_han(character)]
                return tuple(positions[sum(variant.line_lengths[:start])] for start in variant.stanza_starts if start)
    return ()
