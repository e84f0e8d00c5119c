"""From a poem as an edition prints it to the bare verse: notes out, punctuation folded, gaps refused.

The rules were decided by looking at the npm package `chinese-poetry` 2.0.1 (see `CleaningReport` for what it counts):
round brackets hold variant readings and sources and go; square brackets hold a character that the editor supplied or
corrected and stay; braces describe a character that the encoding lacked, □ one that the edition lacked, and so do many
question marks in the middle of a line. A poem with such a gap is dropped: no line ever loses a character silently.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from engine.corpus.poems import MARKS, Poem, RawPoem, han_digest, lines_of
from engine.corpus.simplified import to_simplified
from engine.vocabulary import is_han

MIN_HAN = 10
MIN_LINES = 2
# No metre of verse has lines this long; prose prefaces, notes and poems whose punctuation was lost do.
MAX_LINE_HAN = 16
EXAMPLES_PER_REASON = 8

# What stands where a note was taken out; it never leaves this module.
_NOTE = "\x00"
_GAP = "□"

_FOLDED = {
    **dict(zip("｡．.,﹐､!﹗?﹖;﹔:﹕", "。。。，，、！！？？；；：：", strict=True)),
    **dict(zip("([{<)]}>", "（［｛〈）］｝〉", strict=True)),
    **dict.fromkeys("《》「」『』“”‘’\"'〝〞﹁﹂﹃﹄«»‹›｢｣—–-－―─~～·‧・•﹏_", ""),
    **dict.fromkeys("○●◎□■▢▣△▲☐◇◆囗�*＊×…⋯", _GAP),
    **dict.fromkeys("|｜/／\\＼\u3000\u00a0", "\n"),
    **dict.fromkeys("\ufeff\u200b\u200c\u200d\u00ad", ""),
    **dict.fromkeys("①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳¹²³⁰⁴⁵⁶⁷⁸⁹†‡※", _NOTE),
    "○": _GAP,
}
_FOLD = str.maketrans(_FOLDED)
_OPENERS = {"（": "）", "［": "］", "｛": "｝", "【": "】", "〈": "〉", "〔": "〕", "〖": "〗"}
_ANY_BRACKET = re.compile("[（）［］｛｝【】〈〉〔〕〖〗]")
_NUMERALS = frozenset("一二三四五六七八九十〇0123456789０１２３４５６７８９")
_NOTE_WORD = re.compile("作|按|注|校|疑")
_MISSING = re.compile("^(以?[上下]|原|此[句字]|[一二三四五六七八九十]+[句字])?[缺闕阙脱脫]")
_LONGEST_SUPPLIED = 12
_LONGEST_GLYPH_DESCRIPTION = 12
# A source or a catalogue entry that stands in the text without brackets.
_CATALOGUE = re.compile(
    "首句[：（]|^[诗詩][题題]：|^附注：|《[^》]*》卷|卷[一二三四五六七八九十百○〇]+[「《]|均?[见見]《|《[^》]*》[引云]"
)
_FRAGMENT_TITLE = re.compile(r"^[又逸佚残殘断斷]?句(\s|$|[其一二三四五六七八九十○〇])|[（(][^（）()]{0,3}句[）)]")
_RUN_OF_MARKS = re.compile(f"[{MARKS}]{{2,}}")
_SEPARATORS = re.compile(r"\s+")


class _Dropped(Exception):
    """The poem at hand cannot be kept; carries the reason as counted in the report."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(slots=True)
