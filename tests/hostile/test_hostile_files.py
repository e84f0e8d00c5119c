"""Every reader of a file takes any bytes: what comes of them is a value of the right types, or one clear sentence."""

import hashlib
import json
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from engine.config.presets import preset
from engine.config.schema import TrainConfig
from engine.corpus.novelty.bloom import hash_strings
from engine.corpus.novelty.training_lines import read_lines
from engine.model.checkpoint import load_model, load_progress, save_checkpoint
from engine.model.metadata import METADATA, WEIGHTS, read_metadata, tensor_entries
from engine.model.registry import list_models
from engine.runs.event_log import from_line, to_line
from engine.runs.folder import CONFIG, LINES, read_config
from engine.system.errors import ModelError, RunError
from engine.system.paths import models
from engine.training.progress import Progress
from engine.training.trainer import make_optimizer
from poetry_tui.preferences.settings import Settings, load_settings, open_settings, save_settings
from poetry_tui.tracking.comparison import compare
from poetry_tui.tracking.run_state.state import RunState
from poetry_tui.tracking.run_state.status import Status
from tests.engine.small_model import save_small_model, small_model
from tests.hostile.mutations import FACTOR, as_json, documents, is_refused, rng, texts
from tests.poetry_tui.tracking import make_run

CPU = torch.device("cpu")


def lines_of_a_run() -> list[str]:
    """One line of each kind of event."""
    records = make_run.records([*make_run.life(250), *make_run.OTHERS])
    return list({record.event.name: to_line(record) for record in records}.values())


