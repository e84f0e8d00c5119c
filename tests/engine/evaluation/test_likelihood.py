"""The figures are those of a computation character by character."""

import math

import pytest
import torch

from engine.config.schema import CELLS, Cell
from engine.corpus.poem import Poem
from engine.corpus.tokens.batching import Batch
from engine.corpus.tokens.control_codes import ControlCodes, control_code_indices, control_code_tags, control_codes_of
from engine.corpus.tokens.vocabulary import BEGIN, END, N_HAN_CHARACTERS, PAD, UNKNOWN, Vocabulary
from engine.evaluation import likelihood as evaluation
from engine.evaluation.likelihood import Figures, Tally, evaluate, tally_batches
from engine.model.checkpoint import LoadedModel
from engine.prosody.text import is_han
from tests.engine.corpus.corpus_samples import DENGGUANQUELOU
from tests.engine.small_model import VOCABULARY, small_model

POEMS = ["日月山水，风花雪夜。", "春江人，地鹓云。", "红；君。", "海", "夜" * 41 + "。", ""]


def untitled(texts: list[str]) -> list[Poem]:
    return [Poem("", "", text) for text in texts]


def by_hand(loaded: LoadedModel, poems: list[str]) -> Figures:
    """Every −ln p from the logits of a poem fed alone, in plain Python."""
    all_nats = han_nats = 0.0
    n_han = n_oov = 0
    choice_nats = math.log(N_HAN_CHARACTERS - loaded.vocabulary.n_han)
    for poem in poems:
        indices = [BEGIN, *loaded.vocabulary.encode(poem), END]
        with torch.no_grad():
            logits, _ = loaded.model(torch.tensor([indices[:-1]]))
        log_p = torch.log_softmax(logits[0].double(), dim=1)
        for place, (character, index) in enumerate(zip([*poem, ""], indices[1:], strict=True)):
            nats = -float(log_p[place, index])
            if character and is_han(character):
                n_han += 1
                if index == UNKNOWN:
                    n_oov += 1
                    nats += choice_nats
                han_nats += nats
            all_nats += nats
    return Figures("small", len(poems), n_han, n_oov, all_nats / n_han, han_nats / n_han)


def assert_equal(figures: Figures, expected: Figures) -> None:
    assert (figures.n_poems, figures.n_han, figures.n_oov) == (expected.n_poems, expected.n_han, expected.n_oov)
    assert figures.nats_per_han == pytest.approx(expected.nats_per_han, rel=1e-5)
    assert figures.nats_per_han_text == pytest.approx(expected.nats_per_han_text, rel=1e-5)


@pytest.mark.parametrize("cell", CELLS)
def test_the_figures_are_those_counted_by_hand(cell: Cell) -> None:
    loaded = small_model(cell)
    assert_equal(evaluate(loaded, untitled(POEMS)), by_hand(loaded, POEMS))


@pytest.mark.parametrize(("batch_chars", "window_chars", "chunk_rows"), [(1, 1, 1), (40, 7, 3), (10**6, 10**6, 10**6)])
def test_how_the_work_is_cut_changes_no_figure(
    monkeypatch: pytest.MonkeyPatch, batch_chars: int, window_chars: int, chunk_rows: int
) -> None:
    loaded = small_model()
    monkeypatch.setattr(evaluation, "BATCH_CHARS", batch_chars)
    monkeypatch.setattr(evaluation, "WINDOW_CHARS", window_chars)
    monkeypatch.setattr(evaluation, "CHUNK_ROWS", chunk_rows)
    assert_equal(evaluate(loaded, untitled(POEMS)), by_hand(loaded, POEMS))


def test_an_unknown_han_character_costs_choosing_it_among_all_unknown_ones() -> None:
    loaded = small_model()
    figures = evaluate(loaded, untitled(["鹓"]))
    with torch.no_grad():
        logits, _ = loaded.model(torch.tensor([[BEGIN]]))
    of_unknown = -float(torch.log_softmax(logits[0, 0], dim=0)[UNKNOWN])
    assert (figures.n_han, figures.n_oov) == (1, 1)
    assert figures.nats_per_han_text == pytest.approx(of_unknown + math.log(20_992 - 24 + 2), rel=1e-5)


