"""How poets use words: the characters that they end lines with, the seasons that they put into one poem, and the field of a word.

Readers call a phrase bent most often where it ends a line. Of the lines that a model writes 3 in 20 end in a pair that fewer than
three lines of the training text end in (`data/line_ends.tsv`), and two in three of the line ends that readers called bent are three
characters that at most one line ends in (`data/line_tails.tsv`; both made by `benchmarks.tables.line_ends`). Spring and autumn in one
poem are the contradiction that lowers their marks most (`data/seasons.tsv`). docs/experiments.md has the correlations with the marks.

The field of a word is what poets write about it, such as 弦 拨 浔阳 about 琵琶 (`data/word_fields.tsv`, counted over the training poems by
`benchmarks.tables.word_fields`).

Shapes: R rows, V vocabulary, T tails.
"""

import functools
import re
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.corpus.novelty.bloom import code_points
from engine.corpus.tokens.control_codes import title_of
from engine.corpus.tokens.keywords import FUNCTION_CHARACTERS, idf_nats
from engine.corpus.tokens.vocabulary import UNKNOWN, Vocabulary
from engine.system.paths import bundled_data, bundled_rows

Ints = NDArray[np.int64]

LINE_ENDS, LINE_TAILS, SEASONS = "line_ends.tsv", "line_tails.tsv", "seasons.tsv"
# Lines with a pause before their last three characters, their tail (三字尾).
TAILED_LENGTHS = (5, 7)
# Seasons that poets seldom put into one poem: 梅 and 雪 stand with spring, frost and geese with winter.
CLASHES = (("spring", "summer"), ("spring", "autumn"), ("summer", "winter"))


@functools.cache
def line_ends() -> Mapping[str, str]:
    """Last character but one -> the last characters that poets write after it."""
    return dict(bundled_rows(LINE_ENDS))


@functools.cache
def _season_words() -> Mapping[str, tuple[str, ...]]:
    """Season -> words that name or imply it."""
    return {season: tuple(words.split()) for season, words in bundled_rows(SEASONS)}


def rare_end_share(lines: Sequence[str]) -> float:
    """The share of lines that end in a pair of characters which poets hardly ever end lines with."""
    ends = [line[-2:] for line in lines if len(line) > 1]
    return sum(end[1] not in line_ends().get(end[0], "") for end in ends) / max(1, len(ends))


def n_season_clashes(lines: Sequence[str]) -> int:
    """The number of `CLASHES` in a poem."""
    seasons = {
        season for season, words in _season_words().items() if any(word in line for word in words for line in lines)
    }
    return sum(seasons.issuperset(clash) for clash in CLASHES)


def _continuations(name: str, n_before: int, vocabulary: Vocabulary) -> tuple[Ints, Ints]:
    """A table of `n_before` characters and those that follow them: the tokens before as one number to the base V, ascending, and the
    token after; each (T,).

    Read as an array of code points, since row by row it would take half of the time to the first poem. What has a character that the
    vocabulary lacks is left out.
    """
    text = (bundled_data() / name).read_text("utf-8")
    codes = code_points(text[text.index("\n", text.rindex("#")) + 1 :])
    token_of = np.full(int(codes.max(initial=0)) + 1, UNKNOWN)
    for character, token in vocabulary.word_int_map.items():
        if len(character) == 1 and ord(character) < len(token_of):
            token_of[ord(character)] = token
    tokens = token_of[codes]
    ends = np.flatnonzero(codes == ord("\n"))
    starts = np.concatenate(([0], ends[:-1] + 1))
    before = tokens[starts[:, None] + np.arange(n_before)]
    keys = before @ len(vocabulary) ** np.arange(n_before)[::-1]
    order = np.flatnonzero((before != UNKNOWN).all(1))
    order = order[keys[order].argsort(kind="stable")]
    first = starts[order] + n_before + 1  # beyond the tab
    n_after = ends[order] - first
    position = np.arange(n_after.sum()) - (n_after.cumsum() - n_after).repeat(n_after)
    after = tokens[first.repeat(n_after) + position]
    is_known = after != UNKNOWN
    return keys[order].repeat(n_after)[is_known], after[is_known]


@functools.lru_cache(maxsize=4)
def _ends(vocabulary: Vocabulary) -> tuple[Ints, Ints]:
    """The pairs of tokens that poets end lines with, by the first, ascending; each (T,)."""
    return _continuations(LINE_ENDS, 1, vocabulary)


def rare_ends(vocabulary: Vocabulary, before: Ints) -> NDArray[np.bool_]:
    """Which tokens (R, V) poets hardly ever end a line with after the tokens `before` (R,)."""
    first, last = _ends(vocabulary)
    return _all_but(len(vocabulary), [last[some] for some in _slices(first, before, before + 1)])


class LineTails:
    """The last three characters of the lines of five and seven that poets write, by the tokens of a vocabulary."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._n_tokens = len(vocabulary)
        # The first two tokens of each tail as one number, ascending, and the other two of it; each (T,).
        self._pairs, self._last = _continuations(LINE_TAILS, 2, vocabulary)
        self._second = self._pairs % self._n_tokens

    def rare_last(self, first: Ints, second: Ints) -> NDArray[np.bool_]:
        """Which tokens (R, V) complete no tail that begins with two tokens, each (R,)."""
        pairs = first * self._n_tokens + second
        return _all_but(self._n_tokens, [self._last[some] for some in _slices(self._pairs, pairs, pairs + 1)])

    def rare_second(self, first: Ints, may_end: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which tokens (R, V) lead from a first token (R,) to no tail that ends in a token of `may_end` (R, V)."""
        pairs = first * self._n_tokens
        tails = _slices(self._pairs, pairs, pairs + self._n_tokens)
        ended = [self._second[some][row[self._last[some]]] for row, some in zip(may_end, tails, strict=True)]
        return _all_but(self._n_tokens, ended)


def _slices(keys: Ints, low: Ints, high: Ints) -> list[slice]:
    """Where ascending keys (T,) are at least `low` and less than `high`, each (R,)."""
    return list(map(slice, np.searchsorted(keys, low), np.searchsorted(keys, high)))


def _all_but(n_tokens: int, attested: Sequence[Ints]) -> NDArray[np.bool_]:
    """All tokens (R, V) but the attested ones of each row."""
    rare = np.ones((len(attested), n_tokens), np.bool_)
    for row, tokens in enumerate(attested):
        rare[row, tokens] = False
    return rare


line_tails = functools.lru_cache(maxsize=4)(LineTails)


WORD_FIELDS = "word_fields.tsv"
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
    return {word: tuple(field.split()) for word, field in bundled_rows(WORD_FIELDS)}


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
    if not title:
        return ()  # without the tables, which take long to read
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
