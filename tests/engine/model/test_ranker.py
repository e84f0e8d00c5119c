"""The ranker beside a model: its values, its file, and what it does to the order of candidates."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.composing.composer import Composition, compose_many
from engine.composing.constraints.prompt import build_prompt
from engine.config.schema import ComposeConfig
from engine.corpus.tokens.vocabulary import BEGIN
from engine.model.checkpoint import LoadedModel, load_model, save_model
from engine.model.metadata import RANKER
from engine.model.ranker import (
    MAX_ROWS_WITH_LOGITS,
    STATISTICS,
    Floats,
    Ranker,
    ScoredText,
    ranker_of,
    read_texts,
    statistics_of,
)
from engine.model.registry import add_model, find_model
from engine.system.errors import ModelError

CPU = torch.device("cpu")
POEM = "日暮苍山远，天寒白屋贫。柴门闻犬吠，风雪夜归人。"


@pytest.fixture(scope="module")
def loaded() -> LoadedModel:
    return load_model(find_model("studio-small"), CPU)


def ranker(loaded: LoadedModel, **statistics: float) -> Ranker:
    weights = np.zeros(len(STATISTICS))
    for name, weight in statistics.items():
        weights[STATISTICS.index(name)] = weight
    return Ranker(weights, np.zeros(loaded.model.output_weight.shape[1]))


def mean_features(loaded: LoadedModel, texts: list[str]) -> Floats:
    (reading,) = read_texts(loaded.model, loaded.vocabulary, [[BEGIN]], texts)
    return reading.mean_features()


def mean_log_probs(loaded: LoadedModel, prompts: list[list[int]], texts: list[str]) -> list[Floats]:
    return [one.mean_log_probs() for one in read_texts(loaded.model, loaded.vocabulary, prompts, texts)]


def test_the_statistics_are_means_over_what_their_names_say(loaded: LoadedModel) -> None:
    log_probs = [-float(index) for index in range(len(POEM))]
    found = dict(zip(STATISTICS, statistics_of(ScoredText(POEM, log_probs), loaded.vocabulary), strict=True))
    lines = [np.mean(range(6 * line, 6 * line + 5)) for line in range(4)]
    assert found["mean"] == pytest.approx(-np.mean(lines))
    assert found["least line"] == found["last line"] == pytest.approx(-lines[3])
    assert found["last line but one"] == pytest.approx(-lines[2])
    assert found["least characters"] == pytest.approx(-np.mean([22, 21, 20, 19]))
    assert found["rhyme"] == pytest.approx(-np.mean([9.5, 21.5]))
    assert found["least rhyme"] == pytest.approx(-21.5)
    assert found["rhyme character"] == pytest.approx(-np.mean([10, 22]))


TEXTS = (POEM, POEM[:12], "白日依山尽，黄河入海流。", POEM[12:])


@pytest.fixture(scope="module")
def features_alone(loaded: LoadedModel) -> dict[str, Floats]:
    return {text: mean_features(loaded, [text]) for text in TEXTS}


@given(texts=st.lists(st.sampled_from(TEXTS), min_size=1, max_size=5))
def test_the_features_of_a_poem_do_not_depend_on_its_company(
    loaded: LoadedModel, features_alone: dict[str, Floats], texts: list[str]
) -> None:
    together = mean_features(loaded, texts)
    alone = np.concatenate([features_alone[text] for text in texts])
    assert np.allclose(together, alone, atol=1e-4)


def test_a_poem_of_less_than_two_lines_comes_last(loaded: LoadedModel) -> None:
    poems = [ScoredText("，", [-1]), ScoredText(POEM, [-2] * len(POEM)), ScoredText("", [])]
    (reading,) = read_texts(loaded.model, loaded.vocabulary, [[BEGIN]], [poem.text for poem in poems])
    marks = ranker(loaded, mean=1).marks(loaded.vocabulary, poems, reading)
    assert marks.tolist() == [-np.inf, -2.0, -np.inf]


def test_candidates_are_ranked_by_the_ranker_where_the_model_has_one(loaded: LoadedModel) -> None:
    config = ComposeConfig(begin="山", form="五绝", seed=3)
    plain = compose_many(loaded_with(loaded, None), config, 4, pool_size=12)
    by_last_line = compose_many(loaded_with(loaded, ranker(loaded, **{"last line": 1.0})), config, 4, pool_size=12)
    assert all(poem.sense is None for poem in plain)
    senses = [poem.sense for poem in by_last_line]
    assert None not in senses
    assert {poem.to_dict()["sense"] for poem in by_last_line} != {None}
    assert [poem.text for poem in plain] != [poem.text for poem in by_last_line]


def loaded_with(loaded: LoadedModel, one: Ranker | None) -> LoadedModel:
    return LoadedModel(loaded.name, loaded.model, loaded.vocabulary, loaded.metadata, loaded.lines, one)


def test_a_ranker_is_kept_beside_the_weights_and_goes_with_them(loaded: LoadedModel, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    save_model(folder, loaded.model, loaded.vocabulary, {})
    assert load_model(folder, CPU).ranker is None
    ranker(loaded, rhyme=2.0).save(folder)
    read = load_model(folder, CPU).ranker
    assert read is not None
    assert read.statistics.tolist() == ranker(loaded, rhyme=2.0).statistics.tolist()
    assert (add_model(folder, "mine") / RANKER).read_bytes() == (folder / RANKER).read_bytes()


@pytest.mark.parametrize("damage", ["cut", "other", "nan"])
def test_a_damaged_or_foreign_ranker_is_named(loaded: LoadedModel, tmp_path: Path, damage: str) -> None:
    one = ranker(loaded, mean=1.0)
    if damage == "nan":
        one = Ranker(one.statistics * np.nan, one.features)
    if damage == "other":
        one = Ranker(one.statistics, one.features[:-1])
    one.save(tmp_path)
    if damage == "cut":
        (tmp_path / RANKER).write_bytes((tmp_path / RANKER).read_bytes()[:-10])
    with pytest.raises(ModelError, match=RANKER):
        ranker_of(tmp_path, loaded.model.output_weight.shape[1])


def test_the_mean_ln_p_of_a_text_does_not_depend_on_its_company_and_falls_without_its_prompt(
    loaded: LoadedModel,
) -> None:
    prompt = build_prompt(ComposeConfig(title="风雪夜归"), None, loaded.vocabulary)
    texts = [POEM, POEM[:12], *["春眠不觉晓，处处闻啼鸟。"] * (MAX_ROWS_WITH_LOGITS // 10)]
    plain, together = mean_log_probs(loaded, [[BEGIN], prompt], texts)
    alone = [mean_log_probs(loaded, [prompt], [text])[0][0] for text in texts[:3]]
    assert np.allclose(together[:3], alone, atol=1e-4)
    assert together[0] > plain[0]


@pytest.mark.parametrize("name", ["studio-small", "studio-lstm"])
def test_a_reading_by_decode_steps_agrees_with_the_layers_in_float32(name: str) -> None:
    one = load_model(find_model(name), CPU)
    tokens = torch.tensor([[BEGIN, *one.vocabulary.encode(POEM)]])
    with torch.inference_mode():
        features = one.model.features(tokens)[0][0]  # (T + 1, F)
        log_probs = one.model.logits(features[:-1]).log_softmax(-1).gather(1, tokens[0, 1:, None])
    assert mean_log_probs(one, [[BEGIN]], [POEM])[0][0] == pytest.approx(float(log_probs.mean()), abs=0.01)
    mean = features[1:].mean(0).double().numpy()
    assert np.linalg.norm(mean_features(one, [POEM])[0] - mean) < 0.01 * np.linalg.norm(mean)


def test_candidates_that_take_up_the_keywords_are_ranked_before_others(loaded: LoadedModel) -> None:
    one = loaded_with(loaded, ranker(loaded))
    plain = ComposeConfig(begin="山", form="五绝", seed=3)
    n_poems, pool_size, words = 8, 40, ("雪", "月")
    poems = compose_many(one, plain.replace(keywords=" ".join(words)), n_poems, pool_size=pool_size)

    def n_taken_up(poems: list[Composition]) -> int:
        return sum(word in poem.text for poem in poems for word in words)

    assert n_taken_up(poems) > n_taken_up(compose_many(one, plain, n_poems, pool_size=pool_size))
