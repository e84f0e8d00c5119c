"""Removal of editorial marks: notes are removed, punctuation is normalised, poems with gaps are rejected.

The rules follow the npm package `chinese-poetry` 2.0.1: round brackets hold variant readings and
sources, and are removed; square brackets hold characters that the editor supplied or corrected, and are kept; braces describe a
character that the encoding lacked; □, and often a question mark within a line, stands for one that the edition lacked. A poem
with such a gap is rejected, so that no line silently loses a character.
"""

import re
import unicodedata
from collections import Counter

from engine.corpus.poem import n_han, usual_length
from engine.prosody.text import MARKS, is_han, lines_of

NAMED = "__"
_NAMES = re.compile("_{2,}")
_FIRST_PIECE = re.compile("[^，。！？；,.!?;｡]*")
_AFTER_LAST_MARK = re.compile("[^，。！？；,.!?;｡]*\\Z")
_LENGTHS_OF_A_NAME = range(2, 5)


def without_names(text: str) -> str | None:
    """The verse of a poem by several authors: 人皆苦炎热，我爱夏日长。__李昂熏风自南来，殿阁生微凉。__柳公权

    An author's name follows two underscores, after the author's verse, without a separator from the next verse. In even
    verse the length shows it: 李昂熏风自南来 is two characters longer than a line. None if the length of a name is ambiguous.
    """
    first, *others = _NAMES.split(text)
    usual = usual_length(first)
    if usual == 0:
        return None
    verse = [_without_label(first, usual)]
    for part in others:
        line = _FIRST_PIECE.match(part)
        assert line is not None
        if line.end() == len(part):
            continue  # the last name, and no verse after it
        n_name = n_han(line[0]) - usual
        if n_name and n_name not in _LENGTHS_OF_A_NAME:
            return None
        verse.append(_without_label(_without_han(part, n_name), usual))
    return "".join(verse)


def _without_label(part: str, usual: int) -> str:
    """A part without the few characters after its last mark that introduce the name."""
    return _AFTER_LAST_MARK.sub(lambda tail: tail[0] if n_han(tail[0]) >= usual else "", part, count=1)


def _without_han(text: str, n: int) -> str:
    """A text without its first `n` Han characters, and anything between them."""
    positions = [position for position, character in enumerate(text) if is_han(character)]
    return text[positions[n] :] if n else text


# No metre has lines this long; prose prefaces, notes and poems without punctuation do.
MAX_LINE_HAN = 16

# Placeholder of a removed note, internal to this module.
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
_MISSING = re.compile(
    "^(以?[上下]|原|此[句字章首篇]|[一二三四五六七八九十]+[句字])?[缺闕阙脱脫]|以下[^，。]{0,6}[亡佚]$"
)
_MAX_SUPPLIED_CHARS = 12
_MAX_GLYPH_DESCRIPTION_CHARS = 12
_IN_ROUND_BRACKETS = re.compile(r"[（(][^（）()]*[）)]")
# A source or a catalogue entry in the text, without brackets.
_CATALOGUE = re.compile(
    "首句[：（]|^[诗詩][题題]：|^附注：|《[^《》]*》卷|卷[一二三四五六七八九十百○〇]+[「《]|均?[见見]《|《[^《》]*》[引云]"
)
_NOT_IN_A_TITLE = re.compile(r"（[^（）]*(）|$)|[□\x00-\x1f\ud800-\udfff]")
# Description characters ⿰…, surrogates, private and compatibility characters.
_UNUSUAL = re.compile("[\u2ff0-\u2fff\ud800-\ufaff\U0002f800-\U0002fa1f\U000f0000-\U0010ffff]")
# 々 repeats the character before it.
_REPEATED = re.compile("(.)([々〻]+)")
# The ideographs of `is_han`; a few of the compatibility block are unified ideographs themselves.
_IDEOGRAPHS = "〇\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_BARE = re.compile(f"[{_IDEOGRAPHS}]*")
_VERSE = re.compile(f"[{_IDEOGRAPHS}{MARKS}]*")
_RUN_OF_MARKS = re.compile(f"[{MARKS}]{{2,}}")
# Total Han characters of quatrains and octaves -> characters per line.
_LINE_OF_A_BARE_POEM = {20: 5, 28: 7, 40: 5, 56: 7}
_SEPARATORS = re.compile(r"\s+")
# The longest title of the collections has 250 characters; NFKC takes quadratic time for long runs of combining marks.
_MAX_TITLE_CHARS = 1000


