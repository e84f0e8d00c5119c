"""The glass box shows what composing computed, by the equations of the cells."""

import math
from collections.abc import Mapping
from typing import Any

import pytest
import torch

from engine.composing import replies
from engine.composing.composer import compose, compose_poem
from engine.composing.inspection import inspect, states_of_poem
from engine.composing.replies import Layer, Reply
from engine.composing.requests import InspectCharacter, StateKind
from engine.composing.service.handlers import Call, CancelledError
from engine.composing.service.handlers import inspect as inspect_for_service
from engine.config.schema import CELLS, Cell, ComposeConfig
from engine.corpus.tokens.control_codes import control_code_tags
from engine.corpus.tokens.vocabulary import BEGIN, Vocabulary
from engine.model.checkpoint import LoadedModel
from engine.model.layers import State
from engine.prosody.rhymes import rhyme_groups
from engine.system.errors import UsageError
from tests.engine.small_model import small_model

CONFIG = ComposeConfig(begin="日", seed=16, max_chars=14)
SMALL_HIDDEN = 16
GATES: Mapping[Cell, set[str]] = {"lstm": {"i", "f", "o"}, "gru": {"r", "z"}, "rnn": set()}


def written(cell: Cell, **architecture: Any) -> str:
    """A poem of the small model."""
    return "".join(token.character for token in compose(small_model(cell, **architecture), CONFIG))


def state_before(cell: Cell, text: str) -> tuple[torch.Tensor, State]:
    """The last character read and the state before it, step by step."""
    loaded = small_model(cell)
    zeros = torch.zeros(2, 1, SMALL_HIDDEN)
    state: State = (zeros, zeros) if cell == "lstm" else (zeros,)
    read = [BEGIN, *loaded.vocabulary.encode(text)]
    for index in read[:-1]:
        _, state = loaded.model.step(torch.tensor([index]), state)
    return torch.tensor([read[-1]]), state


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(
    "architecture",
    [
        *({"n_layers": n_layers} for n_layers in (1, 2, 3)),
        {"residual": True},
        {"layer_norm": True},
        {"n_layers": 3, "residual": True, "layer_norm": True},
    ],
    ids=str,
)
def test_every_place_has_the_probabilities_that_composing_had(cell: Cell, architecture: dict[str, Any]) -> None:
    text = written(cell, **architecture)
    loaded = small_model(cell, **architecture)
    for token in compose(loaded, CONFIG, 6):
        found = inspect(loaded, CONFIG, text, token.index, 6)
        assert found.character == token.character
        assert found.probability == pytest.approx(token.probability, rel=3e-5)
        assert found.surprisal_nats == pytest.approx(token.surprisal_nats, abs=1e-5)
        assert [character for character, *_ in found.alternatives] == [entry[0] for entry in token.alternatives]
        shares = [share for _, share, _ in found.alternatives]
        assert shares == pytest.approx([entry[1] for entry in token.alternatives], rel=3e-5)


@pytest.mark.parametrize("cell", CELLS)
def test_the_hidden_states_and_memories_are_those_of_the_model(cell: Cell) -> None:
    loaded, text = small_model(cell), written(cell)
    found = inspect(loaded, CONFIG, text, 7, n_units=999)
    last, before = state_before(cell, text[:7])
    after = loaded.model.step(last, before)[1]
    for number, layer in enumerate(found.layers):
        for name, part in zip(("hidden", "memory"), range(len(after)), strict=False):
            assert layer.states[name] == pytest.approx(after[part][number, 0].tolist(), abs=1e-5)
            assert layer.states[f"{name}_before"] == pytest.approx(before[part][number, 0].tolist(), abs=1e-5)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("is_connected", [False, True])
def test_the_values_of_each_unit_satisfy_the_equations(cell: Cell, is_connected: bool) -> None:
    architecture: dict[str, Any] = {"residual": is_connected, "layer_norm": is_connected}
    found = inspect(small_model(cell, **architecture), CONFIG, written(cell, **architecture), 9, n_units=5)
    assert len(found.layers) == 2
    for layer in found.layers:
        assert set(layer.gates) == GATES[cell]
        assert all(0 < value < 1 for values in layer.gates.values() for value in values)
        for unit in range(5):
            assert_unit_is_right(cell, layer, unit)


