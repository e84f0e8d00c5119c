"""The layout of a poster: the position of each character. Sizes in em refer to the characters of the verse."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from engine.commands.poster.papers import DEFAULT_PAPER, PAPERS
from engine.commands.poster.seal import seal, seal_characters
from engine.commands.poster.shapes import Disc, Line, Shape, Text
from engine.prosody.checker import check
from engine.prosody.pinyin import pinyin_of
from engine.prosody.text import LINE_MARKS, is_han, split_lines
from engine.prosody.tunes import stanza_starts_of
from engine.system.errors import UsageError

Aid = Literal["none", "tones", "pinyin"]
AIDS: tuple[Aid, ...] = ("none", "tones", "pinyin")
WIDTH, HEIGHT = 1500, 2000
_MARGIN_X, _MARGIN_TOP, _MARGIN_BOTTOM = 200, 250, 270
_MAX_EM, _MAX_EM_LINES = 112.0, 96.0
# A longer title is set in two columns.
_MAX_TITLE_CHARS = 14
MAX_TITLE_CHARS, MAX_INSCRIPTION_CHARS = 2 * _MAX_TITLE_CHARS, 16
_TONE_RADIUS = 0.07
_STANZA_STEP = 0.7
_MIN_SEAL, _MAX_SEAL = 78.0, 108.0


@dataclass(frozen=True, slots=True)
class PosterStyle:
    """The style of a poster. `paper`: a key of `PAPERS`; `is_vertical`: columns from right to left; `aid`: shown beside each character.

    `inscription` (落款): a small line before the seal; `seal`: a name of one to four characters.
    """

    paper: str = DEFAULT_PAPER
    is_vertical: bool = True
    aid: Aid = "none"
    title: str = ""
    inscription: str = ""
    seal: str = ""
    is_seal_red_on_white: bool = False

    def check(self) -> None:
        """Raise a UsageError for an unknown paper, or a seal or text that does not fit."""
        if self.paper not in PAPERS:
            raise UsageError(
                "There is no paper called {name}.", "Choose one of: {names}.", name=self.paper, names=tuple(PAPERS)
            )
        seal_characters(self.seal)
        for text, most in ((self.title, MAX_TITLE_CHARS), (self.inscription, MAX_INSCRIPTION_CHARS)):
            if len(text) > most:
                raise UsageError(
                    "{text} is too long for a poster.", "Give {number} characters at most.", text=text, number=most
                )


@dataclass(frozen=True, slots=True)
class _Sign:
    """A Han character, its index in the text, and the mark after it."""

    character: str
    index: int
    mark: str = ""


# Signs of a column or row; None is half a sign of space. An empty column separates two stanzas.
_Run = list[_Sign | None]


def lay_out(text: str, style: PosterStyle, form: str | None = None) -> list[Shape]:
    """The shapes of a poster of `WIDTH` × `HEIGHT` pixels, without those of the paper.

    Args:
        text: a poem, in the characters that are to be drawn.
        form: the key of its form, if known; it determines the stanzas of a tune.
    """
    style.check()
    stanzas = _stanzas(text, form)
    if not stanzas:
        raise UsageError("There is no line of verse in this text.", "Type or paste Chinese verse, a line or more.")
    aids = _aids(text, style.aid)
    return list((_columns if style.is_vertical else _rows)(stanzas, style, aids))


def _stanzas(text: str, form: str | None) -> list[list[_Run]]:
    """The lines of verse, by stanza."""
    starts = set(stanza_starts_of(text, form))
    stanzas: list[list[_Run]] = []
    at = 0
    for line in split_lines(text):
        signs: _Run = []
        for index, character in enumerate(line, start=at):
            if index in starts or not stanzas:
                stanzas.append([])
            if is_han(character):
                after = text[index + 1 : index + 2]
                signs.append(_Sign(character, index, after if after in LINE_MARKS + "、" else ""))
        at += len(line)
        if signs:
            stanzas[-1].append(signs)
    return [stanza for stanza in stanzas if stanza]


def _aids(text: str, aid: Aid) -> Mapping[int, str]:
    """Index of the text -> the reading (平, 仄, both, unknown) or the pinyin of its character."""
    if aid == "pinyin":
        return dict(enumerate(pinyin_of(text)))
    readings: dict[int, str] = {}
    at = 0
    for line in check(text).lines if aid == "tones" else ():
        for character, reading in zip(line.text, line.readings, strict=True):
            at = text.index(character, at)
            readings[at] = reading
            at += 1
    return readings


# Columns from right to left


def _columns(stanzas: Sequence[Sequence[_Run]], style: PosterStyle, aids: Mapping[int, str]) -> Iterator[Shape]:
    paper = PAPERS[style.paper]
    lines = [line for stanza in stanzas for line in stanza]
    is_regular = len({len(line) for line in lines}) == 1 and len(stanzas) == 1
    pitch = 1.66 if style.aid == "pinyin" else 1.24
    column_step = 1.95 if is_regular else 1.8
    title = _cut(style.title, _MAX_TITLE_CHARS)
    before, after = 1.35 * len(title), 1.5 if style.seal or style.inscription else 0.0
    room_x, room_y = WIDTH - 2 * _MARGIN_X, HEIGHT - _MARGIN_TOP - _MARGIN_BOTTOM

    def width_of(columns: Sequence[_Run]) -> float:
        return sum(column_step if column else _STANZA_STEP for column in columns) - (column_step - 1)

    def em_of(columns: Sequence[_Run]) -> float:
        return min(room_x / (width_of(columns) + before + after), room_y / _length(columns, pitch), _MAX_EM)

    columns = max(_arrangements(stanzas, is_regular), key=em_of)
    em = em_of(columns)
    tall, wide = _length(columns, pitch) * em, width_of(columns) * em
    top = _MARGIN_TOP + (room_y - tall) * 0.44
    right = (WIDTH + wide + (after - before) * em) / 2
    if paper.rule:
        steps = [em * (column_step if column else _STANZA_STEP) for column in columns]
        yield from _ruled(right + (column_step - 1) * em / 2, top, tall, steps, em, paper.rule)
    x = right - em / 2
    for column in columns:
        y = top + em / 2
        for sign in column:
            if sign is None:
                y += em * pitch / 2
                continue
            yield Text(sign.character, x, y, em, paper.ink)
            yield from _beside(sign, aids.get(sign.index, ""), x, y, em, style, paper.ink, paper.faint)
            if not is_regular:
                yield from _stop(sign.mark, x + em * 0.5, y + em * 0.56, em, paper.seal)
            y += em * pitch
        x -= em * (column_step if column else _STANZA_STEP)
    gap = 0.95 if paper.rule else 0.6
    for number, part in enumerate(title):
        size = min(max(em * 0.56, 44.0), tall / (len(part) * 1.2))
        x = right + em * (gap + 0.28 + 0.9 * (len(title) - 1 - number))
        yield from _upright(part, x, top + size / 2, size, paper.faint)
    left = right - wide - em * (gap + 0.35)
    bottom = top + tall
    if style.seal:
        side = min(max(em * 0.92, _MIN_SEAL), _MAX_SEAL)
        yield from seal(
            style.seal, left, bottom - side / 2, side, paper.seal, paper.top, is_red_on_white=style.is_seal_red_on_white
        )
        bottom -= side + em * 0.35
    if style.inscription:
        size = min(max(em * 0.4, 30.0), (bottom - top) / (len(style.inscription) * 1.2))
        start = bottom - size * 1.2 * len(style.inscription) + size * 0.7
        yield from _upright(style.inscription, left, start, size, paper.faint)


def _arrangements(stanzas: Sequence[Sequence[_Run]], is_regular: bool) -> Iterator[list[_Run]]:
    """Yield arrangements in columns: one line each, one couplet each, or for unequal lines continuous text of a column length."""
    if is_regular:
        lines = list(stanzas[0])
        if len(lines) <= 8:
            yield lines
        pairs = [lines[start : start + 2] for start in range(0, len(lines), 2)]
        yield [[*pair[0], None, *pair[1]] if len(pair) == 2 else pair[0] for pair in pairs]
        return
    n = max(sum(map(len, stanza)) for stanza in stanzas)
    for length in range(6, max(7, min(n, 24) + 1)):
        columns: list[_Run] = []
        for stanza in stanzas:
            signs = [sign for line in stanza for sign in line]
            columns += [signs[start : start + length] for start in range(0, len(signs), length)]
            columns.append([])
        # Columns of a single character are avoided.
        if all(len(column) != 1 for column in columns):
            yield columns[:-1]
    yield [list(line) for stanza in stanzas for line in stanza]


def _length(runs: Sequence[_Run], pitch: float) -> float:
    """The length of the longest run, in em."""
    return max(sum(pitch / 2 if sign is None else pitch for sign in run) for run in runs) - pitch + 1


def _ruled(right: float, top: float, tall: float, steps: Sequence[float], em: float, colour: str) -> Iterator[Shape]:
    """A frame, and rules between the columns (乌丝栏, 朱丝栏). `steps`: widths of the columns in pixels."""
    above, below = top - em * 0.75, top + tall + em * 0.75
    left = right
    for step in (0.0, *steps):
        left -= step
        yield Line(left, above, left, below, 1.6, colour, 0.75)
    for edge in (above, below):
        yield Line(left, edge, right, edge, 1.6, colour, 0.75)
    space = em * 0.12
    corners = (
        (left - space, above - space),
        (right + space, above - space),
        (right + space, below + space),
        (left - space, below + space),
    )
    for (a, b), (c, d) in zip(corners, (*corners[1:], corners[0]), strict=True):
        yield Line(a, b, c, d, 3.2, colour, 0.9)


def _upright(text: str, x: float, y: float, size: float, colour: str) -> Iterator[Shape]:
    for character in text:
        if character in "·・":
            yield Disc(x, y - size * 0.1, size * 0.06, colour)
            y += size * 0.8
        else:
            yield Text(character, x, y, size, colour)
            y += size * 1.2


# Lines from left to right


def _rows(stanzas: Sequence[Sequence[_Run]], style: PosterStyle, aids: Mapping[int, str]) -> Iterator[Shape]:
    paper = PAPERS[style.paper]
    lines = [line for stanza in stanzas for line in stanza]
    is_regular = len({len(line) for line in lines}) == 1 and len(stanzas) == 1
    blocks = [list(stanza) if is_regular else list(_sentences(stanza)) for stanza in stanzas]
    pitch, leading = 1.16, {"none": 1.85, "tones": 2.0, "pinyin": 2.3}[style.aid]
    n_rows = sum(map(len, blocks)) + 0.6 * (len(blocks) - 1)
    title = _cut(style.title, _MAX_TITLE_CHARS)
    before, after = 1.25 * len(title) + 0.8 if title else 0.0, 2.1 if style.seal or style.inscription else 0.0
    tall = n_rows * leading - (leading - 1) + before + after
    rows = [row for block in blocks for row in block]
    room_x, room_y = WIDTH - 2 * _MARGIN_X, HEIGHT - _MARGIN_TOP - _MARGIN_BOTTOM
    em = min(room_x / _length(rows, pitch), room_y / tall, _MAX_EM_LINES)
    y = _MARGIN_TOP + (room_y - tall * em) * 0.44 + em / 2
    for part in title:
        size = min(max(em * 0.66, 50.0), room_x / (len(part) * 1.3))
        yield from _level(part, WIDTH / 2, y, size, size * 1.3, paper.faint)
        y += em * 1.25
    y += em * 0.8 if title else 0.0
    for block in blocks:
        for row in block:
            x = (WIDTH - (_length([row], pitch) - 1) * em) / 2
            for sign in row:
                if sign is not None:
                    yield Text(sign.character, x, y, em, paper.ink)
                    yield from _beside(sign, aids.get(sign.index, ""), x, y, em, style, paper.ink, paper.faint)
                x += em * (pitch / 2 if sign is None else pitch)
            y += em * leading
        y += em * leading * 0.6
    y += em * (after - 0.5 - leading * 0.6 - (leading - 1))
    side = min(max(em, _MIN_SEAL), _MAX_SEAL) if style.seal else 0.0
    size = em * 0.42
    wide = len(style.inscription) * size * 1.2
    x = (WIDTH - wide - side - (em * 0.4 if wide and side else 0.0)) / 2
    if style.inscription:
        yield from _level(style.inscription, x + wide / 2, y, size, size * 1.2, paper.faint)
        x += wide + em * 0.4
    if style.seal:
        yield from seal(
            style.seal, x + side / 2, y, side, paper.seal, paper.top, is_red_on_white=style.is_seal_red_on_white
        )


def _sentences(stanza: Sequence[_Run]) -> Iterator[_Run]:
    """Rows of a tune: one sentence each with spaced phrases; a long sentence takes several rows."""
    row: _Run = []
    for line in stanza:
        phrases = _phrases(line)
        if row and len(phrases) + len(row) > 14:
            yield row
            row = []
        row += [None, None, *phrases] if row else phrases
        last = line[-1]
        if last is not None and last.mark in ("。", "？", "！", ""):
            yield row
            row = []
    if row:
        yield row


def _phrases(line: _Run) -> _Run:
    """A line with half a sign of space after each 、."""
    run: _Run = []
    for sign in line:
        run += [sign, None] if sign is not None and sign.mark == "、" else [sign]
    return run


def _level(text: str, x: float, y: float, size: float, step: float, colour: str) -> Iterator[Shape]:
    x -= step * (len(text) - 1) / 2
    for character in text:
        if character in "·・":
            yield Disc(x, y, size * 0.06, colour)
        else:
            yield Text(character, x, y, size, colour)
        x += step


# Beside a character


def _beside(
    sign: _Sign, aid: str, x: float, y: float, em: float, style: PosterStyle, ink: str, faint: str
) -> Iterator[Shape]:
    """The tone of a character, ○ level and ● oblique, or its pinyin."""
    if style.aid == "pinyin" and aid:
        yield Text(aid, x, y + em * (0.8 if style.is_vertical else 0.84), em * 0.32, faint)
    elif aid:
        radius = em * _TONE_RADIUS
        x, y = (x + em * 0.72, y) if style.is_vertical else (x, y + em * 0.76)
        if aid in ("平", "both", "unknown"):
            yield Disc(x, y, radius, faint, stroke=em * 0.022)
        if aid in ("仄", "both"):
            yield Disc(x, y, radius if aid == "仄" else radius * 0.55, faint)


def _stop(mark: str, x: float, y: float, em: float, colour: str) -> Iterator[Shape]:
    """Punctuation (句读) in the seal's red: a ring after a sentence, a dot after a phrase."""
    if mark in ("。", "？", "！"):
        yield Disc(x, y, em * 0.1, colour, stroke=em * 0.035)
    elif mark:
        yield Disc(x, y, em * 0.06, colour)


def _cut(text: str, length: int) -> list[str]:
    """A text in parts of nearly equal length, at most `length`."""
    n_parts = -(-len(text) // length)
    size = -(-len(text) // n_parts) if n_parts else 1
    return [text[start : start + size] for start in range(0, len(text), size)]
