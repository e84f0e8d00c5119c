"""Models by name, by folder and by run: found, added, removed, and never half."""

import json
import shutil
import struct
from pathlib import Path

import pytest

from engine.model.registry import DEFAULT_MODEL, add_model, find_model, list_models, remove_model
from engine.system import paths
from engine.system.errors import ModelError


def make_model(folder: Path, **about: object) -> Path:
    """A model folder that is whole as files go: one small tensor and a header."""
    folder.mkdir(parents=True)
    entries = json.dumps({"embedding": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}}).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(entries)) + entries + bytes(16))
    header = {
        "format_version": 1,
        "architecture": {"cell": "gru", "n_layers": 1},
        "n_params": 4,
        "vocabulary": "山水",
        "steps": 300,
        **about,
    }
    (folder / "model.json").write_text(json.dumps(header, ensure_ascii=False), encoding="utf-8")
    return folder


@pytest.fixture(autouse=True)
def bundled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package that ships the default model and another one."""
    data = tmp_path / "package-data"
    monkeypatch.setattr(paths, "bundled_data", lambda: data)
    make_model(data / "models" / "another")
    return make_model(data / "models" / DEFAULT_MODEL)


def make_run(folder: Path) -> Path:
    make_model(folder / "checkpoints" / "step-00000100", step=100)
    make_model(folder / "checkpoints" / "step-00000200", step=200)
    (folder / "checkpoints" / "best.json").write_text('{"step": 100, "path": "step-00000100"}')
    (folder / "checkpoints" / "last.json").write_text('{"step": 200, "path": "step-00000200"}')
    return folder


def test_no_name_is_the_bundled_model(bundled: Path) -> None:
    assert find_model(None) == bundled
    assert find_model(DEFAULT_MODEL) == bundled


def test_the_default_model_is_listed_first_and_the_users_last(tmp_path: Path) -> None:
    add_model(make_model(tmp_path / "mine"))
    assert [(model.name, model.is_bundled) for model in list_models()] == [
        (DEFAULT_MODEL, True),
        ("another", True),
        ("mine", False),
    ]
    listed = list_models()[0]
    assert (listed.cell, listed.n_params, listed.problem) == ("gru", 4, "")
    assert listed.to_dict()["vocab_chars"] == 2
    assert "vocabulary" not in listed.to_dict()


def test_an_added_model_is_found_by_its_name(tmp_path: Path) -> None:
    source = make_model(tmp_path / "source", name="江南")
    target = add_model(source)
    assert target == find_model("江南") == paths.models() / "江南"
    assert (target / "model.safetensors").read_bytes() == (source / "model.safetensors").read_bytes()


def test_an_added_model_takes_the_name_it_is_given(tmp_path: Path) -> None:
    target = add_model(make_model(tmp_path / "source", name="old"), "new")
    assert target.name == "new"
    assert json.loads((target / "model.json").read_text(encoding="utf-8"))["name"] == "new"


def test_of_a_run_the_best_checkpoint_is_taken_without_the_optimiser(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    (run / "checkpoints" / "step-00000100" / "optimizer.safetensors").write_bytes(b"large")
    target = add_model(run, "from-run")
    assert json.loads((target / "model.json").read_text(encoding="utf-8"))["step"] == 100
    assert sorted(path.name for path in target.iterdir()) == ["README.md", "model.json", "model.safetensors"]


def test_a_run_can_be_composed_from_by_its_name_or_folder(tmp_path: Path) -> None:
    run = make_run(paths.runs() / "20260101-nndl")
    best = run / "checkpoints" / "step-00000100"
    assert find_model("20260101-nndl") == find_model(run) == find_model(str(run / "checkpoints")) == best
    (run / "checkpoints" / "best.json").write_text("cut in ha")
    assert find_model(run) == run / "checkpoints" / "step-00000200"


def test_a_missing_name_is_answered_with_the_known_names() -> None:
    with pytest.raises(ModelError, match="no model called 'nobody'") as refusal:
        find_model("nobody")
    assert DEFAULT_MODEL in refusal.value.hint
    assert "another" in refusal.value.hint


def test_without_any_model_the_hint_says_so(bundled: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(paths, "bundled_data", lambda: tmp_path / "nothing")
    assert list_models() == []
    with pytest.raises(ModelError) as refusal:
        find_model()
    assert "Train one" in refusal.value.hint


def test_a_name_that_is_taken_is_refused(tmp_path: Path) -> None:
    source = make_model(tmp_path / "mine")
    add_model(source)
    for name in ("mine", DEFAULT_MODEL):
        with pytest.raises(ModelError, match="already a model"):
            add_model(source, name)


@pytest.mark.parametrize("name", ["../escape", "a/b", ".hidden", "-", "/tmp"])
def test_a_name_that_would_leave_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ModelError):
        add_model(make_model(tmp_path / "mine"), name)
    with pytest.raises(ModelError):
        remove_model(name)


def test_a_model_cut_in_half_is_refused_and_nothing_is_added(tmp_path: Path) -> None:
    source = make_model(tmp_path / "mine")
    weights = source / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-7])
    with pytest.raises(ModelError, match="damaged"):
        add_model(source)
    assert [model.name for model in list_models() if not model.is_bundled] == []


def test_a_damaged_model_is_listed_with_its_problem(tmp_path: Path) -> None:
    target = add_model(make_model(tmp_path / "mine"))
    (target / "model.json").write_text("{ cut")
    assert "cannot be read" in list_models()[-1].problem


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="holds no model"):
        add_model(tmp_path)


def test_only_ones_own_models_can_be_removed(tmp_path: Path, bundled: Path) -> None:
    target = add_model(make_model(tmp_path / "mine"))
    remove_model("mine")
    assert not target.exists()
    with pytest.raises(ModelError, match="came with the studio"):
        remove_model(DEFAULT_MODEL)
    assert bundled.is_dir()
    with pytest.raises(ModelError, match="You have no model"):
        remove_model("mine")


def test_a_folder_that_cannot_be_written_is_one_sentence(studio_home: Path, tmp_path: Path) -> None:
    studio_home.write_text("a file in the way")
    with pytest.raises(ModelError, match="cannot be written"):
        add_model(make_model(tmp_path / "mine"))


def test_a_copy_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full_disk)
    with pytest.raises(ModelError, match="No space left"):
        add_model(make_model(tmp_path / "mine"))
    assert list(paths.models().iterdir()) == []
