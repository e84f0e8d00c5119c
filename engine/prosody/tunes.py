"""Recognition of the tune (词牌) of verse by its characters, rhymes and tones, however an edition divides its lines.

Editions divide a tune differently (念奴娇 4-5-4 or 4-3-6, 满江红 3-5 or 8), so a mark is only a position where a line
may end; the rhymes of a tune are at marks in all editions.
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

# One wrong tone or rhyme is tolerated per this many positions that demand a tone.
_PLACES_A_VIOLATION = 8
# One rhyme without a mark is tolerated per this many rhymes.
_RHYMES_A_MISSING_MARK = 8
# Maximum surplus or missing characters of verse that is nearly a tune, and minimum number of the tune's lines.
_MAX_CHARACTERS_OFF = 2
_MIN_LINES = 6
_MIN_SHARE_OF_ENDS = 0.7
# Maximum pieces of a text, or lines of a tune, that are aligned with each other where editions divide differently.
_MAX_RUN = 3
_COST_OF_A_CUT = 0.1
_UP_TO_A_RUN = range(1, _MAX_RUN + 1)
# Steps of the alignment (pieces, lines); (0, 1) and (1, 0) leave a line or a piece unmatched.
_MOVES = ((0, 1), (1, 0), *itertools.product(_UP_TO_A_RUN, _UP_TO_A_RUN))
_NUMERALS = "零一二三四五六七八九十"


def recut(pieces: Iterable[str], lengths: Sequence[int]) -> list[str]:
    """Divide the characters of some pieces into lines of other lengths."""
    characters = iter("".join(pieces))
    return ["".join(itertools.islice(characters, length)) for length in lengths]


def fit_tune(pieces: Sequence[str], form: Form) -> TuneFit | None:
    """The best fit among a tune and its variants with the same number of characters; None if there is none."""
    n_characters = sum(map(len, pieces))
    candidates = (variant for variant in (form, *form.variants) if sum(variant.line_lengths) == n_characters)
    return _best((fit(recut(pieces, variant.line_lengths), variant) for variant in candidates), pieces)


def recognised_tune(pieces: Sequence[str], book: RhymeBook | None = None) -> TuneFit | None:
    """The tune of verse by a rhyme book, if most positions fit and the rhymes are at marks; else None."""
    lengths = tuple(map(len, pieces))
    candidates: Iterable[Form] = tunes_of_size(sum(lengths))
    if len(set(lengths)) == 1:
        # Lines of equal length are taken as they are.
        candidates = (variant for variant in candidates if variant.line_lengths == lengths)
    fits = (fit(recut(pieces, variant.line_lengths), variant.in_book(book)) for variant in candidates)
    return _best((one for one in fits if _is_recognised(one) and _rhymes_at_marks(one, pieces)), pieces)


def _best(fits: Iterable[TuneFit], pieces: Sequence[str]) -> TuneFit | None:
    """The fit with the fewest faults; among equals, the one with the most line ends at marks."""
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
    """The number of characters before the end of each line."""
    return set(itertools.accumulate(lengths))


@dataclass(frozen=True, slots=True)
class Run:
    """Pieces of a text (first, end) aligned with lines of a tune; one of the two may be empty. `n_extra`: surplus characters."""

    pieces: tuple[int, int]
    lines: tuple[int, int]
    n_extra: int


def aligned(lengths: Sequence[int], form: Form) -> list[Run]:
    """The cheapest alignment of pieces of these lengths with a tune's lines: equal, merged, split, left out or added."""
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
    """(line of the tune from 1, its difference: 多一字, 少二字, 缺句, 多句), for the nearest variant of the tune."""
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
    """The name of a surplus or lack of characters: 多一字, 少二字."""
    n_off = abs(n_extra)
    number = _NUMERALS[n_off] if n_off < len(_NUMERALS) else str(n_off)
    return f"{'多' if n_extra > 0 else '少'}{number}字"


def _n_off(runs: Iterable[Run]) -> int:
    return sum(abs(run.n_extra) for run in runs)


def nearly_tune(pieces: Sequence[str]) -> Form | None:
    """The tune that verse would be in with one or two characters more or less; None if there is none."""
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
    """Whether most of a tune's lines end at a mark, counted from the start or the end: a quick test before the alignment."""
    total, size = sum(lengths), sum(variant.line_lengths)
    ends, own = _ends(lengths), _ends(variant.line_lengths)
    from_the_back = {end + size - total for end in ends}
    return len(own & (ends | from_the_back)) >= _MIN_SHARE_OF_ENDS * len(own)


def _share_wrong(pieces: Sequence[str], variant: Form, runs: Iterable[Run]) -> float | None:
    """The fraction of wrong tones and rhymes in lines of the right length; None if it is too large for the tune."""
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
    """The text index at which each stanza of a poem's tune begins, except the first; () for other verse.

    Args:
        form: the key of its form; None, or free verse: the tune is recognised.
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