def test_an_unknown_mark_is_no_han_character() -> None:
    figures = evaluate(small_model(), untitled(["日；月。"]))
    assert (figures.n_han, figures.n_oov) == (2, 0)


def test_no_poems_have_no_figures() -> None:
    figures = evaluate(small_model(), [])
    assert figures.n_poems == 0
    assert math.isnan(figures.nats_per_han)


def test_poems_as_indices_have_the_same_figures() -> None:
    loaded = small_model()
    rows = [[BEGIN, *VOCABULARY.encode(poem), END] for poem in POEMS if "；" not in poem]
    width = max(map(len, rows))
    grid = torch.tensor([row + [PAD] * (width - len(row)) for row in rows]).numpy()
    batch = Batch(x=grid[:, :-1], y=grid[:, 1:])
    tally = tally_batches(loaded.model, [batch], VOCABULARY, torch.device("cpu"), 4)
    expected = by_hand(loaded, [poem for poem in POEMS if "；" not in poem])
    assert_equal(
        Figures("small", tally.n_poems, tally.n_han, tally.n_oov, tally.nats_per_han, tally.nats_per_han_text), expected
    )


@pytest.mark.parametrize("training", [True, False])
def test_validating_leaves_the_model_as_it_was(training: bool) -> None:
    model = small_model().model.train(training)
    assert tally_batches(model, [], VOCABULARY, torch.device("cpu"), 4) == Tally()
    assert model.training == training


def test_a_model_that_knows_nothing_costs_the_logarithm_of_the_vocabulary() -> None:
    loaded = small_model()
    with torch.no_grad():
        for parameter in loaded.model.parameters():
            parameter.zero_()
    figures = evaluate(loaded, untitled(["日月山水。"]))
    assert figures.nats_per_han == pytest.approx(math.log(len(VOCABULARY)) * 6 / 4)
    assert figures.nats_per_han_text == pytest.approx(math.log(len(VOCABULARY)))


def test_a_header_is_read_and_never_predicted() -> None:
    vocabulary = Vocabulary(dict.fromkeys("登" + DENGGUANQUELOU), control_code_tags())
    loaded = small_model(vocabulary=vocabulary)
    poem = Poem("登楼", "王之涣", DENGGUANQUELOU)
    figures = evaluate(loaded, [poem], ("all", "rhyme", "keywords", "style"))
    keywords = control_codes_of(poem).keywords
    assert len(keywords) > 4
    told = {
        "all": ControlCodes("wujue", "十一尤", "登楼", keywords, "唐", "盛唐"),
        "rhyme": ControlCodes(rhyme="十一尤"),
        "keywords": ControlCodes(keywords=keywords[:4]),
        "style": ControlCodes(dynasty="唐", period="盛唐"),
    }
    assert figures.nats_per_han == pytest.approx(nats_after(loaded, ControlCodes()), rel=1e-5)
    for part, header in told.items():
        assert figures.nats_per_han_with[part] == pytest.approx(nats_after(loaded, header), rel=1e-5)


def nats_after(loaded: LoadedModel, header: ControlCodes) -> float:
    """Nats per Han character of one quatrain fed alone after a header."""
    introduction = [BEGIN, *control_code_indices(loaded.vocabulary, header)]
    targets = [*loaded.vocabulary.encode(DENGGUANQUELOU), END]
    with torch.no_grad():
        logits, _ = loaded.model(torch.tensor([introduction + targets[:-1]]))
    log_p = torch.log_softmax(logits[0].double(), dim=1)[len(introduction) - 1 :]
    return -float(log_p[torch.arange(len(targets)), torch.tensor(targets)].sum()) / 20


def test_a_model_that_reads_no_headers_has_no_figures_with_them() -> None:
    assert evaluate(small_model(), untitled(POEMS)).nats_per_han_with == {}
