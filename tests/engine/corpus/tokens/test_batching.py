"""Poems become batches: every character is predicted exactly once, in an order that depends on nothing but the seed."""

import dataclasses
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.corpus.cleaning import CleaningReport
from engine.corpus.corpus import Corpus
from engine.corpus.tokens.batching import (
    KEYWORDS_KEPT,
    PART_KEPT,
    STYLE_ALONE,
    STYLE_KEPT,
    Segments,
    cut_segments,
    epoch_order,
    n_batches,
)
from engine.corpus.tokens.control_code_cache import (
    FORM_PART,
    KEYWORD_PARTS,
    N_PARTS,
    N_TAGS,
    RHYME_PART,
    STYLE_PARTS,
    TITLE_PART,
    ControlCodeTokens,
)
from engine.corpus.tokens.keywords import MAX_CANDIDATES, MAX_KEYWORD_CHARS, MAX_KEYWORDS
from engine.corpus.tokens.token_cache import TokenizedCorpus
from engine.corpus.tokens.vocabulary import BEGIN, END, PAD, Vocabulary

VOCABULARY = Vocabulary("，。日月山水风花")
POEM = st.text("，。日月山水风花鹓", min_size=1, max_size=60)


def tokenized(texts: list[str], vocabulary: Vocabulary = VOCABULARY) -> TokenizedCorpus:
    rows = [[BEGIN, *vocabulary.encode(text), END] for text in texts]
    corpus = Corpus(Path(), "mine", "", "", "", len(texts), 0, True, CleaningReport())
    return TokenizedCorpus(
        corpus,
        vocabulary,
        np.array([index for row in rows for index in row], dtype=np.uint16),
        np.cumsum([0, *map(len, rows)], dtype=np.int64),
        np.zeros(len(rows), dtype=np.uint8),
    )


def all_segments(texts: list[str], max_chars: int, vocabulary: Vocabulary = VOCABULARY) -> Segments:
    return cut_segments(tokenized(texts, vocabulary), np.arange(len(texts)), max_chars)


@given(st.lists(POEM, min_size=1, max_size=12), st.integers(1, 70))
@settings(max_examples=200, deadline=None)
def test_every_character_is_predicted_exactly_once(texts: list[str], max_chars: int) -> None:
    corpus = tokenized(texts)
    segments = cut_segments(corpus, np.arange(len(texts)), max_chars)
    predicted = [
        place for start, stop in zip(segments.starts, segments.stops, strict=True) for place in range(start + 1, stop)
    ]
    everything_but_begins = np.flatnonzero(corpus.tokens != BEGIN)
    assert sorted(predicted) == everything_but_begins.tolist()
    assert segments.n_targets == len(predicted)
    last_tokens = segments.tokens[segments.stops - 1]
    n_chars = segments.stops - segments.starts - 1 - (last_tokens == END)
    assert 1 <= n_chars.min() <= n_chars.max() <= max_chars


def test_a_poem_of_exactly_the_limit_is_one_piece_and_no_piece_is_an_end_alone() -> None:
    quatrain = "日月，山水。风花，日月。"
    texts = [quatrain, quatrain * 2, quatrain * 3, quatrain + "山"]
    segments = all_segments(texts, max_chars=len(quatrain))
    targets = [
        VOCABULARY.decode(segments.tokens[start + 1 : stop].tolist())
        for start, stop in zip(segments.starts, segments.stops, strict=True)
    ]
    assert sorted(targets) == sorted([quatrain] * 7 + ["山"])
    # One length for all but the last, so that each batch of them fills its grid.
    assert {segments.batch(np.array([row])).x.shape[1] for row in range(7)} == {len(quatrain) + 1}


def test_pieces_that_count_the_end_are_those_of_runs_of_before() -> None:
    quatrain = "日月，山水。风花，日月。"
    corpus = tokenized([quatrain, "山水。"])
    segments = cut_segments(corpus, np.arange(2), len(quatrain), end_counts=True)
    assert (segments.stops - segments.starts - 1).tolist() == [4, len(quatrain), 1]


@given(st.lists(POEM, min_size=1, max_size=12), st.integers(8, 70))
@settings(max_examples=50, deadline=None)
def test_a_short_poem_is_one_piece_and_a_long_one_is_cut_after_a_sentence_where_that_goes(
    texts: list[str], max_chars: int
) -> None:
    segments = all_segments(texts, max_chars)
    n_short = sum(len(text) <= max_chars for text in texts)
    whole = [
        start
        for start, stop in zip(segments.starts, segments.stops, strict=True)
        if segments.tokens[start] == BEGIN and segments.tokens[stop - 1] == END
    ]
    assert len(whole) == n_short


def test_a_long_poem_is_cut_after_sentences_and_its_pieces_overlap_by_the_mark() -> None:
    segments = all_segments(["日月，山水。风花，日月。山水，风花。"], max_chars=14)
    texts = [
        VOCABULARY.decode(segments.tokens[start:stop].tolist())
        for start, stop in zip(segments.starts, segments.stops, strict=True)
    ]
    assert texts == ["日月，山水。风花，日月。", "。山水，风花。"]


