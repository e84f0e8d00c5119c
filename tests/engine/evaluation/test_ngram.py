"""The Kneser-Ney model is that of the formula, counted from training poems alone."""

import json
import math
import random
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.__main__ import main
from engine.corpus.caches import cache_folder
from engine.corpus.corpus import Corpus, split_of
from engine.corpus.readers.formats import open_poems
from engine.corpus.store import import_poems
from engine.corpus.tokens.token_cache import open_tokens
from engine.corpus.tokens.vocabulary import BEGIN, END, SPECIAL_TOKENS, UNKNOWN, Vocabulary
from engine.evaluation.ngram.counting import count_ngrams
from engine.evaluation.ngram.kneser_ney import DEFAULT_DISCOUNTS, KneserNey, discounts_of
from engine.evaluation.ngram.store import open_kneser_ney
from engine.model.checkpoint import save_model
from engine.system.errors import CorpusError
from tests.engine.corpus.corpus_samples import made_up_poems, write_poems
from tests.engine.small_model import small_model

A, B, C = 4, 5, 6
VOCAB_SIZE = 8  # one character is never seen

Poems = list[list[int]]


def counted(poems: Poems, order: int, vocab_size: int = VOCAB_SIZE) -> KneserNey:
    tokens = np.array([token for poem in poems for token in (BEGIN, *poem, END)], np.uint16)
    return KneserNey(count_ngrams(tokens, vocab_size, order), len(poems), len(tokens))


def after(model: KneserNey, history: list[int], vocab_size: int = VOCAB_SIZE) -> list[float]:
    """The probability of every token after G and some others."""
    rows = np.array([[BEGIN, *history, token] for token in range(vocab_size)])
    return list(map(float, model.probabilities(rows)[:, -1]))


Table = dict[tuple[int, ...], int]


def tables_of(poems: Poems, order: int) -> list[Table]:
    """For each length the counts that its n-grams have in Chen and Goodman's formula, as dictionaries."""
    seen: dict[int, Counter[tuple[int, ...]]] = defaultdict(Counter)
    before: dict[tuple[int, ...], set[int]] = defaultdict(set)
    for poem in poems:
        text = (BEGIN, *poem, END)
        for length in range(1, order + 1):
            for start in range(len(text) - length + 1):
                gram = text[start : start + length]
                seen[length][gram] += 1
                if start:
                    before[gram].add(text[start - 1])
    return [
        {
            gram: times if length == order or gram[0] == BEGIN else len(before[gram])
            for gram, times in seen[length].items()
            if gram != (BEGIN,)
        }
        for length in range(1, order + 1)
    ]


def by_the_formula(tables: list[Table], history: list[int], token: int) -> float:
    """Chen and Goodman's p(token | G history), one order after the other."""
    context = (BEGIN, *history)
    probability = 1 / (VOCAB_SIZE - 2)
    for length, counts in enumerate(tables, start=1):
        here = context[len(context) - length + 1 :]
        following = {gram: count for gram, count in counts.items() if gram[:-1] == here}
        if length - 1 > len(context) or not following:
            break
        taken = discounts_of(np.array(list(counts.values())))
        total = sum(following.values())
        left_over = sum(taken[min(count, 3)] for count in following.values()) / total
        count = counts.get((*here, token), 0)
        probability = (count - taken[min(count, 3)]) / total + left_over * probability
    return float(probability)


POEMS = st.lists(st.lists(st.sampled_from([UNKNOWN, A, B, C]), max_size=8), min_size=1, max_size=30)
HISTORIES = st.lists(st.sampled_from([UNKNOWN, A, B, C, 7]), max_size=6)


@settings(deadline=None, max_examples=50)
@given(poems=POEMS, history=HISTORIES, order=st.integers(2, 6))
def test_the_probabilities_are_those_of_the_formula_and_sum_to_one(
    poems: Poems, history: list[int], order: int
) -> None:
    found = after(counted(poems, order), history)
    assert sum(found) == pytest.approx(1.0, abs=1e-9)
    assert min(found[UNKNOWN], *found[END:]) > 0
    tables = tables_of(poems, order)
    for token in (UNKNOWN, END, A, B, C, 7):
        assert found[token] == pytest.approx(by_the_formula(tables, history, token), abs=1e-9)


