"""Usage of words in poetry: rare line ends, clashes of seasons in a poem, and the field of a word.

Readers most often marked a phrase as bent at the end of a line. Of the lines that a model writes, 15 % end in a pair that fewer than
three lines of the training text end in (`data/line_ends.tsv`); two thirds of the marked line ends are three
characters that at most one line ends in (`data/line_tails.tsv`; both made by `benchmarks.tables.line_ends`). Spring and autumn in one
poem is the contradiction that lowers marks most (`data/seasons.tsv`). docs/experiments.md has the correlations with the marks.

The field of a word is the words that poets write about it, such as 弦 拨 浔阳 for 琵琶 (`data/word_fields.tsv`, counted over the training
poems by `benchmarks.tables.word_fields`).

Shapes: R rows, V vocabulary, T tails.
"""

import functools
import re
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.corpus.novelty.bloom import code_points
from engine.corpus.tokens.control_code_cache import ragged_positions
from engine.corpus.tokens.control_codes import title_of
from engine.corpus.tokens.keywords import FUNCTION_CHARACTERS, idf_nats
from engine.corpus.tokens.vocabulary import UNKNOWN, Vocabulary
from engine.system.paths import bundled_data, bundled_rows

Ints = NDArray[np.int64]

LINE_ENDS, LINE_TAILS, SEASONS = "line_ends.tsv", "line_tails.tsv", "seasons.tsv"
# Lengths of lines with a pause before the last three characters, the tail (三字尾).
TAILED_LENGTHS = (5, 7)
# Pairs of seasons that rarely share a poem. Spring and winter are no clash: 梅 and 雪 occur with spring, frost and geese with winter.
CLASHES = (("spring", "summer"), ("spring", "autumn"), ("summer", "winter"))


@functools.cache
def line_ends() -> Mapping[str, str]:
    """Last character but one -> the characters that poets end a line with after it."""
    return dict(bundled_rows(LINE_ENDS))


@functools.cache
def _season_words() -> Mapping[str, tuple[str, ...]]:
    """Season -> words that name or imply it."""
    return {season: tuple(words.split()) for season, words in bundled_rows(SEASONS)}


def rare_end_share(lines: Sequence[str]) -> float:
    """The fraction of lines whose last two characters rarely end a line in the training text; 0 without lines of two characters."""
    ends = [line[-2:] for line in lines if len(line) > 1]
    return sum(end[1] not in line_ends().get(end[0], "") for end in ends) / max(1, len(ends))


def n_season_clashes(lines: Sequence[str]) -> int:
    """The number of `CLASHES` in a poem."""
    seasons = {
        season for season, words in _season_words().items() if any(word in line for word in words for line in lines)
    }
    return sum(seasons.issuperset(clash) for clash in CLASHES)


def _continuations(name: str, n_before: int, vocabulary: Vocabulary) -> tuple[Ints, Ints]:
    """Read a table of `n_before` characters and their continuations, as two arrays (T,): the tokens before, as one number in base V,
    ascending, and the token after.

    The table is read as an array of code points, because reading it row by row takes half of the time to the first poem. Rows with a
    character that the vocabulary lacks are left out.
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
    first = starts[order] + n_before + 1  # after the tab
    n_after = ends[order] - first
    after = tokens[ragged_positions(first, n_after)]
    is_known = after != UNKNOWN
    return keys[order].repeat(n_after)[is_known], after[is_known]


@functools.lru_cache(maxsize=4)
def _ends(vocabulary: Vocabulary) -> tuple[Ints, Ints]:
    """The pairs of tokens that end lines, in ascending order of the first; two arrays (T,)."""
    return _continuations(LINE_ENDS, 1, vocabulary)


def rare_ends(vocabulary: Vocabulary, before: Ints) -> NDArray[np.bool_]:
    """The tokens (R, V) that rarely end a line after the tokens `before` (R,)."""
    first, last = _ends(vocabulary)
    return _all_but(len(vocabulary), [last[some] for some in _slices(first, before, before + 1)])


class LineTails:
    """The last three characters of lines of five and seven in the training text, as tokens of a vocabulary."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._n_tokens = len(vocabulary)
        # Of each tail (T,): its first two tokens as one number, ascending; its last token; and its second token.
        self._pairs, self._last = _continuations(LINE_TAILS, 2, vocabulary)
        self._second = self._pairs % self._n_tokens

    def rare_last(self, first: Ints, second: Ints) -> NDArray[np.bool_]:
        """The tokens (R, V) that complete no tail after the tokens `first` and `second`, each (R,)."""
        pairs = first * self._n_tokens + second
        return _all_but(self._n_tokens, [self._last[some] for some in _slices(self._pairs, pairs, pairs + 1)])

    def rare_second(self, first: Ints, may_end: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """The tokens (R, V) that after `first` (R,) occur in no tail with its last token in `may_end` (R, V)."""
        pairs = first * self._n_tokens
        tails = _slices(self._pairs, pairs, pairs + self._n_tokens)
        ended = [self._second[some][row[self._last[some]]] for row, some in zip(may_end, tails, strict=True)]
        return _all_but(self._n_tokens, ended)


def _slices(keys: Ints, low: Ints, high: Ints) -> list[slice]:
    """Slices of ascending keys (T,) between `low`, inclusive, and `high`, exclusive, each (R,)."""
    return list(map(slice, np.searchsorted(keys, low), np.searchsorted(keys, high)))


def _all_but(n_tokens: int, attested: Sequence[Ints]) -> NDArray[np.bool_]:
    """Mask of all tokens (R, V) except the attested ones of each row."""
    rare = np.ones((len(attested), n_tokens), np.bool_)
    for row, tokens in enumerate(attested):
        rare[row, tokens] = False
    return rare


line_tails = functools.lru_cache(maxsize=4)(LineTails)


WORD_FIELDS = "word_fields.tsv"
MAX_WORD_CHARS = 4
MAX_TITLE_WORDS = 4

# In a title: a person by surname and rank (王十八) or office (王员外), and words of its occasion. 九日 and 七夕 are words of the table.
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
    """Word -> the words of its field, most specific first."""
    return {word: tuple(field.split()) for word, field in bundled_rows(WORD_FIELDS)}


def field_of(word: str) -> tuple[str, ...]:
    """The field of a word; for a word that the table lacks, the fields of its characters, interleaved."""
    table = word_fields()
    if word in table or len(word) == 1:
        return table.get(word, ())
    ranked = [table.get(character, ()) for character in word]
    in_turn = (field[rank] for rank in range(max(map(len, ranked))) for field in ranked if rank < len(field))
    return tuple(dict.fromkeys(one for one in in_turn if not set(one) & set(word)))


def words_of_title(title: str) -> tuple[str, ...]:
    """The topic words of a title, by longest match with the table, at most `MAX_TITLE_WORDS`.

    Longer words come first, then rarer ones; function characters (望 听) only if the title has nothing else.
    """
    if not title:
        return ()  # without reading the tables, which takes long
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