def test_a_sentence_longer_than_a_piece_is_cut_in_the_middle() -> None:
    segments = all_segments(["日" * 20], max_chars=8)
    assert (segments.stops - segments.starts - 1).tolist() == [8, 8, 5]


def test_a_vocabulary_without_marks_cuts_nowhere_special() -> None:
    segments = all_segments(["日。" * 10], max_chars=7, vocabulary=Vocabulary("日"))
    assert (segments.stops - segments.starts - 1).tolist() == [7, 7, 7]


def test_a_batch_is_the_poems_and_the_same_one_character_on() -> None:
    segments = all_segments(["日月日山", "山"], max_chars=9)
    batch = segments.batch(np.array([0, 1]))
    sun, moon, hill = VOCABULARY.encode("日月山")
    assert batch.x.tolist() == [[BEGIN, sun, moon, sun, hill], [BEGIN, hill, END, PAD, PAD]]
    assert batch.y.tolist() == [[sun, moon, sun, hill, END], [hill, END, PAD, PAD, PAD]]
    assert batch.n_targets == 7


def test_a_batch_has_one_of_few_lengths() -> None:
    segments = all_segments(["日" * n_chars for n_chars in range(1, 100)], max_chars=128)
    lengths = {segments.batch(np.array([row])).x.shape[1] for row in range(len(segments))}
    # With its end a poem of 24 (五绝), 32 (七绝), 48 (五律) or 64 (七律) characters and marks is as long as its batch.
    assert lengths == set(range(5, 102, 4))


@given(st.integers(1, 200), st.integers(1, 40), st.integers(0, 5), st.integers(0, 5))
@settings(max_examples=50, deadline=None)
def test_an_epoch_is_a_permutation_that_seed_and_epoch_decide(n: int, batch_size: int, seed: int, epoch: int) -> None:
    segments = all_segments([VOCABULARY.characters[i % 8] * (1 + i % 30) for i in range(n)], max_chars=50)
    order = epoch_order(segments, batch_size, seed, epoch)
    assert len(order) == n_batches(segments, batch_size)
    assert sorted(np.concatenate(order).tolist()) == list(range(n))
    again = epoch_order(segments, batch_size, seed, epoch)
    assert [rows.tolist() for rows in order] == [rows.tolist() for rows in again]


def test_another_epoch_has_another_order() -> None:
    segments = all_segments(["日月"] * 100, max_chars=50)
    first, second = epoch_order(segments, 10, seed=1, epoch=0), epoch_order(segments, 10, seed=1, epoch=1)
    assert [rows.tolist() for rows in first] != [rows.tolist() for rows in second]


def test_hardly_a_cell_is_padding() -> None:
    random = np.random.default_rng(0)
    texts = [
        "日" * int(length) for length in random.choice([24, 32, 48, 64, 96], size=1000, p=[0.3, 0.3, 0.2, 0.1, 0.1])
    ]
    segments = all_segments(texts, max_chars=128)
    batches = [segments.batch(rows) for rows in epoch_order(segments, 24, seed=0, epoch=0)]
    assert sum(batch.n_targets for batch in batches) / sum(batch.y.size for batch in batches) > 0.97


TAGS = ("dynasty:唐", "period:晚唐", "poet:杜牧", "form:wujue", "rhyme:一东")
INTRODUCED = Vocabulary("，。日月山水风花", ("title", "poem", "keyword", *TAGS))
Entry = tuple[str, str, list[bool], list[str]]


def tag(name: str) -> int:
    return INTRODUCED.tag(name) or PAD


def introduced(entries: list[Entry], max_chars: int) -> Segments:
    """Segments of poems, each of (text, title, which of `TAGS` it has, keywords)."""
    corpus = tokenized([text for text, *_ in entries], INTRODUCED)
    titles = [INTRODUCED.encode(title) for _, title, *_ in entries]
    keywords = [[INTRODUCED.encode(word) for word in words] for *_, words in entries]
    padded = [word + [PAD] * (MAX_KEYWORD_CHARS - len(word)) for words in keywords for word in words]
    headers = ControlCodeTokens(
        np.array([[tag(name) if has else PAD for name, has in zip(TAGS, one, strict=True)] for *_, one, _ in entries]),
        np.array(padded, np.uint16).reshape(-1, MAX_KEYWORD_CHARS),
        np.cumsum([0, *map(len, keywords)], dtype=np.int64),
        np.array([index for title in titles for index in title], np.uint16),
        np.cumsum([0, *map(len, titles)], dtype=np.int64),
        tag("title"),
        tag("poem"),
        tag("keyword"),
    )
    return cut_segments(dataclasses.replace(corpus, control_codes=headers), np.arange(len(entries)), max_chars)