def damaged_lines(n: int) -> Iterator[bytes]:
    chance = rng("events")
    lines = lines_of_a_run()
    for line in lines:
        yield from map(as_json, documents(json.loads(line), chance, n))
        yield from texts(line.encode(), chance, n // 4)


def test_a_line_of_events_is_an_event_or_no_line_at_all() -> None:
    state, n_events = RunState(), 0
    for data in damaged_lines(120 * FACTOR):
        try:
            record = from_line(data.decode("utf-8", errors="replace"))
        except (ValueError, RunError):
            continue
        n_events += 1
        state.fold(record)
        # What was read can be written again, which nothing but values of the right types can.
        assert from_line(to_line(record)) is not None
    assert n_events > 100
    assert state.n_records + state.n_malformed == n_events
    compare([("one", Status.LOST, state), ("other", Status.FAILED, RunState())])


def test_a_config_is_read_or_refused(tmp_path: Path) -> None:
    chance = rng("config")
    values = preset("nndl").to_dict()
    for data in [*map(as_json, documents(values, chance, 200 * FACTOR)), *texts(as_json(values), chance, 60 * FACTOR)]:
        (tmp_path / CONFIG).write_bytes(data)
        error = is_refused(lambda: read_config(tmp_path))
        assert error is None or isinstance(error, RunError)


@pytest.mark.parametrize("values", [[], None, 5, "x", {"model": 5}, {"model": []}, {"model": None}, {"seed": 10**400}])
def test_settings_that_are_none_are_refused_in_one_sentence(values: object) -> None:
    assert is_refused(lambda: TrainConfig.from_dict(values)) is not None  # type: ignore[arg-type]


def test_a_model_json_is_read_or_refused_and_the_list_shows_why() -> None:
    chance = rng("model.json")
    folder = save_small_model(models() / "mine")
    header = json.loads((folder / METADATA).read_text("utf-8"))
    header |= {
        "corpus": {"name": "tang", "sha256": "0" * 64},
        "figures": {"val_nats_per_han": 4.5},
        "training": preset("nndl").to_dict(),
        "started_from": {"name": "x", "training": {}, "corpus": {}},
        "mean_of": [{"name": "y", "training": {}, "share": 0.5}],
    }
    damaged = [*map(as_json, documents(header, chance, 150 * FACTOR)), *texts(as_json(header), chance, 50 * FACTOR)]
    for data in damaged:
        (folder / METADATA).write_bytes(data)
        error = is_refused(lambda: read_metadata(folder))
        (mine,) = (model for model in list_models() if not model.is_bundled)
        assert error is None or (isinstance(error, ModelError) and mine.problem)
        json.dumps(mine.to_dict(), allow_nan=False)
        if error is None:
            is_refused(lambda: load_model(folder, CPU))


def test_weights_are_read_or_refused(tmp_path: Path) -> None:
    chance = rng("safetensors")
    folder = save_small_model(tmp_path / "model")
    whole = (folder / WEIGHTS).read_bytes()
    size = int.from_bytes(whole[:8], "little")
    header = json.loads(whole[8 : 8 + size])
    damaged = [_with_header(as_json(one), whole[8 + size :]) for one in documents(header, chance, 150 * FACTOR)]
    damaged += [_with_header(one, whole[8 + size :]) for one in texts(whole[8 : 8 + size], chance, 50 * FACTOR)]
    damaged += [*texts(whole, chance, 50 * FACTOR)]
    damaged += [struct.pack("<Q", length) + whole[8:] for length in (0, 1, 2**63, 2**64 - 1, size - 1, size + 1)]
    for data in damaged:
        (folder / WEIGHTS).write_bytes(data)
        error = is_refused(lambda: tensor_entries(folder / WEIGHTS))
        if error is None:
            error = is_refused(lambda: load_model(folder, CPU))
        assert error is None or isinstance(error, ModelError)


def _with_header(header: bytes, data: bytes) -> bytes:
    return struct.pack("<Q", len(header)) + header + data


@pytest.mark.parametrize("value", [3e38, -3e38, 1e7, float("inf"), float("nan")])
def test_weights_that_nothing_learns_are_refused(tmp_path: Path, value: float) -> None:
    from engine.model.checkpoint import save_model

    loaded = small_model()
    with torch.no_grad():
        loaded.model.output_bias[5] = value
    save_model(tmp_path / "model", loaded.model, loaded.vocabulary, {"name": "hot"})
    error = is_refused(lambda: load_model(tmp_path / "model", CPU))
    assert error is not None
    assert "output_bias" in error.message


def test_training_lines_are_read_or_refused(tmp_path: Path) -> None:
    from engine.corpus.novelty.bloom import BloomFilter
    from engine.corpus.novelty.training_lines import TrainingLines

    chance = rng("bloom")
    one = BloomFilter.of(hash_strings(["床前明月光"]), 10)
    whole = TrainingLines(reduplicated=frozenset("明"), lines=one, runs=one, corpus_sha256="0" * 64).to_bytes()
    size = int.from_bytes(whole[8:16], "little")
    header, bits = json.loads(whole[16 : 16 + size]), whole[16 + size : -32]
    damaged = [_signed(whole[:8], as_json(changed), bits) for changed in documents(header, chance, 100 * FACTOR)]
    damaged += [_signed(whole[:8], changed, bits) for changed in texts(whole[16 : 16 + size], chance, 30 * FACTOR)]
    damaged += [*texts(whole, chance, 30 * FACTOR)]
    for data in damaged:
        (tmp_path / LINES).write_bytes(data)
        error = is_refused(lambda: read_lines(tmp_path / LINES).contains(["床前明月光"]))
        assert error is None or isinstance(error, ModelError)


def _signed(magic: bytes, header: bytes, bits: bytes) -> bytes:
    """A file of lines with the right length of its header and the right checksum."""
    content = magic + struct.pack("<Q", len(header)) + header + bits
    return content + hashlib.sha256(content).digest()


def test_a_checkpoint_is_continued_or_refused(tmp_path: Path) -> None:
    chance = rng("checkpoint")
    loaded = small_model()
    optimizer = make_optimizer(loaded.model, TrainConfig())
    loaded.model(torch.tensor([[5, 9, 7]]))[0].sum().backward()
    optimizer.step()
    progress = {"peak_lr": 0.001, "step": 3, "n_chars": 70, "best_nats": float("inf"), "best_step": None}
    save_checkpoint(tmp_path / "c", loaded.model, loaded.vocabulary, {}, optimizer, progress)
    assert Progress.from_checkpoint(load_progress(tmp_path / "c", optimizer)).step == 3
    file = tmp_path / "c" / "progress.json"
    for data in [
        *map(as_json, documents({**progress, "best_nats": 5.5}, chance, 150 * FACTOR)),
        *texts(file.read_bytes(), chance, 30 * FACTOR),
    ]:
        file.write_bytes(data)
        error = is_refused(lambda: Progress.from_checkpoint(load_progress(tmp_path / "c", optimizer)))
        assert error is None or isinstance(error, ModelError)
    file.write_bytes(as_json({**progress, "best_nats": 5.5}))
    state = tmp_path / "c" / "optimizer.safetensors"
    whole = state.read_bytes()
    size = int.from_bytes(whole[:8], "little")
    header = json.loads(whole[8 : 8 + size])
    damaged = [_with_header(as_json(one), whole[8 + size :]) for one in documents(header, chance, 60 * FACTOR)]
    for data in [*damaged, *texts(whole, chance, 60 * FACTOR)]:
        state.write_bytes(data)
        error = is_refused(lambda: load_progress(tmp_path / "c", optimizer))
        assert error is None or isinstance(error, ModelError)


def test_settings_are_read_and_what_is_damaged_is_kept_aside(tmp_path: Path) -> None:
    chance = rng("settings")
    path = tmp_path / "settings.json"
    save_settings(Settings(model="mine", rhyme="东", tone_pattern="aBbA"), path)
    values = json.loads(path.read_text("utf-8"))
    for number, data in enumerate(
        [*map(as_json, documents(values, chance, 150 * FACTOR)), *texts(as_json(values), chance, 60 * FACTOR)]
    ):
        path = tmp_path / str(number) / "settings.json"
        path.parent.mkdir()
        path.write_bytes(data)
        wanted = load_settings(path)
        settings, aside = open_settings(path)
        assert settings == wanted
        save_settings(settings, path)
        assert load_settings(path) == settings
        kept = [file for file in path.parent.iterdir() if file.read_bytes() == data]
        assert aside is None or kept == [aside]