def assert_unit_is_right(cell: Cell, layer: Layer, unit: int) -> None:
    gates = {name: values[unit] for name, values in layer.gates.items()}
    states = {name: values[unit] for name, values in layer.states.items()}
    if cell == "lstm":
        memory = gates["f"] * states["memory_before"] + gates["i"] * states["candidate"]
        assert states["memory"] == pytest.approx(memory, abs=1e-5)
        assert states["hidden"] == pytest.approx(gates["o"] * math.tanh(memory), abs=1e-5)
    elif cell == "gru":
        hidden = gates["z"] * states["hidden_before"] + (1 - gates["z"]) * states["candidate"]
        assert states["hidden"] == pytest.approx(hidden, abs=1e-5)
    else:
        assert -1 < states["hidden"] < 1


@pytest.fixture(scope="module")
def well_read() -> LoadedModel:
    """A model with characters enough for a form, and with the tags of a header."""
    known = sorted({character for group in rhyme_groups() for character in group.characters[:8]})
    return small_model(vocabulary=Vocabulary(["，", "。", *known], control_code_tags()))


@pytest.mark.parametrize(
    "constraints",
    [
        {"begin": "东", "rhyme": "冬"},
        {"acrostic": "东江", "tone_pattern": "aBbA", "title": "东江"},
        {"form": "yijiangnan"},
        {"form": "free", "couplet": "东江支微鱼虞"},
    ],
    ids=lambda constraints: "+".join(constraints),
)
def test_under_rules_every_place_has_the_chances_that_composing_had(
    well_read: LoadedModel, constraints: dict[str, Any]
) -> None:
    config = ComposeConfig(**{"form": "wujue", "seed": 3, "n_particles": 1, **constraints})
    tokens = list(compose(well_read, config, 8))
    text = "".join(token.character for token in tokens)
    for token in tokens:
        found = inspect(well_read, config, text, token.index, 8)
        assert found.probability == pytest.approx(token.probability, rel=3e-5)
        if token.position and not token.is_forced:
            assert found.allowed_probability == pytest.approx(token.allowed_probability, rel=1e-4)
            assert [is_allowed for _, _, is_allowed in found.alternatives] == pytest.approx(
                [is_allowed for _, _, is_allowed in token.alternatives], rel=1e-4
            )


@pytest.mark.parametrize(
    "constraints",
    [{"use": "东江"}, {"keywords": "东江!"}, {"form": "free", "keep": "东□□江□，□□支□□。"}],
    ids=lambda constraints: "+".join(constraints),
)
def test_words_to_use_and_a_kept_shape_count_in_the_inspector_too(
    well_read: LoadedModel, constraints: dict[str, Any]
) -> None:
    config = ComposeConfig(**{"form": "wujue", "seed": 3, **constraints})
    tokens = list(compose(well_read, config))
    text = "".join(token.character for token in tokens)
    for token in tokens:
        found = inspect(well_read, config, text, token.index, len(well_read.vocabulary))
        assert found.probability == pytest.approx(token.probability, rel=3e-5)
        assert any(one.is_forbidden for one in found.alternatives)


def test_a_mark_and_the_end_are_all_that_a_form_allows_in_their_places(well_read: LoadedModel) -> None:
    config = ComposeConfig(form="wujue", seed=3)
    text = compose_poem(well_read, config).text
    for index in (5, 11, len(text)):
        assert inspect(well_read, config, text, index).allowed_probability == pytest.approx(1)


def test_what_was_only_kept_in_place_is_not_held_against_an_alternative(well_read: LoadedModel) -> None:
    config = ComposeConfig(form="wujue", seed=3)
    text = compose_poem(well_read, config).text
    kept = config.replace(begin=text[:1], keep=f"{text[:9]}□" + text[10:])
    everything = len(well_read.vocabulary)
    forbidden, still_forbidden = (
        {one for one, _, share in inspect(well_read, constraint, text, 3, everything).alternatives if share == 0}
        for constraint in (config, kept)
    )
    assert 0 < len(forbidden) < everything - 10
    assert still_forbidden == forbidden


def test_the_means_are_over_all_units_of_states_by_magnitude() -> None:
    found = inspect(small_model(), CONFIG, written("lstm"), 4, n_units=SMALL_HIDDEN)
    layer = found.layers[0]
    assert layer.means["f"] == pytest.approx(sum(layer.gates["f"]) / SMALL_HIDDEN, abs=1e-6)
    assert layer.means["memory"] == pytest.approx(sum(map(abs, layer.states["memory"])) / SMALL_HIDDEN, abs=1e-6)