class NotKept(Exception):
    """A poem is rejected. `reason`: a key of `REASONS`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def clean_title(title: str) -> str:
    """A title or a name without notes, on one line."""
    folded = unicodedata.normalize("NFKC", title[:_MAX_TITLE_CHARS]).replace("(", "（").replace(")", "）")
    return _SEPARATORS.sub(" ", _NOT_IN_A_TITLE.sub(" ", folded)).strip()


def clean_text(text: str, changed: Counter[str] | None = None) -> str:
    """The verse alone: Han characters and ，。？！；：、. Raises `NotKept` if the poem is rejected."""
    changes = Counter[str]() if changed is None else changed
    if _CATALOGUE.search(_IN_ROUND_BRACKETS.sub("", text)):
        raise NotKept("catalogue")
    if NAMED in text:
        verse = without_names(text)
        if verse is None:
            raise NotKept("unclear_note")
        text = verse
        changes["note_removed"] += 1
    text = _UNUSUAL.sub(_plain, text).translate(_FOLD)
    text = _REPEATED.sub(lambda match: match[1] * (1 + len(match[2])), text)
    if _ANY_BRACKET.search(text):
        text = _without_notes(text, changes)
    if _GAP in text:
        raise NotKept("gap")
    text = _with_marks_for_breaks(text, changes)
    _refuse_broken_lines(text)
    text = _RUN_OF_MARKS.sub(_strongest, text.replace(_NOTE, "")).lstrip(MARKS)
    if not _VERSE.fullmatch(text):
        raise NotKept("foreign")
    if text and text[-1] not in "。？！":
        text = text.rstrip(MARKS) + "。"
    return text


def _plain(match: re.Match[str]) -> str:
    """The replacement of an unusual character: the plain ideograph of a compatibility one, else a gap."""
    folded = unicodedata.normalize("NFKC", match[0])
    return folded if len(folded) == 1 and is_han(folded) else _GAP


def _without_notes(text: str, changes: Counter[str]) -> str:
    """Replace each bracket by its verse: nothing, the supplied characters, or a gap."""
    kept: list[list[str]] = [[]]
    open_brackets: list[str] = []
    for character in text:
        if character in _OPENERS:
            open_brackets.append(character)
            kept.append([])
        elif open_brackets and character == _OPENERS[open_brackets[-1]]:
            kept[-2].append(_in_place_of(open_brackets.pop(), "".join(kept.pop()), changes))
        elif _ANY_BRACKET.match(character):
            raise NotKept("brackets")
        else:
            kept[-1].append(character)
    if open_brackets:
        raise NotKept("brackets")
    return "".join(kept[0])


def _in_place_of(bracket: str, content: str, changes: Counter[str]) -> str:
    inside = content.replace(_NOTE, "").strip()
    if bracket == "｛" and len(inside) <= _MAX_GLYPH_DESCRIPTION_CHARS:
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
        0 < len(inside) <= _MAX_SUPPLIED_CHARS
        and not _NUMERALS.issuperset(inside)
        and not (len(inside) > 1 and _NOTE_WORD.search(inside))
        and all(is_han(character) or character in MARKS or character == _GAP for character in inside)
    )


def _with_marks_for_breaks(text: str, changes: Counter[str]) -> str:
    """Remove line breaks and spaces; if they are the only punctuation, replace them by ， and 。."""
    pieces = [piece for piece in _SEPARATORS.split(text) if piece]
    joined = "".join(pieces)
    if len(pieces) == 1 and len(joined) in _LINE_OF_A_BARE_POEM:
        pieces = _cut_into_lines(joined, _LINE_OF_A_BARE_POEM[len(joined)])
    if len(pieces) < 2 or (
        max(map(len, lines_of(joined)), default=0) <= MAX_LINE_HAN and any(mark in joined for mark in MARKS)
    ):
        return joined
    changes["marks_from_breaks"] += 1
    return "".join(piece if piece[-1] in MARKS else piece + "，。"[index % 2] for index, piece in enumerate(pieces))


def _cut_into_lines(text: str, length: int) -> list[str]:
    """Cut a text of Han characters alone into lines of `length`; any other text stays in one piece."""
    if not _BARE.fullmatch(text):
        return [text]
    return [text[start : start + length] for start in range(0, len(text), length)]


def _refuse_broken_lines(text: str) -> None:
    """Reject a poem of even lines if a line with a note or beside a question mark has another length than the others."""
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
    if len(lengths) >= 2 and len(set(lengths)) == 1 and any(length != lengths[0] for length in touched):
        raise NotKept("gap" if "？" in text else "unclear_note")


def _strongest(run: re.Match[str]) -> str:
    """One mark in place of several: the first ？ or ！, else 。, else the first."""
    return next((mark for mark in run[0] if mark in "？！"), "。" if "。" in run[0] else run[0][0])
