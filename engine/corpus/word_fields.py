"""Fields of words: what poets write about a word, such as 弦 拨 浔阳 about 琵琶, and the words that a title is about.

`data/word_fields.tsv` is counted over the training poems (made by `benchmarks.tables.word_fields`).
"""

import functools
import re
from collections.abc import Mapping

from engine.corpus.tokens.control_codes import title_of
from engine.corpus.tokens.keywords import FUNCTION_CHARACTERS, idf_nats
from engine.system.paths import bundled_rows

TABLE = "word_fields.tsv"
MAX_WORD_CHARS = 4
MAX_TITLE_WORDS = 4

# Of a title: a person named by surname and rank (王十八) or office (王员外), and how it came to be; 九日 and 七夕 are words of the table.
_RANK = re.compile(
    "[^送寄酬赠别忆怀过访和]?[一二三四五六七八九十][一二三四五六七八九十]?(?=[^日月夕夜秋春年山峰江溪湖首]|$)"
)
_OFFICE = re.compile(
    "[^送寄酬赠别忆怀过访和呈]?(?:郎中|员外|侍御|少府|明府|判官|司马|司户|使君|尚书|侍郎|拾遗|补阙|主簿|参军|学士|舍人|秀才|先生|居士|提刑|运使|太守|丞相|中丞"
    "|评事|录事|校书|常侍|给事|御史|相公|大夫|通判|知府|知县|司法|处士|司直|少卿|博士|教授|机宜|宣教|谏议)"
)
_OF_OCCASION = frozenset(
    "次韵和奉酬答赠寄题赋得作诗词首其同用过见示呈上谢戏咏偶因又再之于与有为以及成二三四五六七八九十一"
)


@functools.cache
def word_fields() -> Mapping[str, tuple[str, ...]]:
    """Word -> the words that poets write beside it, the most telling first."""
    return {word: tuple(field.split()) for word, field in bundled_rows(TABLE)}


def field_of(word: str) -> tuple[str, ...]:
    """The field of a word; of one that the table lacks, the fields of its characters in turn."""
    table = word_fields()
    if word in table or len(word) == 1:
        return table.get(word, ())
    ranked = [table.get(character, ()) for character in word]
    in_turn = (field[rank] for rank in range(max(map(len, ranked))) for field in ranked if rank < len(field))
    return tuple(dict.fromkeys(one for one in in_turn if not set(one) & set(word)))


def words_of_title(title: str) -> tuple[str, ...]:
    """The words of a title that tell what its poem is about, by longest match with the table, at most `MAX_TITLE_WORDS`.

    Longer words come first, then rarer ones; function characters (望 听) only in a title of nothing else.
    """
    text = _OFFICE.sub(" ", _RANK.sub(" ", title_of(title)))
    table, words, at = word_fields(), [], 0
    while at < len(text):
        lengths = range(min(MAX_WORD_CHARS, len(text) - at), 0, -1)
        word = next((text[at : at + n] for n in lengths if text[at : at + n] in table), "")
        if word and not set(word) <= _OF_OCCASION:
            words.append(word)
        at += max(1, len(word))
    idf = idf_nats()
    words = [word for word in words if not set(word) <= FUNCTION_CHARACTERS] or words
    ranked = sorted(dict.fromkeys(words), key=lambda word: (-len(word), -idf.get(word, 0.0)))
    return tuple(ranked[:MAX_TITLE_WORDS])