ENTRY = st.tuples(
    st.text("，。日月山水风花", min_size=1, max_size=60),
    st.text("日月山水", max_size=4),
    st.lists(st.booleans(), min_size=N_TAGS, max_size=N_TAGS),
    st.lists(st.text("日月山水", min_size=1, max_size=MAX_KEYWORD_CHARS), max_size=MAX_CANDIDATES),
)


@given(st.lists(ENTRY, min_size=1, max_size=8), st.integers(8, 70), st.integers(0, 9))
@settings(max_examples=150, deadline=None)
def test_a_header_stands_before_its_poem_and_is_never_predicted(
    entries: list[Entry], max_chars: int, epoch: int
) -> None:
    segments = introduced(entries, max_chars)
    parts = segments.sample_conditioning(0.8, 1, epoch)
    assert parts is not None
    rows = np.arange(len(segments))
    plain, told = segments.batch(rows), segments.batch(rows, parts)
    for row in rows:
        assert told.y[row][told.y[row] != PAD].tolist() == plain.y[row][plain.y[row] != PAD].tolist()
        n_header = int(segments.lengths(parts)[row] - segments.lengths()[row])
        header = told.x[row][1 : 1 + n_header].tolist()
        assert [*told.x[row][:1], *told.x[row][1 + n_header :]][: len(plain.x[row])] == [
            *plain.x[row][: len(told.x[row]) - n_header]
        ]
        poem = int(segments.poems[row])
        assert header == ([] if poem < 0 else expected_header(entries[poem], parts[row].tolist()))


def expected_header(entry: Entry, parts: list[bool]) -> list[int]:
    _, title, tags, keywords = entry
    candidates = [index < len(keywords) for index in range(MAX_CANDIDATES)]
    assert all(has or not told for has, told in zip((*tags, *candidates, bool(title)), parts, strict=True))
    indices = [tag(name) for name, told in zip(TAGS, parts[:N_TAGS], strict=True) if told]
    words = [word for word, told in zip(keywords, parts[KEYWORD_PARTS], strict=False) if told]
    assert len(words) <= MAX_KEYWORDS
    for word in words:
        indices += [tag("keyword"), *INTRODUCED.encode(word)]
    if parts[TITLE_PART]:
        indices += [tag("title"), *INTRODUCED.encode(title)]
    return indices + [tag("poem")] * bool(words or parts[TITLE_PART])


def test_each_part_is_told_to_its_share_of_the_poems_and_another_one_every_epoch() -> None:
    segments = introduced([("日月。", "山", [True] * N_TAGS, ["日", "月", "山水", "风", "花"])] * 4000, 20)
    first, second = segments.sample_conditioning(0.5, 1, 0), segments.sample_conditioning(0.5, 1, 1)
    assert first is not None
    assert second is not None
    shares = first.mean(axis=0)
    others = 1 - STYLE_ALONE
    assert np.abs(shares[[FORM_PART, RHYME_PART, TITLE_PART]] - 0.5 * PART_KEPT * others).max() < 0.03
    assert np.abs(shares[STYLE_PARTS] - 0.5 * STYLE_KEPT).max() < 0.03
    n_keywords = first[:, KEYWORD_PARTS].sum(axis=1)
    told = np.bincount(n_keywords, minlength=MAX_KEYWORDS + 1) / len(n_keywords)
    assert np.abs(told[1:] - 0.5 * KEYWORDS_KEPT * others / MAX_KEYWORDS).max() < 0.02
    # Every candidate has its turn.
    assert np.ptp(shares[KEYWORD_PARTS][:5]) < 0.03
    assert not first[:, KEYWORD_PARTS][:, 5:].any()
    # A style is often told alone.
    is_style = first[:, STYLE_PARTS].any(axis=1)
    without_others = np.delete(first, np.r_[STYLE_PARTS], axis=1).sum(axis=1) == 0
    assert (is_style & without_others).mean() > 0.5 * STYLE_ALONE * 0.8
    assert (first != second).any()
    again = segments.sample_conditioning(0.5, 1, 0)
    assert again is not None
    assert np.array_equal(first, again)


def test_a_run_of_before_keywords_and_styles_is_told_the_parts_that_it_was_told_then() -> None:
    entries: list[Entry] = [("日月。", "山" * (i % 3), [False] * 3 + [i % 2 == 0, True], []) for i in range(50)]
    parts = introduced(entries, 20).sample_conditioning(0.6, 4, 2)
    random = np.random.default_rng((4, 2, 3))
    has_header = random.random((50, 1)) < 0.6
    present = np.array([[i % 2 == 0, True, i % 3 > 0] for i in range(50)])
    then = present & has_header & (random.random((50, 3)) < PART_KEPT)
    assert parts is not None
    assert parts.shape == (50, N_PARTS)
    assert np.array_equal(parts[:, [FORM_PART, RHYME_PART, TITLE_PART]], then)
    assert parts.sum() == then.sum()