def test_the_smallest_example_counted_by_hand() -> None:
    """G A B E, G A C E as bigrams, with the usual discounts.

    Different tokens before A: 1 (G), B: 1 (A), C: 1 (A), E: 2 (B, C); together 5, of which 3 × 0.5 + 1 are taken. After A stand
    B and C, once each, of which 2 × 0.5 are taken. Six tokens can be predicted.
    """
    model = counted([[A, B], [A, C]], order=2)
    alone_b = (1 - 0.5) / 5 + 2.5 / 5 / 6
    alone_end = (2 - 1.0) / 5 + 2.5 / 5 / 6
    found = after(model, [A])
    assert found[B] == pytest.approx((1 - 0.5) / 2 + 1 / 2 * alone_b)
    assert found[END] == pytest.approx(1 / 2 * alone_end)
    assert found[UNKNOWN] == pytest.approx(1 / 2 * 2.5 / 5 / 6)
    # G stands before A twice: what begins a poem counts as often as it was seen.
    assert after(model, [])[A] == pytest.approx((2 - 1.0) / 2 + 1.0 / 2 * alone_b)


def test_the_discounts_are_estimated_from_counts_of_counts() -> None:
    counts = np.repeat([1, 2, 3, 4, 9], [100, 40, 20, 12, 7])
    share = 100 / (100 + 2 * 40)
    expected = [0.0, 1 - 2 * share * 40 / 100, 2 - 3 * share * 20 / 40, 3 - 4 * share * 12 / 20]
    assert discounts_of(counts) == pytest.approx(expected)


@pytest.mark.parametrize("how_many", [[5, 3, 0, 1], [0, 0, 0, 0], [10, 10, 100, 10]])
def test_counts_of_counts_that_say_nothing_give_the_usual_discounts(how_many: list[int]) -> None:
    assert discounts_of(np.repeat([1, 2, 3, 4], how_many)).tolist() == [0.0, *DEFAULT_DISCOUNTS]


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return import_poems(open_poems(write_poems(tmp_path / "mine.txt", made_up_poems(400))))


def vocabulary_of(corpus: Corpus) -> Vocabulary:
    return open_tokens(corpus).vocabulary


def test_only_training_poems_of_the_right_length_are_counted(tmp_path: Path) -> None:
    texts = made_up_poems(400)
    long = [first + second for first, second in zip(texts[::2], texts[1::2], strict=True)]
    corpus = import_poems(open_poems(write_poems(tmp_path / "mixed.txt", texts[:200] + long)))
    model = open_kneser_ney(corpus, vocabulary_of(corpus), 30, 3)
    assert 0 < model.n_poems < len(texts[:200])
    training = [poem.text for poem in corpus.poems() if split_of(poem) == "train" and len(poem.text) <= 30]
    assert (model.n_poems, model.n_tokens) == (len(training), sum(len(text) + 2 for text in training))
    vocabulary = vocabulary_of(corpus)
    expected = counted([vocabulary.encode(text) for text in training], 3, vocabulary.n_predictable)
    for level, other in zip(model.levels, expected.levels, strict=True):
        assert level.last.tolist() == other.last.tolist()
        assert level.counts.tolist() == other.counts.tolist()
        assert level.first.tolist() == other.first.tolist()


def test_a_held_out_poem_surprises_more_than_one_that_was_counted(corpus: Corpus) -> None:
    vocabulary = vocabulary_of(corpus)
    model = open_kneser_ney(corpus, vocabulary, None, 5)
    nats = defaultdict(list)
    for poem in corpus.poems():
        row = np.array([[BEGIN, *vocabulary.encode(poem.text), END]])
        nats[split_of(poem) == "train"].append(-np.log(model.probabilities(row)[0, 1:]).mean())
    assert min(nats[False]) > max(nats[True])


