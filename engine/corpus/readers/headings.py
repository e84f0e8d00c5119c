"""Titles and authors in a text: on lines before the verse, within one line, or after the verse behind a dash."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from engine.corpus.poem import (
    ends_line,
    ends_sentence,
    even_block_lengths,
    has_stop,
    is_even_block,
    n_han,
    piece_lengths,
)

_MAX_HEADING_CHARS = 40
_MAX_NAME_CHARS = 12
_MAX_ATTRIBUTION_CHARS = 40
_LINES_TO_TELL_A_HEADING = 3
_MOST = 0.6
_LINES_OF_A_QUATRAIN = 4
_HAN_OF_A_BARE_POEM = (20, 28, 40, 56)
_MAX_NAME_HAN = 4
_NUMBER_BEFORE = re.compile(r"\A\s*[\d０-９]+\s*[.．、)）:：]\s*")
_DASHES = "—–―－-─~～"
_AROUND_A_NAME = " \t\u3000·・•:：|｜/#*" + _DASHES
_BRACKETED = re.compile(r"[(（\[【〔](.*)[)）\]】〕]")
# Words after 《…》 that are no name: the number of poems, which of them, or a preface.
_NO_NAME = re.compile(r"其?[一二三四五六七八九十百]+[首章]?|之.|[并有]序|读?后|卷.*|上|下")
_BOOK = re.compile(r"《([^《》]+)》")
_DYNASTY = re.compile(
    r"\A[（(\[【〔]?\s*(?:先秦|[东西两東兩]?[汉漢]|三国|三國|魏晋?|魏晉|[东西東]?[晋晉]|南北朝|[南北]朝|隋|[唐宋元明清金]"
    r"[代朝]?|[南北]宋|五代|南唐|近现代|近代|[现現]代|[当當]代)(?:代|朝)?\s*(?:[）)\]】〕·・•.:：]\s*|\s+)"
)
# 其一 and the like number poems of the same title.
_NUMBERED = re.compile(r"\A其[一二三四五六七八九十百]+\Z")
# Surnames of poets: they distinguish 静夜思 李白 (title and author) from 浣溪沙 春情 (tune and title).
_SURNAMES = frozenset(
    "李王张陈刘杨黄赵周吴徐孙朱马胡郭林何高梁郑罗宋谢唐韩曹许邓萧冯曾程蔡彭潘袁于董余苏叶吕魏蒋田杜丁沈姜范江傅钟卢汪戴崔任陆廖姚方"
    "金邱夏谭韦贾邹石熊孟秦阎薛侯雷白龙段郝孔邵史毛常万顾赖武康贺严尹钱施牛洪龚汤陶黎温莫易樊乔文安殷颜庄章鲁倪庞邢俞翟蓝聂齐向申葛柴"
    "岑骆柳祖綦储裴皎贯寒张張劉楊黃趙吳孫馬鄭羅謝韓許鄧蕭馮蘇葉呂蔣鍾盧陸譚韋賈鄒閻龍顧賴賀嚴錢龔湯喬顏莊魯龐藍聶齊駱儲欧歐晏柯辛姬"
    "释釋晁项項喻强岳仇卫牟丘皮权權饶翁蒲米毕畢寇裘耿雍包窦竇敖滕詹戎左褚尤管姚鱼缪危富伍甘巩卓甄畅费凌刁房奚霍祝焦郏"
    "鲍鮑阮嵇屈枚班阴陰虞纳納徐戚艾穆舒席海北食戴席闻聞卞冰顾"
)
# Poets whose surnames also begin many titles, and words for an unknown author.
_NAMES = ("元稹", "元好问", "元结", "梅尧臣", "楼钥", "佚名", "无名氏", "無名氏", "不详")
_COMPOUND_SURNAMES = (
    "司马",
    "司馬",
    "欧阳",
    "歐陽",
    "上官",
    "皇甫",
    "诸葛",
    "諸葛",
    "独孤",
    "獨孤",
    "令狐",
    "司空",
    "尉迟",
    "长孙",
)


@dataclass(frozen=True, slots=True)
class Heading:
    """A title and an author; either is "" if unknown."""

    title: str = ""
    author: str = ""

    def beside(self, other: "Heading") -> "Heading":
        """This heading, with missing parts taken from another."""
        return Heading(self.title or other.title, self.author or other.author)


def without_number(line: str) -> str:
    """A line without the leading number of its poem."""
    return _NUMBER_BEFORE.sub("", line.strip())


def may_be_heading(line: str) -> bool:
    """Whether a line could be a title or an author: short, without a mark of verse, and in Chinese."""
    if line.startswith("#"):
        return True
    if len(line) > _MAX_HEADING_CHARS or has_stop(line) or ends_line(line):
        return False
    return n_han(line) > 0 and not _is_bare_poem(line)


def _is_bare_poem(line: str) -> bool:
    """Whether a line without marks is a whole poem: four parts between spaces, or the characters of a quatrain or octave."""
    return len(line.split()) >= _LINES_OF_A_QUATRAIN or n_han(line) in _HAN_OF_A_BARE_POEM


def is_marked(line: str) -> bool:
    """Whether a line is marked as a title: # 静夜思, 《静夜思》, 《静夜思》李白, 李白《静夜思》."""
    if line.startswith("#"):
        return True
    book = _BOOK.search(line)
    if book is None or len(line) > _MAX_HEADING_CHARS:
        return False
    return book[0] == line or (may_be_heading(line) and _is_beside_a_book(line, book))