def test_the_units_told_are_spread_evenly_from_the_first_to_the_last() -> None:
    loaded, text = small_model(), written("lstm")
    assert inspect(loaded, CONFIG, text, 3, n_units=4).units == (0, 5, 10, 15)
    assert inspect(loaded, CONFIG, text, 3, n_units=1).units == (0,)
    everything = inspect(loaded, CONFIG, text, 3, n_units=100)
    assert everything.units == tuple(range(SMALL_HIDDEN))
    few = inspect(loaded, CONFIG, text, 3, n_units=4)
    assert few.layers[1].gates["o"] == tuple(everything.layers[1].gates["o"][unit] for unit in few.units)


def test_nothing_is_remembered_before_the_first_character() -> None:
    first = inspect(small_model(), CONFIG, "日月", 0)
    assert set(first.layers[0].states["memory_before"]) == {0.0}


def test_the_end_of_a_poem_can_be_looked_at_too() -> None:
    end = inspect(small_model(), CONFIG, "日月", 2)
    assert end.character == ""
    assert 0 < end.probability < 1


@pytest.mark.parametrize("index", [-1, 3])
def test_a_place_that_the_text_lacks_is_refused(index: int) -> None:
    with pytest.raises(UsageError, match="no position"):
        inspect(small_model(), CONFIG, "日月", index)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("layer", [0, 1])
def test_the_states_of_a_poem_are_those_of_each_character_by_variance(cell: Cell, layer: int) -> None:
    loaded, text = small_model(cell), written(cell)
    kinds: tuple[StateKind, ...] = ("hidden", "memory") if cell == "lstm" else ("hidden",)
    inspections = [inspect(loaded, CONFIG, text, index, n_units=SMALL_HIDDEN) for index in range(len(text))]
    for kind in kinds:
        found = states_of_poem(loaded, CONFIG, text, layer, kind, n_units=5)
        expected = torch.tensor([one.layers[layer].states[kind] for one in inspections]).T  # (H, T)
        variances = expected.var(dim=1)
        assert list(found.units) == variances.argsort(descending=True)[:5].tolist()
        for unit, row in zip(found.units, found.values, strict=True):
            assert row == pytest.approx(expected[unit].tolist(), abs=1e-5)


def test_under_a_form_and_a_title_the_states_are_those_of_the_inspector(well_read: LoadedModel) -> None:
    config = ComposeConfig(form="wujue", seed=3, title="东江")
    text = compose_poem(well_read, config).text
    found = states_of_poem(well_read, config, text, 1, "memory", n_units=3)
    for index in (0, 7, len(text) - 1):
        memory = inspect(well_read, config, text, index, n_units=SMALL_HIDDEN).layers[1].states["memory"]
        assert [row[index] for row in found.values] == pytest.approx([memory[unit] for unit in found.units], abs=1e-5)


def test_a_layer_or_a_memory_that_the_model_lacks_is_refused() -> None:
    with pytest.raises(UsageError, match="no layer 2"):
        states_of_poem(small_model(), CONFIG, "日月", 2, "hidden", 4)
    with pytest.raises(UsageError, match="Only an LSTM"):
        states_of_poem(small_model("gru"), CONFIG, "日月", 0, "memory", 4)


def answers(request: InspectCharacter, loaded: LoadedModel, is_cancelled: bool = False) -> list[Reply]:
    said: list[Reply] = []
    inspect_for_service(request, Call(said.append, lambda: is_cancelled, lambda _: loaded))
    return said


def test_the_service_answers_with_tone_rhyme_groups_and_layers() -> None:
    request = InspectCharacter("日月山风", 3, {"begin": "日"}, n_alternatives=3, n_units=4)
    (found,) = answers(request, small_model())
    assert isinstance(found, replies.Inspection)
    assert (found.character, found.tone) == ("风", "平")
    assert "一东" in found.rhyme_groups
    assert len(found.alternatives) == 3
    assert set(found.layers[1].gates) == {"i", "f", "o"}
    assert set(found.layers[1].states) == {"hidden", "hidden_before", "memory", "memory_before", "candidate"}
    assert set(found.layers[1].means) == {*found.layers[1].gates, *found.layers[1].states}


def test_in_a_tune_a_character_rhymes_by_its_part(well_read: LoadedModel) -> None:
    text = compose_poem(well_read, ComposeConfig(form="yijiangnan", seed=3)).text
    (found,) = answers(InspectCharacter(text, 2, {"form": "yijiangnan"}), well_read)
    assert isinstance(found, replies.Inspection)
    assert found.rhyme_groups
    assert all(name.endswith("部") for name in found.rhyme_groups)


def test_a_question_that_nobody_waits_for_any_more_is_not_answered() -> None:
    with pytest.raises(CancelledError):
        answers(InspectCharacter("日月山风", 3), small_model(), is_cancelled=True)
