"""Models and checkpoints on disk: the same after a round trip; damaged ones refused with a sentence, before any memory is taken."""

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.composing.composer import compose_poem
from engine.config.schema import CELLS, Cell, ComposeConfig
from engine.model.char_rnn import CharRNN
from engine.model.checkpoint import (
    OPTIMIZER,
    PROGRESS,
    CheckpointFolder,
    load_model,
    load_progress,
    save_checkpoint,
    save_model,
)
from engine.model.metadata import METADATA, WEIGHTS
from engine.system.errors import ModelError
from tests.engine.small_model import save_small_model, small_model

CPU = torch.device("cpu")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return save_small_model(tmp_path / "small")


def refusal(folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The sentence with which a folder is refused; no weight may have been read or made."""

    def not_now(*_: object, **__: object) -> None:
        pytest.fail("weights were touched before the check")

    monkeypatch.setattr("engine.model.checkpoint.load_file", not_now)
    with pytest.raises(ModelError) as caught:
        load_model(folder, CPU)
    assert caught.value.hint
    assert "\n" not in caught.value.message
    return caught.value.message


def change_header(folder: Path, **changes: Any) -> None:
    header = json.loads((folder / METADATA).read_text(encoding="utf-8"))
    (folder / METADATA).write_text(json.dumps({**header, **changes}), encoding="utf-8")


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("tied", [True, False])
def test_a_model_is_the_same_after_a_round_trip(tmp_path: Path, cell: Cell, tied: bool) -> None:
    before = small_model(cell, tied=tied)
    save_model(tmp_path / "m", before.model, before.vocabulary, {"name": "small", "steps": 7, "corpus": {"name": "唐"}})
    after = load_model(tmp_path / "m", CPU)
    assert after.vocabulary == before.vocabulary
    assert after.model.config == before.model.config
    assert after.metadata["steps"] == 7
    assert after.metadata["corpus"] == {"name": "唐"}
    assert not after.model.training
    assert (after.model.output_weight is after.model.embedding.weight) == tied
    for name, value in before.model.state_dict().items():
        assert torch.equal(after.model.state_dict()[name], value)
    wish = ComposeConfig(begin="日", seed=3, max_chars=30)
    assert compose_poem(after, wish) == compose_poem(before, wish)


def test_half_precision_halves_the_file_and_hardly_moves_a_weight(tmp_path: Path) -> None:
    loaded = small_model()
    save_model(tmp_path / "full", loaded.model, loaded.vocabulary, {})
    save_model(tmp_path / "half", loaded.model, loaded.vocabulary, {}, half=True)
    assert (tmp_path / "half" / WEIGHTS).stat().st_size < 0.6 * (tmp_path / "full" / WEIGHTS).stat().st_size
    for name, value in load_model(tmp_path / "half", CPU).model.state_dict().items():
        assert torch.allclose(value, loaded.model.state_dict()[name], atol=1e-3)


def test_a_model_from_before_there_were_connections_has_none(folder: Path) -> None:
    header = json.loads((folder / METADATA).read_text(encoding="utf-8"))
    for name in ("residual", "layer_norm"):
        del header["architecture"][name]
    change_header(folder, architecture=header["architecture"])
    x = torch.tensor([[5, 9, 7]])
    assert torch.equal(load_model(folder, CPU).model(x)[0], small_model().model(x)[0])


def test_loading_a_model_leaves_the_random_numbers_as_they_were(folder: Path) -> None:
    before = torch.get_rng_state()
    load_model(folder, CPU)
    assert torch.equal(torch.get_rng_state(), before)


def test_saving_again_replaces_the_folder_and_leaves_nothing_beside_it(folder: Path) -> None:
    loaded = small_model(seed=2)
    save_model(folder, loaded.model, loaded.vocabulary, {"name": "second"})
    assert load_model(folder, CPU).name == "second"
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_a_save_that_fails_leaves_the_old_model(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("engine.model.checkpoint.save_file", full_disk)
    loaded = small_model(seed=2)
    with pytest.raises(OSError, match="No space left"):
        save_model(folder, loaded.model, loaded.vocabulary, {"name": "second"})
    assert load_model(folder, CPU).name == "small"
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


@pytest.mark.parametrize("fraction", [0.0, 0.0002, 0.001, 0.02, 0.3, 0.9, 0.99])
@pytest.mark.parametrize("file", [WEIGHTS, METADATA])
def test_a_cut_file_is_refused_with_one_sentence_that_names_it(
    folder: Path, file: str, fraction: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = (folder / file).read_bytes()
    (folder / file).write_bytes(content[: int(fraction * len(content))])
    assert str(folder / file) in refusal(folder, monkeypatch)


def test_a_file_that_is_too_long_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (folder / WEIGHTS).open("ab") as file:
        file.write(b"more")
    assert "bytes and should have" in refusal(folder, monkeypatch)


@pytest.mark.parametrize("file", [WEIGHTS, METADATA])
def test_a_missing_file_is_named(folder: Path, file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / file).unlink()
    assert file in refusal(folder, monkeypatch)


@pytest.mark.parametrize("file", [WEIGHTS, METADATA])
def test_a_file_of_anything_else_is_refused(folder: Path, file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / file).write_bytes(bytes(range(256)) * 8)
    assert str(folder / file) in refusal(folder, monkeypatch)


def test_a_model_with_another_vocabulary_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    change_header(folder, vocabulary="日月山")
    assert "and should be (7" in refusal(folder, monkeypatch)


def test_a_vocabulary_that_repeats_a_character_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    change_header(folder, vocabulary="日日山")
    assert METADATA in refusal(folder, monkeypatch)


@pytest.mark.parametrize(
    "architecture",
    [
        {"cell": "gru"},
        {"hidden_size": 17},
        {"n_layers": 3},
        {"n_layers": 1},
        {"tied": False},
        {"residual": True},
        {"layer_norm": True},
        {"hidden_size": 16384, "n_layers": 16, "embedding_size": 8192},
        {"cell": "transformer"},
        {"n_heads": 4},
    ],
)
def test_an_architecture_that_does_not_fit_is_refused(
    folder: Path, architecture: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    header = json.loads((folder / METADATA).read_text(encoding="utf-8"))
    change_header(folder, architecture={**header["architecture"], **architecture})
    assert str(folder) in refusal(folder, monkeypatch)


@pytest.mark.parametrize(
    "changes", [{"format_version": 2}, {"format_version": None}, {"architecture": 3}, {"vocabulary": None}]
)
def test_a_header_of_another_kind_is_refused(
    folder: Path, changes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    change_header(folder, **changes)
    assert METADATA in refusal(folder, monkeypatch)


def _with_entries(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Rewrite the header of a safetensors file."""
    content = path.read_bytes()
    (size,) = struct.unpack("<Q", content[:8])
    entries = json.loads(content[8 : 8 + size])
    change(entries)
    header = json.dumps(entries).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + content[8 + size :])