def _is_beside_a_book(line: str, book: re.Match[str]) -> bool:
    """Whether there is nothing beside 《…》 but a name; 读《山海经》 is a title as a whole."""
    before, after = line[: book.start()].strip(), line[book.end() :].strip()
    if before:
        return not after and is_person(before)
    name = name_of(after)
    return not after or (n_han(name) == len(name) <= _MAX_NAME_HAN and not _NO_NAME.fullmatch(name))


def heading_of(line: str) -> Heading:
    """The title and author in one line."""
    line = without_number(line).strip("#* ")
    book = _BOOK.search(line)
    if book is not None and _is_beside_a_book(line, book):
        return Heading(book[1].strip(), name_of(line[: book.start()]) or name_of(line[book.end() :]))
    first, _, last = (part.strip() for part in line.rstrip().rpartition(_last_gap(line.rstrip())))
    if first and is_person(last):
        return Heading(_without_dynasty_after(first), name_of(last))
    if first and is_person(first) and n_han(last) > 1:
        return Heading(last.strip("《》"), name_of(first))
    return Heading(line.strip())


def _last_gap(line: str) -> str:
    """The last space or bar between two parts of a line; a NUL if there is none."""
    return next((one for one in reversed(line) if one in " \t\u3000/｜|"), "\x00")


def _without_dynasty_after(title: str) -> str:
    title = title.rstrip(" \t\u3000·・•/｜|")
    parts = title.split()
    is_dynasty = bool(parts) and _DYNASTY.fullmatch(parts[-1] + " ") is not None
    return " ".join(parts[:-1]) if is_dynasty else title.strip("《》")


def name_of(text: str) -> str:
    """A name without dynasty and surrounding signs: 〔唐〕李白, 唐·李白, ——李白."""
    name = text.strip(_DASHES + " \t\u3000")
    found = _DYNASTY.match(name)
    name = (name[found.end() :] if found else name).strip(_AROUND_A_NAME)
    bracketed = _BRACKETED.fullmatch(name)
    return bracketed[1].strip(_AROUND_A_NAME) if bracketed else name


def is_person(text: str) -> bool:
    """Whether a text is a person's name, recognised by dynasty or surname."""
    name = name_of(text)
    n = len(name)
    if not 2 <= n <= 4 or n_han(name) != n:
        return False
    named = (name[0] in _SURNAMES and n <= 3) or name in _NAMES
    return named or name.startswith(_COMPOUND_SURNAMES) or name != text.strip(_AROUND_A_NAME)


