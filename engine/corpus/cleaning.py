"""Cleaning of poems by the rules of `editorial_marks`; short poems, prose and duplicates are dropped."""

import functools
import re
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.corpus.editorial_marks import MAX_LINE_HAN, NotKept, clean_text, clean_title
from engine.corpus.poem import Poem, RawPoem, han_digest
from engine.prosody.text import lines_of
from engine.system.errors import CorpusError, Message

# Each pair: the variant, then the character in use. Chosen by frequency in Tang and Song verse; only pairs of the same
# meaning everywhere (祇, both "only" and "a god", is left alone).
_VARIANT_PAIRS = """
隠隐 疎疏 踈疏 簷檐 鴈雁 鬰郁 欝郁 髪发 頼赖 浄净 徧遍 慙惭 鶑莺 鸎莺 粧妆 劒剑 鬭斗 鬬斗 媿愧 蘂蕊 臯皋 皐皋 僊仙 猨猿 髙高
珮佩 鼇鳌 巵卮 馿驴 櫂棹 煖暖 嬾懒 賸剩 覩睹 牋笺 歛敛 槃盘 祐佑 妬妒 隣邻 餠饼 罇樽 閙闹 隄堤 懽欢 寛宽 彊强 椀碗 盌碗 懃勤
慇殷 鉏锄 筯箸 斾旆 鳯凤 秖只 袴裤 怱匆 斲斫 毬球 缾瓶 堦阶 虀齑 畧略 燄焰 迺乃 珪圭 遯遁 撚捻 穉稚 潄漱 犂犁 鏁锁 鼈鳖 飜翻 廻回
囘回 麤粗 烝蒸 悮误 怳恍 欵款 邉边 羮羹 磵涧 栢柏 槩概 覊羁 羇羁 歳岁 逈迥 揺摇 竝并 暎映 幙幕 緜绵 頳赪 桮杯 壻婿 殽肴 醆盏
纒缠 薫薰 姪侄 輙辄 搆构 朶朵 牓榜 毎每 碁棋 蠧蠹 憇憩 諠喧 螘蚁 翺翱 睠眷 鵶鸦 餽馈 譍应 厖庞 倐倏 筦管 皷鼓 濬浚 藂丛 閴阒
荅答 廐厩 邨村 臙胭 躭耽 徴征 懐怀 濶阔 寖浸 鎗枪 蕚萼 粃秕 糵蘖 枿蘖 氊毡 瑠琉 渇渴 葅菹 漥洼 効效 戯戏 逺远 繖伞 厓崖 棃梨
呌叫 冝宜 飃飘 恵惠 㦸戟 甞尝 瓌瑰 㝢宇 凴凭 栁柳 葢盖 寳宝 覔觅 徃往 巌岩 灔滟 虗虚 隂阴 窻窗 窓窗 牎窗 牕窗 舘馆 蘓苏 恠怪
暦历 歴历 豊丰 㳺游 䟽疏 䕃荫 𦦨焰
"""
_VARIANTS = str.maketrans({pair[0]: pair[1] for pair in _VARIANT_PAIRS.split()})


def to_simplified(text: str) -> str:
    """Convert a text to simplified characters by OpenCC's `t2s`, keeping its length; simplified text is unchanged.

    OpenCC leaves variants of old editions alone that are neither traditional nor simplified. The frequent ones are
    mapped to the character in use today, so that a network need not learn each of them from a few examples.

    Raises CorpusError when OpenCC is not installed.
    """
    simplified = _converter()(text)
    if len(simplified) != len(text):
        # A phrase of another length would shift the lines; converting single characters keeps the length.
        simplified = "".join(_converter()(character)[:1] or character for character in text)
    return simplified.translate(_VARIANTS)


@functools.cache
def _converter() -> Callable[[str], str]:
    try:
        import opencc
    except ImportError as error:
        raise CorpusError(
            "Traditional characters cannot be converted because OpenCC is not installed.",
            "Install it with `pip install opencc`, or import without conversion.",
        ) from error
    convert: Callable[[str], str] = opencc.OpenCC("t2s").convert
    return convert


MIN_HAN = 10
MIN_LINES = 2
EXAMPLES_PER_REASON = 8

_FRAGMENT_TITLE = re.compile(r"^[又逸佚残殘断斷]?句(\s|$|[其一二三四五六七八九十○〇])")


