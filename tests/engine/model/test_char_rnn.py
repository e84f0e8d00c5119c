"""The network: what its inits promise, what it gives, and that one character at a time is the same as all at once."""

import math

import pytest
import torch

from engine.config.schema import CELLS, OPTIMIZERS, Cell, Initialisation, ModelConfig, Optimizer, TrainConfig
from engine.model.char_rnn import N_GATES, CharRNN
from engine.model.decode_step import can_multiply_bfloat16
from engine.model.devices import has_fast_bfloat16
from engine.training.trainer import make_optimizer
from tests.engine.small_model import small_config, small_model

V = 300


def fresh(init: Initialisation, *, cell: Cell = "lstm", tied: bool = False) -> CharRNN:
    torch.manual_seed(2)
    return CharRNN(ModelConfig(cell=cell, embedding_size=40, hidden_size=50, tied=tied, init=init), V)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("tied", [True, False])
def test_a_batch_gives_a_score_for_every_character_at_every_place(cell: Cell, tied: bool) -> None:
    model = CharRNN(small_config(cell, tied=tied), V)
    logits, state = model(torch.randint(0, V, (3, 5)))
    assert logits.shape == (3, 5, V)
    assert [part.shape for part in state] == [(2, 3, 16)] * (2 if cell == "lstm" else 1)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("n_layers", [1, 3])
def test_one_character_at_a_time_gives_what_all_at_once_gives(cell: Cell, tied: bool, n_layers: int) -> None:
    loaded = small_model(cell, tied=tied, n_layers=n_layers)
    x = torch.randint(0, len(loaded.vocabulary), (2, 9))
    with torch.no_grad():
        expected, _ = loaded.model(x)
    state = None
    for t in range(x.shape[1]):
        logits, state = loaded.model.step(x[:, t], state)
        assert torch.allclose(logits, expected[:, t], atol=1e-4)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("odd", [None, 1e-9, 1e6])
