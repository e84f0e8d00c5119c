"""Keywords of a poem: words that a request could have named, such as 琵琶, 秋 or 岳阳楼.

A word is a character, or a pair that poets use as a word, of `data/keywords.tsv`, which has the number of training poems with each
(made by `benchmarks.tables.keywords`; function characters and words, 不 已 何处, are left out). The candidates of a poem are
sampled from its lines and its title without replacement, in proportion to their inverse document frequency, so
that rare words are frequent and 月 or 秋 occasional; the random numbers depend on the poem alone. A title that is a short name
(岳阳楼) is one word. The order of the candidates is random.
"""

import functools
import math
import random
import re
from collections.abc import Iterator, Mapping

from engine.corpus.cleaning import to_simplified
from engine.corpus.poem import Poem, han_digest
from engine.prosody.text import lines_of
from engine.system.paths import bundled_rows

TABLE = "keywords.tsv"
# Maximum candidates of a poem.
MAX_CANDIDATES = 8
# Maximum keywords in the control codes of a poem.
MAX_KEYWORDS = 4
MAX_KEYWORD_CHARS = 4
MAX_FROM_TITLE = 2

# Function characters: particles, pronouns, numbers, common verbs. No word of the table has one.
FUNCTION_CHARACTERS = frozenset(
    "一二三四五六七八九十百千万两几数半双多少众诸各每不未无莫弗勿毋非休没有是为亦也矣焉哉兮乎耶邪欤者而于以与其所此彼斯兹"
    "之何谁孰安岂宁讵胡奚曷怎那这个了着得能可堪须当应宜欲将且又更还犹尚自相被把向从在到来去至及由因虽故即便却则若如似"
    "已曾既初始终忽方正才渐遂乃竟颇甚最太极只惟唯但皆俱共同独凡总都复再频常每长我吾予余汝尔君子他伊渠公人上下中里内外前后"
    "间边时日年今昔朝夕知见闻道言说语问作成出入起生得失过经行归坐立看望听闻觉想忆念恨愁喜爱好恶难易大小高低新旧真空"
    "清明清更与并对就教令使遣为谓云曰哪些么们吗吧呢些许底向往何必且等"
) - frozenset("日年朝夕君归愁恨忆明")
_SEPARATORS = re.compile(r"[\s,，、;；|/!！]+")
# Words in a title for its occasion: 次韵, 送, 寄, 题.
_OF_OCCASION = re.compile("[次韵和奉酬答赠送寄题赋得作诗词首其同用过访游登观书见示呈上谢戏咏别留偶因又再]")


@functools.cache
def idf_nats() -> Mapping[str, float]:
    """Word -> inverse document frequency, ln (training poems / training poems with the word), in nats."""
    (_, n_poems), *counts = bundled_rows(TABLE)
    return {word: math.log(int(n_poems) / int(count)) for word, count in counts}


def split_keywords(text: str) -> list[str]:
    """The keywords of a request, simplified; they are separated by spaces, commas or other marks."""
    return [word for word in _SEPARATORS.split(to_simplified(text)) if word]


def marked_keywords(text: str) -> list[str]:
    """The keywords followed by a mark, which are to be used literally: 琵琶 in 琵琶! 秋."""
    *before_marks, _ = re.split("[!！]", text)
    return [words[-1] for words in map(split_keywords, before_marks) if words]


def keyword_candidates(poem: Poem, title: str) -> tuple[str, ...]:
    """At most `MAX_CANDIDATES` words of a poem in random order, of which at most `MAX_FROM_TITLE` are from its `title`."""
    chance = random.Random(han_digest(poem.text))
    of_title = _drawn(_words_of_title(title), chance, MAX_FROM_TITLE)
    words = {word for line in lines_of(poem.text) for word in words_of_line(line)}
    of_text = _drawn(words - set(of_title), chance, MAX_CANDIDATES - len(of_title))
    candidates = sorted(of_title + of_text)
    chance.shuffle(candidates)
    return tuple(candidates)


def words_of_line(line: str) -> Iterator[str]:
    """The words of a line in the table: characters, and pairs at the feet of the verse."""
    table = idf_nats()
    for start, character in enumerate(line):
        if character in table:
            yield character
        if is_at_foot(start, len(line)) and line[start : start + 2] in table:
            yield line[start : start + 2]


def is_at_foot(start: int, length: int) -> bool:
    """Whether a pair from `start` on can be a word in a line of this length: 2-2-1, 2-1-2, 2-2-2-1, 2-2-1-2."""
    return start < length - 1 and (start % 2 == 0 or start == length - 2)


def _words_of_title(title: str) -> set[str]:
    table = idf_nats()
    names = [name for name in _OF_OCCASION.split(title) if name]
    words = {name[start : start + 2] for name in names for start in range(len(name) - 1)}
    words = {word for word in words if word in table} | {name for name in names if name in table}
    if len(names) == 1 and 2 < len(names[0]) <= MAX_KEYWORD_CHARS and not FUNCTION_CHARACTERS & set(names[0]):
        words.add(names[0])
    return words


def _drawn(words: set[str], chance: random.Random, n: int) -> list[str]:
    """Sample at most `n` words without replacement, weighted by IDF (Efraimidis and Spirakis 2006)."""
    table, rarest = idf_nats(), math.log(1000)
    keys = {word: chance.random() ** (1 / table.get(word, rarest)) for word in sorted(words)}
    return sorted(keys, key=lambda word: -keys[word])[:n]
