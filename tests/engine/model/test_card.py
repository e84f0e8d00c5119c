"""The model card beside every model: what it tells, and that nothing in foreign metadata breaks it."""

import json
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.model.card import CARD, model_card
from engine.model.checkpoint import load_model, save_model
from engine.model.metadata import read_metadata
from engine.model.registry import ModelInfo, add_model, list_models
from tests.engine.small_model import save_small_model

FIELDS = ("name", "architecture", "training", "figures", "corpus", "mean_of", "started_from", "header_tags", "steps")
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from([*FIELDS, "held_out_quatrains", "name"]), inner),
    max_leaves=20,
)


@pytest.mark.parametrize("model", list_models(), ids=lambda model: model.name)
def test_the_cards_of_the_bundled_models_are_current(model: ModelInfo) -> None:
    card = (model.folder / CARD).read_text(encoding="utf-8")
    assert card == model_card(read_metadata(model.folder)), "write it anew with engine.model.card.model_card"
    quatrains = model.metadata["figures"]["held_out_quatrains"]
    for figure in (quatrains["nats_per_han"], quatrains["nats_per_han_with"]["all"]):
        assert f"| {figure:.3f} |" in card
    for words in ("Licence of the data: MIT", "chinese-poetry", "form, rhyme group, title", "## Use", "## Limits"):
        assert words in card


def test_a_packed_and_an_added_model_have_a_card_under_their_names(tmp_path: Path) -> None:
    loaded = load_model(save_small_model(tmp_path / "source"), torch.device("cpu"))
    save_model(tmp_path / "packed", loaded.model, loaded.vocabulary, {"name": "packed", "steps": 1234})
    assert "1,234 steps" in (tmp_path / "packed" / CARD).read_text(encoding="utf-8")
    added = add_model(tmp_path / "packed", "夜雨")
    assert "compose 日 --model 夜雨" in (added / CARD).read_text(encoding="utf-8")


@given(st.dictionaries(st.sampled_from(FIELDS), anything))
def test_any_metadata_make_a_card(metadata: dict[str, object]) -> None:
    card = model_card(json.loads(json.dumps(metadata)))
    assert "## Limits" in card