def n_heading_lines(block: Sequence[str]) -> int:
    """The number of lines before the verse that are title and author: 0, 1 or 2.

    A line is a heading if it is marked as one, if the rest is even verse, or if every later line ends in a mark and the line
    is shorter. Wrapped verse must not lose its first line, which may have no mark either.
    """
    marked = int(len(block) > 1 and is_marked(block[0]))
    candidates = [n for n in range(marked, min(3, max(1, len(block)))) if not any(map(has_stop, block[marked:n]))]
    if not any(map(has_stop, block)):
        # Without marks, the second line of a heading must be as short as a name.
        candidates = [n for n in candidates if n < 2 or n_han(block[1]) <= _MAX_NAME_HAN]
    even = [n for n in candidates if is_even_block(block[n:])]
    if even:
        # A title as long as a line of unpunctuated verse, read as verse, leaves an odd number of lines.
        return next((n for n in even if len(even_block_lengths(block[n:])) % 2 == 0), even[0])
    most = candidates[-1]
    return most if all(map(may_be_heading, block[marked:most])) and _stand_out(block, most) else marked


def _stand_out(block: Sequence[str], n_heading: int) -> bool:
    """Whether the lines after the heading are clearly verse: all end in marks, or most have marks and the heading is
    shorter than the lines or longer than a piece between marks."""
    rest = block[n_heading:]
    if len(rest) >= _LINES_TO_TELL_A_HEADING and all(map(ends_line, rest)):
        return True
    if not has_stop(rest[0]) or sum(map(has_stop, rest)) < _MOST * len(rest):
        return False
    # The first line of wrapped verse is as long as the others, and has at most one piece if it has no mark.
    longest_line, longest_piece = max(map(len, rest)), max(piece_lengths("".join(rest)), default=0)
    return all(len(line) < longest_line - 1 or n_han(line) > longest_piece for line in block[:n_heading])


def heading_of_lines(lines: Sequence[str]) -> Heading:
    """The heading in the lines before a poem: title, then author."""
    if not lines:
        return Heading()
    heading = heading_of(lines[0])
    if len(lines) == 1:
        return heading
    second = heading_of(lines[1])
    return Heading(heading.title or second.title, heading.author or second.author or name_of(lines[1]))


def under_title(heading: Heading, above: Heading) -> Heading:
    """The heading of a poem within a group of poems: 其二 below 秋兴 is 秋兴 其二."""
    if _NUMBERED.fullmatch(heading.title) and above.title:
        main = above.title.split(" 其")[0]
        return Heading(f"{main} {heading.title}", heading.author or above.author)
    return heading


def split_attribution(lines: Sequence[str]) -> tuple[list[str], Heading]:
    """The lines without a final attribution (——李白《静夜思》, or 李白 alone on the last line), and its heading."""
    last = lines[-1].rstrip()
    verse, said = _behind_a_dash(last)
    if said and (ends_sentence(verse) or (not verse and len(lines) > 1)):
        return [*lines[:-1], *([verse] if verse else [])], _attribution(said)
    if len(lines) > 1 and may_be_heading(last) and is_person(last) and ends_sentence(lines[-2]):
        return list(lines[:-1]), Heading("", name_of(last))
    return list(lines), Heading()


def is_attribution(line: str) -> bool:
    """Whether a line is a name behind a dash: ——李白."""
    verse, said = _behind_a_dash(line)
    return bool(said) and not verse


def attribution_of(line: str) -> Heading:
    """The heading in an attribution: ——李白《静夜思》."""
    return _attribution(_behind_a_dash(line)[1])


def _behind_a_dash(line: str) -> tuple[str, str]:
    """The text before and after the last run of two dashes (one at the beginning of a line); "" for the second if there is none."""
    end = max(map(line.rfind, _DASHES)) + 1
    verse = line[:end].rstrip(_DASHES + " ")
    said = line[end:].strip()
    dashes = line[len(verse) : end].strip()
    is_name = 0 < len(said) <= _MAX_ATTRIBUTION_CHARS and n_han(said) > 0 and not has_stop(said)
    return (verse, said) if is_name and (len(dashes) > 1 or (dashes and not verse)) else (line, "")


def _attribution(said: str) -> Heading:
    book = _BOOK.search(said)
    if book is not None:
        return Heading(book[1].strip(), name_of(said[: book.start()]) or name_of(said[book.end() :]))
    parts = said.rsplit(maxsplit=1)
    if len(parts) == 2 and is_person(parts[0]) and not is_person(parts[1]):
        return Heading(parts[1], name_of(parts[0]))
    return Heading("", name_of(said)[:_MAX_NAME_CHARS])