@pytest.mark.parametrize(
    "change",
    [
        lambda entries: entries["output_bias"].update(shape=[25]),
        lambda entries: entries["output_bias"].update(dtype="I64"),
        lambda entries: entries["output_bias"].update(dtype="Q7"),
        lambda entries: entries["output_bias"].update(data_offsets=[0, 10**12]),
        lambda entries: entries["output_bias"].update(data_offsets="ab"),
        lambda entries: entries.pop("output_bias"),
        lambda entries: entries.update(extra=entries["output_bias"]),
    ],
)
def test_weights_that_lie_about_themselves_are_refused(
    folder: Path, change: Callable[[dict[str, Any]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    _with_entries(folder / WEIGHTS, change)
    assert str(folder / WEIGHTS) in refusal(folder, monkeypatch)


def test_a_header_size_beyond_the_file_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = (folder / WEIGHTS).read_bytes()
    (folder / WEIGHTS).write_bytes(struct.pack("<Q", 2**63) + content[8:])
    assert "ends inside its header" in refusal(folder, monkeypatch)


def test_weights_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    loaded = small_model()
    with torch.no_grad():
        loaded.model.output_bias[3] = float("nan")
    save_model(tmp_path / "broken", loaded.model, loaded.vocabulary, {})
    with pytest.raises(ModelError, match="output_bias holds values that are no numbers"):
        load_model(tmp_path / "broken", CPU)


def _train_a_little(model: CharRNN, optimizer: torch.optim.Optimizer, n_steps: int) -> None:
    for _ in range(n_steps):
        x = torch.randint(4, 20, (2, 6))
        logits, _ = model(x)
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), x.flatten())
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad()


@pytest.mark.parametrize("kind", [torch.optim.AdamW, torch.optim.RMSprop])
def test_a_checkpoint_goes_on_exactly(tmp_path: Path, kind: Callable[..., torch.optim.Optimizer]) -> None:
    loaded = small_model()
    optimizer = kind(loaded.model.parameters(), lr=0.01)
    _train_a_little(loaded.model, optimizer, n_steps=3)
    save_checkpoint(tmp_path / "c", loaded.model, loaded.vocabulary, {}, optimizer, {"step": 3, "best": float("inf")})
    _train_a_little(loaded.model, optimizer, n_steps=3)

    torch.manual_seed(99)
    again = load_model(tmp_path / "c", CPU).model
    optimizer_again = kind(again.parameters(), lr=0.01)
    progress = load_progress(tmp_path / "c", optimizer_again)
    _train_a_little(again, optimizer_again, n_steps=3)
    assert progress == {"step": 3, "best": float("inf")}
    for name, value in loaded.model.state_dict().items():
        assert torch.equal(again.state_dict()[name], value), name


@pytest.mark.parametrize("file", [OPTIMIZER, PROGRESS])
@pytest.mark.parametrize("fraction", [None, 0.0, 0.5, 0.9])
def test_a_checkpoint_that_lost_something_is_not_continued(tmp_path: Path, file: str, fraction: float | None) -> None:
    loaded = small_model()
    optimizer = torch.optim.AdamW(loaded.model.parameters())
    _train_a_little(loaded.model, optimizer, n_steps=1)
    folder = tmp_path / "c"
    save_checkpoint(folder, loaded.model, loaded.vocabulary, {}, optimizer, {"step": 1})
    content = (folder / file).read_bytes()
    (folder / file).unlink()
    if fraction is not None:
        (folder / file).write_bytes(content[: int(fraction * len(content))])
    with pytest.raises(ModelError, match=str(folder)) as caught:
        load_progress(folder, optimizer)
    assert caught.value.hint


def test_a_checkpoint_of_another_model_is_not_continued(tmp_path: Path) -> None:
    loaded, other = small_model(), small_model("gru", n_layers=1)
    optimizer = torch.optim.AdamW(loaded.model.parameters())
    _train_a_little(loaded.model, optimizer, n_steps=1)
    save_checkpoint(tmp_path / "c", loaded.model, loaded.vocabulary, {}, optimizer, {"step": 1})
    with pytest.raises(ModelError):
        load_progress(tmp_path / "c", torch.optim.AdamW(other.model.parameters()))


def test_old_checkpoints_go_and_the_named_ones_stay(tmp_path: Path) -> None:
    checkpoints = CheckpointFolder(tmp_path)
    for step in (1, 2, 3, 4):
        save_small_model(checkpoints.path_of(step))
    (tmp_path / ".step-00000005.half.tmp").mkdir()
    checkpoints.point("best", 1)
    checkpoints.point("last", 4)
    checkpoints.prune()
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == [
        checkpoints.path_of(step).name for step in (1, 3, 4)
    ]
    assert checkpoints.find("best") == checkpoints.path_of(1)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"path": "step-00000009"}'])
def test_a_pointer_to_nothing_points_nowhere(tmp_path: Path, content: str) -> None:
    (tmp_path / "last.json").write_text(content)
    assert CheckpointFolder(tmp_path).find("last") is None


def test_a_pointer_that_a_killed_writer_left_half_written_is_removed(tmp_path: Path) -> None:
    folder = CheckpointFolder(tmp_path)
    left = tmp_path / ".last.json.x1y2.tmp"
    left.write_text('{"st')
    folder.point("last", 3)
    folder.prune()
    assert not left.exists()
    assert (tmp_path / "last.json").exists()