# The reasons for dropping a poem, then the changes to a poem, in words for the user.
REASONS: Mapping[str, str] = {
    "no_han": "it has no Han characters",
    "too_short": f"it has fewer than {MIN_HAN} Han characters or {MIN_LINES} lines of verse",
    "fragment": "its title says that it is a fragment (句, 残句)",
    "gap": "a character is missing (□, or a note says so), or a whole line (此章缺二句)",
    "brackets": "a bracket is opened and not closed, or closed and not opened",
    "unclear_note": "with its notes or its authors' names taken out, its lines are no longer even",
    "catalogue": "it is an entry of a catalogue or names a source",
    "not_verse": f"a line has more than {MAX_LINE_HAN} characters: prose, or verse without marks",
    "foreign": "it holds letters, digits or signs that are no verse",
    "duplicate": "the same characters were there before",
    "note_removed": "notes, variants and names in brackets were taken out",
    "supplied_kept": "characters that an editor supplied in square brackets were kept",
    "simplified": "traditional characters were made simplified ones",
    "marks_from_breaks": "it had no marks, and its line breaks were made ，and 。",
}


@dataclass(slots=True)
class CleaningReport:
    """Numbers of poems read, kept, dropped and changed, counted by the keys of `REASONS`."""

    n_read: int = 0
    n_kept: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def drop(self, raw: RawPoem, reason: str) -> None:
        self.dropped[reason] += 1
        shown = self.examples.setdefault(reason, [])
        if len(shown) < EXAMPLES_PER_REASON:
            shown.append(f"{clean_title(raw.title)[:20]} | {_printable(raw.text)[:60]}")

    def reasons(self, most: int | None = None) -> tuple[Message, ...]:
        """The reasons for which poems were dropped, with their counts, most common first."""
        return tuple(
            Message("{reason} ({n_poems:,})", reason=Message(REASONS[key]), n_poems=n)
            for key, n in self.dropped.most_common(most)
        )

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
    """Cleans poems and counts them in `report`.

    `unique`: drop a poem whose Han characters were seen before. `lenient`: keep poems of any length and title, for a file that is
    to be evaluated rather than trained on.
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
        """Yield the poems that are kept. If `raws` is a generator, it is closed at the end, and its file with it."""
        source = iter(raws)
        try:
            for raw in source:
                poem = self.clean(raw)
                if poem is not None:
                    yield poem
        finally:
            if isinstance(source, Generator):
                source.close()

    def clean(self, raw: RawPoem) -> Poem | None:
        """The cleaned poem, or None if it was dropped; `report` counts the reason."""
        self.report.n_read += 1
        try:
            poem = self._cleaned(raw)
        except NotKept as dropped:
            self.report.drop(raw, dropped.reason)
            return None
        self.report.n_kept += 1
        return poem

    def _cleaned(self, raw: RawPoem) -> Poem:
        if not self._lenient and _FRAGMENT_TITLE.match(raw.title.strip()):
            raise NotKept("fragment")
        text = clean_text(raw.text, self.report.changed)
        lines = lines_of(text)
        n_han = sum(map(len, lines))
        if n_han == 0:
            raise NotKept("no_han")
        if n_han < self._min_han or len(lines) < self._min_lines:
            raise NotKept("too_short")
        if not self._lenient and max(map(len, lines)) > MAX_LINE_HAN:
            raise NotKept("not_verse")
        if not self._lenient and _has_lost_a_character(lines):
            raise NotKept("gap")
        title, author = clean_title(raw.title), clean_title(raw.author)
        if self.simplify:
            simplified = to_simplified(text)
            self.report.changed["simplified"] += simplified != text
            text, title, author = simplified, to_simplified(title), to_simplified(author)
        if self._unique:
            digest = han_digest(text)
            if digest in self._seen:
                raise NotKept("duplicate")
            self._seen.add(digest)
        return Poem(title, author, text)


def _has_lost_a_character(lines: list[str]) -> bool:
    """Whether all lines but one have five or seven characters, and that one has one less: editions often leave out a missing
    character without a sign."""
    lengths = Counter(map(len, lines))
    usual, n_usual = lengths.most_common(1)[0]
    return len(lines) >= 4 and usual in (5, 7) and n_usual == len(lines) - 1 and lengths[usual - 1] == 1


def _printable(text: str) -> str:
    """The text on one line, encodable as UTF-8 even if a broken file has lone surrogates."""
    return " ".join(text.encode("utf-8", "replace").decode().split())