class CleaningReport:
    """What cleaning read, kept, dropped and changed.

    Reasons to drop: `no_han`, `too_short` (under 10 Han characters or 2 lines), `fragment` (titled 句), `gap` (a character
    is missing), `brackets` (unbalanced), `unclear_note` (taking a note out broke an otherwise even poem), `catalogue`
    (an entry or source, no poem), `not_verse` (a line over 16 characters), `foreign` (letters, digits, signs), `duplicate`.
    Changes: `note_removed`, `supplied_kept`, `simplified`, `marks_from_breaks`.
    """

    n_read: int = 0
    n_kept: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def drop(self, raw: RawPoem, reason: str) -> None:
        self.dropped[reason] += 1
        shown = self.examples.setdefault(reason, [])
        if len(shown) < EXAMPLES_PER_REASON:
            shown.append(f"{raw.title[:20]} | {_SEPARATORS.sub(' ', raw.text)[:60]}")

    def to_dict(self) -> dict[str, Any]:
        return {
            "n_read": self.n_read,
            "n_kept": self.n_kept,
            "dropped": dict(self.dropped.most_common()),
            "changed": dict(self.changed.most_common()),
            "examples": self.examples,
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "CleaningReport":
        return cls(
            data["n_read"], data["n_kept"], Counter(data["dropped"]), Counter(data["changed"]), dict(data["examples"])
        )


class Cleaner:
    """Cleans one poem after another and keeps the `report`.

    `unique` drops a poem whose Han characters were seen before; `lenient` keeps poems of any length and titled anything,
    for a file that is to be judged rather than learned from.
    """

    def __init__(self, *, simplify: bool = True, unique: bool = True, lenient: bool = False) -> None:
        self.report = CleaningReport()
        self.simplify = simplify
        self._unique = unique
        self._min_han = 1 if lenient else MIN_HAN
        self._min_lines = 1 if lenient else MIN_LINES
        self._lenient = lenient
        self._seen: set[bytes] = set()

    def clean_all(self, raws: Iterable[RawPoem]) -> Iterator[Poem]:
        """The poems that can be kept, one by one."""
        for raw in raws:
            poem = self.clean(raw)
            if poem is not None:
                yield poem

    def clean(self, raw: RawPoem) -> Poem | None:
        """The poem, or None where it had to be dropped; the report knows why."""
        self.report.n_read += 1
        try:
            poem = self._cleaned(raw)
        except _Dropped as dropped:
            self.report.drop(raw, dropped.reason)
            return None
        self.report.n_kept += 1
        return poem

    def _cleaned(self, raw: RawPoem) -> Poem:
        if not self._lenient and _FRAGMENT_TITLE.match(raw.title.strip()):
            raise _Dropped("fragment")
        text = clean_text(raw.text, self.report.changed)
        lines = lines_of(text)
        n_han = sum(map(len, lines))
        if n_han == 0:
            raise _Dropped("no_han")
        if n_han < self._min_han or len(lines) < self._min_lines:
            raise _Dropped("too_short")
        if not self._lenient and max(map(len, lines)) > MAX_LINE_HAN:
            raise _Dropped("not_verse")
        if not self._lenient and _has_lost_a_character(lines):
            raise _Dropped("gap")
        title, author = clean_title(raw.title), clean_title(raw.author)
        if self.simplify:
            simplified = to_simplified(text)
            self.report.changed["simplified"] += simplified != text
            text, title, author = simplified, to_simplified(title), to_simplified(author)
        if self._unique:
            digest = han_digest(text)
            if digest in self._seen:
                raise _Dropped("duplicate")
            self._seen.add(digest)
        return Poem(title, author, text)


def clean_title(title: str) -> str:
    """A title or a name without notes, on one line."""
    folded = unicodedata.normalize("NFKC", title).replace("(", "（").replace(")", "）")
    return _SEPARATORS.sub(" ", re.sub(r"（[^（）]*(）|$)|[□\x00-\x1f]", " ", folded)).strip()


def clean_text(text: str, changed: Counter[str] | None = None) -> str:
    """The verse alone: Han characters and ，。？！；：、; raises `_Dropped` where that cannot be told."""
    changes = Counter[str]() if changed is None else changed
    if _CATALOGUE.search(_without_round_brackets(text)):
        raise _Dropped("catalogue")
    text = _repeat_marked(_plain_ideographs(text).translate(_FOLD))
    if _ANY_BRACKET.search(text):
        text = _without_notes(text, changes)
    if _GAP in text:
        raise _Dropped("gap")
    text = _with_marks_for_breaks(text, changes)
    _refuse_broken_lines(text)
    text = _RUN_OF_MARKS.sub(_strongest, text.replace(_NOTE, "")).lstrip(MARKS)
    if not all(character in MARKS or is_han(character) for character in text):
        raise _Dropped("foreign")
    if text and text[-1] not in "。？！":
        text = text.rstrip(MARKS) + "。"
    return text


def _plain_ideographs(text: str) -> str:
    """Compatibility ideographs as the plain ones; glyph descriptions and private characters as gaps."""
    if text.isascii() or not any(_is_unusual(character) for character in text):
        return text
    return "".join(_plain(character) if _is_unusual(character) else character for character in text)


def _is_unusual(character: str) -> bool:
    return "\ue000" <= character <= "\ufaff" or "\u2ff0" <= character <= "\u2fff" or character >= "\U0002f800"


def _plain(character: str) -> str:
    folded = unicodedata.normalize("NFKC", character)
    return folded if len(folded) == 1 and is_han(folded) else _GAP


def _repeat_marked(text: str) -> str:
    """々 repeats the character before it."""
    return (
        re.sub(r"(.)([々〻]+)", lambda match: match[1] * (1 + len(match[2])), text)
        if "々" in text or "〻" in text
        else text
    )


def _without_round_brackets(text: str) -> str:
    return re.sub(r"[（(][^（）()]*[）)]", "", text)


def _without_notes(text: str, changes: Counter[str]) -> str:
    """Each bracket replaced by what belongs to the verse: nothing, the supplied characters, or a gap."""
    kept: list[list[str]] = [[]]
    open_brackets: list[str] = []
    for character in text:
        if character in _OPENERS:
            open_brackets.append(character)
            kept.append([])
        elif open_brackets and character == _OPENERS[open_brackets[-1]]:
            kept[-2].append(_in_place_of(open_brackets.pop(), "".join(kept.pop()), changes))
        elif _ANY_BRACKET.match(character):
            raise _Dropped("brackets")
        else:
            kept[-1].append(character)
    if open_brackets:
        raise _Dropped("brackets")
    return "".join(kept[0])


def _in_place_of(bracket: str, content: str, changes: Counter[str]) -> str:
    inside = content.replace(_NOTE, "").strip()
    if bracket == "｛" and len(inside) <= _LONGEST_GLYPH_DESCRIPTION:
        return _GAP
    if _MISSING.search(inside):
        return _GAP
    if bracket == "［" and _is_supplied(inside):
        changes["supplied_kept"] += 1
        return inside + _NOTE
    changes["note_removed"] += 1
    return _NOTE


def _is_supplied(inside: str) -> bool:
    return (
        0 < len(inside) <= _LONGEST_SUPPLIED
        and not _NUMERALS.issuperset(inside)
        and not (len(inside) > 1 and _NOTE_WORD.search(inside))
        and all(is_han(character) or character in MARKS or character == _GAP for character in inside)
    )


def _with_marks_for_breaks(text: str, changes: Counter[str]) -> str:
    """Line breaks and spaces out; in a text without any mark they are the only punctuation and become ， and 。."""
    pieces = [piece for piece in _SEPARATORS.split(text) if piece]
    if len(pieces) > 1 and not any(mark in text for mark in MARKS):
        changes["marks_from_breaks"] += 1
        return "".join(piece + "，。"[index % 2] for index, piece in enumerate(pieces))
    return "".join(pieces)


def _refuse_broken_lines(text: str) -> None:
    """In a poem of even lines, one that a note or a question mark touches must have the same length as the others."""
    if _NOTE not in text and "？" not in text:
        return
    lengths: list[int] = []
    touched: list[int] = []
    after_question = False
    for line, mark in re.findall(f"([^{MARKS}]*)([{MARKS}]|$)", text):
        n_han = len(line.replace(_NOTE, ""))
        if n_han:
            (touched if _NOTE in line or mark == "？" or after_question else lengths).append(n_han)
        after_question = mark == "？"
    if len(lengths) >= MIN_LINES and len(set(lengths)) == 1 and any(length != lengths[0] for length in touched):
        raise _Dropped("gap" if "？" in text else "unclear_note")


def _has_lost_a_character(lines: list[str]) -> bool:
    """Whether all lines but one have five or seven characters, and that one has one less: where an edition lacked a
    character it often has nothing in its place."""
    lengths = Counter(map(len, lines))
    usual, n_usual = lengths.most_common(1)[0]
    return len(lines) >= 4 and usual in (5, 7) and n_usual == len(lines) - 1 and lengths[usual - 1] == 1


def _strongest(run: re.Match[str]) -> str:
    """One mark for several: the first that ends a sentence, else the first."""
    return next((mark for mark in run[0] if mark in "？！"), "。" if "。" in run[0] else run[0][0])