def test_the_counted_model_is_kept_and_read_back(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    vocabulary, said = vocabulary_of(corpus), list[str]()
    first = open_kneser_ney(corpus, vocabulary, None, 4, said.append)
    second = open_kneser_ney(corpus, vocabulary, None, 4, said.append)
    assert len(said) == 1
    row = np.array([[BEGIN, *vocabulary.encode(made_up_poems(1, seed=9)[0]), END]])
    assert first.probabilities(row).tolist() == second.probabilities(row).tolist()
    open_kneser_ney(corpus, vocabulary, None, 3, said.append)
    open_kneser_ney(corpus, vocabulary, 30, 4, said.append)
    open_kneser_ney(corpus, Vocabulary(vocabulary.characters[:10]), None, 4, said.append)
    assert len(said) == 4


@pytest.mark.parametrize("damage", ["last-2.npy", "counts-3.npy", "first-1.npy", "model.json"])
@pytest.mark.parametrize("how", ["cut", "gone", "other"])
def test_a_damaged_model_is_counted_again(corpus: Corpus, damage: str, how: str) -> None:
    vocabulary, said = vocabulary_of(corpus), list[str]()
    whole = open_kneser_ney(corpus, vocabulary, None, 3)
    (folder,) = cache_folder(corpus).glob("kneser-ney-*")
    file = folder / damage
    content = file.read_bytes()
    match how:
        case "cut":
            file.write_bytes(content[: len(content) // 2])
        case "gone":
            file.unlink()
        case _:
            file.write_bytes((folder / ("first-3.npy" if damage != "model.json" else "last-1.npy")).read_bytes())
    again = open_kneser_ney(corpus, vocabulary, None, 3, said.append)
    assert len(said) == 1
    assert [level.counts.tolist() for level in again.levels] == [level.counts.tolist() for level in whole.levels]


def test_a_corpus_without_a_poem_short_enough_says_so(corpus: Corpus) -> None:
    with pytest.raises(CorpusError, match="No training poem of mine has at most 8 characters"):
        open_kneser_ney(corpus, vocabulary_of(corpus), 8, 3)


# From here on as a person meets it.


def save_model_of(learnt: Corpus, folder: Path, **about: object) -> str:
    loaded = small_model(vocabulary=vocabulary_of(learnt))
    trained_on = {"name": learnt.name, "sha256": learnt.sha256}
    save_model(folder, loaded.model, loaded.vocabulary, {"name": "small", "corpus": trained_on, **about})
    return str(folder)


def judged(words: list[str], tmp_path: Path) -> list[str]:
    poems = write_poems(tmp_path / "judged.txt", made_up_poems(20, seed=5))
    return ["evaluate", "--poems", str(poems), *words]


def test_evaluate_tells_the_baseline_of_the_same_poems(
    corpus: Corpus, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = save_model_of(corpus, tmp_path / "small", training={"max_poem_chars": 24})
    assert main(judged(["--model", model, "--baseline", "--json"], tmp_path)) == 0
    captured = capsys.readouterr()
    figures = json.loads(captured.out)
    baseline = figures["baseline"]
    assert (baseline["model"], baseline["order"], baseline["corpus"]) == ("Kneser-Ney", 5, "mine")
    training = [poem.text for poem in corpus.poems() if split_of(poem) == "train"]
    assert (baseline["n_poems_counted"], baseline["n_chars_counted"]) == (len(training), 24 * len(training))
    assert 0 < baseline["nats_per_han_text"] < baseline["nats_per_han"]
    assert "counting the 5-grams" in captured.err
    main(judged(["--model", model, "--baseline", "--order", "2"], tmp_path))
    assert "Kneser-Ney 2-gram" in (table := capsys.readouterr().out)
    assert f"{figures['nats_per_han']:.4f}" in table
    assert table.count("perplexity") == 2


def test_an_unknown_character_costs_the_baseline_what_it_costs_the_network(
    corpus: Corpus, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = save_model_of(corpus, tmp_path / "small")
    texts = made_up_poems(1, seed=5)
    figures = []
    for text in (texts[0], "鹓" + texts[0][1:]):
        poems = write_poems(tmp_path / "judged.txt", [text])
        main(["evaluate", "--poems", str(poems), "--model", model, "--baseline", "--json"])
        figures.append(json.loads(capsys.readouterr().out))
    assert [one["n_oov"] for one in figures] == [0, 1]
    vocabulary = vocabulary_of(corpus)
    # No training poem has an unknown character: it takes its share of what is left for all, and then the choice among all.
    indices = [BEGIN, UNKNOWN, *vocabulary.encode(texts[0][1:]), END]
    kneser_ney = open_kneser_ney(corpus, vocabulary, None, 5)
    nats = -np.log(kneser_ney.probabilities(np.array([indices]))[0, 1:]).sum()
    nats += math.log(20_992 - vocabulary.n_han)
    assert figures[1]["baseline"]["nats_per_han"] == pytest.approx(nats / 20)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--order", "5"], "--order is that of the baseline. Add --baseline."),
        (["--baseline", "--order", "7"], "There is no 7-gram to count. --order takes 2 to 6 tokens."),
        (["--baseline", "--order", "1"], "There is no 1-gram to count. --order takes 2 to 6 tokens."),
    ],
)
def test_a_wrong_order_is_wrong_use(
    words: list[str], sentence: str, corpus: Corpus, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = save_model_of(corpus, tmp_path / "small")
    assert main(judged(["--model", model, *words], tmp_path)) == 2
    assert capsys.readouterr().err.strip() == f"poetry-tui: {sentence}"


@pytest.mark.parametrize(
    ("trained_on", "sentence"),
    [
        (None, "The model small does not say what it was trained on"),
        ({"name": "mine", "sha256": "0" * 64}, "its poems have changed since. Bring that one back"),
        (
            {"name": "theirs", "sha256": "0" * 64},
            "is not here, so there is no text to count. `poetry-tui corpus import",
        ),
        ({"name": "tang", "sha256": "0" * 64}, "is not here, so there is no text to count. `poetry-tui corpus install"),
    ],
)
def test_a_missing_corpus_is_said_with_the_way_to_get_it(
    trained_on: object, sentence: str, corpus: Corpus, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = save_model_of(corpus, tmp_path / "small", corpus=trained_on)
    assert main(judged(["--model", model, "--baseline", "--json"], tmp_path)) == 1
    captured = capsys.readouterr()
    assert sentence in captured.err
    assert (captured.out, len(captured.err.splitlines())) == ("", 1)


def test_the_corpus_may_bear_another_name(corpus: Corpus, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = save_model_of(corpus, tmp_path / "small", corpus={"name": "theirs", "sha256": corpus.sha256})
    assert main(judged(["--model", model, "--baseline", "--json"], tmp_path)) == 0
    assert json.loads(capsys.readouterr().out)["baseline"]["corpus"] == "mine"


def test_a_folder_that_cannot_be_written_is_said_in_a_sentence(
    corpus: Corpus, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = save_model_of(corpus, tmp_path / "small")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    assert main(judged(["--model", model, "--baseline"], tmp_path)) == 1
    assert "cannot be written (No space left on device)" in capsys.readouterr().err
    assert not list(cache_folder(corpus).glob("*kneser-ney-*/*"))


def test_random_texts_are_counted_like_dictionaries() -> None:
    source = random.Random(1)
    poems = [[source.randrange(len(SPECIAL_TOKENS), 40) for _ in range(source.randrange(30))] for _ in range(200)]
    model = counted(poems, 4, vocab_size=40)
    for _ in range(20):
        history = source.choice(poems)[: source.randrange(10)]
        assert sum(after(model, history, vocab_size=40)) == pytest.approx(1.0)