def test_weights_that_16_bits_hold_and_those_they_do_not_give_the_same_steps(
    cell: Cell, tied: bool, odd: float | None
) -> None:
    """As a packed model has them; then with one that is too small for 16 bits, and one that is too large."""
    torch.manual_seed(3)
    model = CharRNN(small_config(cell, tied=tied), V).half().float().eval()
    if odd is not None:
        model.output_weight.data[7, 3] = odd
    x, state = torch.randint(0, V, (5, 9)), None
    with torch.no_grad():
        expected, _ = model(x)
    for t in range(x.shape[1]):
        logits, state = model.step(x[:, t], state)
        assert torch.allclose(logits, expected[:, t], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("cell", CELLS)
def test_reading_leaves_the_state_of_a_step_and_its_ln_p_are_those_of_its_logits(cell: Cell) -> None:
    model, x, before = small_model(cell).model, torch.tensor([3, 5]), None
    for _ in range(2):
        logits, after = model.step(x, before)
        log_p, same = model.step_log_probs(x, before)
        assert log_p.shape == logits.shape
        assert torch.allclose(log_p, torch.log_softmax(logits, dim=1), atol=1e-6)
        hidden, read = model.read(x[:, None], before)
        assert torch.equal(model.logits_after(hidden[:, 0]), logits)
        for parts in zip(after, same, read, strict=True):
            assert torch.equal(parts[0], parts[1])
            assert torch.equal(parts[0], parts[2])
        before = after


@pytest.mark.parametrize("cell", CELLS)
def test_a_state_carried_forward_goes_on_where_the_poem_stands(cell: Cell) -> None:
    model = small_model(cell).model
    x = torch.randint(0, 20, (2, 10))
    with torch.no_grad():
        whole, _ = model(x)
        first, state = model(x[:, :4])
        rest, _ = model(x[:, 4:], state)
    assert torch.allclose(torch.cat([first, rest], dim=1), whole, atol=1e-5)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_step_follows_weights_that_a_training_has_moved(cell: Cell, tied: bool, optimizer: Optimizer) -> None:
    torch.manual_seed(2)
    model, x = CharRNN(small_config(cell, tied=tied), V), torch.randint(0, V, (2, 1))
    update = make_optimizer(model, TrainConfig(optimizer=optimizer, learning_rate=0.1))
    before, _ = model.eval().step(x[:, 0])
    model.train()(x)[0].square().sum().backward()
    update.step()
    for mode in (True, False):
        after, _ = model.train(mode).step(x[:, 0])
        assert torch.allclose(after, model(x)[0][:, 0], atol=1e-4)
        assert not torch.allclose(after, before, atol=1e-2)


def test_a_step_follows_weights_that_were_loaded() -> None:
    model, other, x = fresh("plain"), fresh("default"), torch.tensor([7, 8])
    model.eval().step(x)
    model.load_state_dict(other.state_dict())
    assert torch.equal(model.step(x)[0], other.eval().step(x)[0])


def test_a_tied_model_has_one_table_for_reading_and_writing() -> None:
    tied, free = fresh("default", tied=True), fresh("default", tied=False)
    assert tied.output_weight is tied.embedding.weight
    assert tied.n_params() == free.n_params() - V * 50 + 50 * 40
    assert tied.output_weight.shape == (V, 40)
    assert free.output_weight.shape == (V, 50)


def test_xavier_keeps_the_ranges_of_the_experiment() -> None:
    model = fresh("xavier")
    bound = math.sqrt(6 / (V + 50))
    assert 0.95 < model.embedding.weight.abs().max() <= 1
    assert 0.95 * bound < model.output_weight.abs().max() <= bound
    assert (model.output_bias == 0).all()


def test_plain_is_what_pytorch_does_by_itself() -> None:
    model = fresh("plain")
    bound = 1 / math.sqrt(50)
    assert 0.95 < model.embedding.weight.std() < 1.05
    assert 0.95 * bound < model.output_weight.abs().max() <= bound
    assert 0 < model.output_bias.abs().max() <= bound


@pytest.mark.parametrize("cell", CELLS)
def test_default_has_orthogonal_recurrent_weights_and_an_open_forget_gate(cell: Cell) -> None:
    model = fresh("default", cell=cell)
    assert 0.09 < model.embedding.weight.std() < 0.11
    for name, parameter in model.recurrent.named_parameters():
        gates = parameter.chunk(N_GATES[cell])
        for position, gate in enumerate(gates):
            if name.startswith("weight_hh"):
                assert torch.allclose(gate @ gate.T, torch.eye(50), atol=1e-5)
            if name.startswith("weight_ih"):
                assert gate.abs().max() <= math.sqrt(6 / sum(gate.shape))
            if name.startswith("bias"):
                is_open = cell == "lstm" and position == 1 and name.startswith("bias_ih")
                assert (gate == (1 if is_open else 0)).all()


def test_multiply_adds_count_every_matrix_once() -> None:
    model = fresh("default")
    recurrent = 4 * 50 * (40 + 50) + 4 * 50 * (50 + 50)
    assert model.n_multiply_adds() == recurrent + V * 50
    assert fresh("default", tied=True).n_multiply_adds() == recurrent + 50 * 40 + V * 40


HAS_TILES = has_fast_bfloat16(torch.device("cpu"), hidden_size=128)


@pytest.mark.skipif(not HAS_TILES, reason="this processor has no AMX tiles")
def test_this_pytorch_has_the_operators_of_bfloat16_steps() -> None:
    assert can_multiply_bfloat16(torch.device("cpu"), hidden_size=128)
    assert not can_multiply_bfloat16(torch.device("cpu"), hidden_size=127)


@pytest.mark.skipif(not HAS_TILES, reason="this processor has no AMX tiles")
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("largest", [None, 1e6])
def test_bfloat16_steps_are_near_those_of_training_and_alike_for_one_poem_and_many(
    cell: Cell, tied: bool, largest: float | None
) -> None:
    torch.manual_seed(5)
    config = ModelConfig(cell=cell, n_layers=2, embedding_size=32, hidden_size=128, tied=tied)
    model = CharRNN(config, V).eval()
    if largest is not None:
        model.output_weight.data[7, 3] = largest
    x, of_many, of_one = torch.randint(0, V, (40, 12)), None, None
    with torch.no_grad():
        expected, _ = model(x)
    for t in range(x.shape[1]):
        many, of_many = model.step(x[:, t], of_many)
        one, of_one = model.step(x[:1, t], of_one)
        scale = many.abs().max()
        assert (many - expected[:, t]).abs().max() < 0.02 * scale
        assert (one - many[:1]).abs().max() < 1e-5 * scale
