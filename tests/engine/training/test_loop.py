"""Training from the first step to the last: what it learns, what its folder holds, how it ends and goes on."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import SafetensorError

from engine.config.schema import ModelConfig, Precision, TrainConfig
from engine.corpus.tokens.control_codes import ControlCodes, control_code_indices, control_code_tags
from engine.corpus.tokens.vocabulary import BEGIN
from engine.model.checkpoint import CheckpointFolder, load_model
from engine.model.registry import find_model
from engine.runs import events
from engine.runs.event_log import from_line
from engine.runs.folder import CHECKPOINTS, EVENTS, LOG, LR, ControlFiles
from engine.system.errors import CorpusError, RunError
from engine.training import trainer as trainer_module
from engine.training.loop import run_training
from tests.engine.training.training_run import N_STEPS, events_of, final_weights, records_of, stop_after
from tests.small_corpus import write_corpus


def test_a_training_tells_its_whole_story_in_its_folder(config: TrainConfig, tmp_path: Path) -> None:
    assert run_training(config, tmp_path / "run") == "completed"
    records = records_of(tmp_path / "run")
    assert [record.seq for record in records] == list(range(1, len(records) + 1))
    kinds = [record.event.name for record in records]
    assert kinds[0] == "run_started"
    assert kinds[-1] == "run_finished"
    assert "completed at step 24" in (tmp_path / "run" / LOG).read_text(encoding="utf-8")
    assert set(kinds) >= {"step", "compared", "validated", "sampled", "checkpoint_saved"}
    for compared in events_of(tmp_path / "run", events.Compared):
        assert isinstance(compared, events.Compared)
        assert len(compared.prediction) == len(compared.target) == len(compared.probability)


def test_a_training_validates_at_its_last_step_however_short(config: TrainConfig, tmp_path: Path) -> None:
    run_training(config.replace(max_steps=3, validate_every=1000), tmp_path / "run")
    (validated,) = events_of(tmp_path / "run", events.Validated)
    assert isinstance(validated, events.Validated)
    assert validated.step == 3
    assert math.isfinite(validated.val_nats_per_han)


def test_samples_begin_with_the_same_characters_and_seeds_at_every_validation(
    config: TrainConfig, tmp_path: Path
) -> None:
    run_training(config, tmp_path / "run")
    by_step: dict[int, list[tuple[str, int]]] = {}
    for sample in events_of(tmp_path / "run", events.Sampled):
        assert isinstance(sample, events.Sampled)
        by_step.setdefault(sample.step, []).append((sample.begin, sample.seed))
        assert sample.text.startswith(sample.begin)
    assert list(by_step) == [8, 16, 24]
    assert len({tuple(samples) for samples in by_step.values()}) == 1


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_every_cell_learns_the_form_of_a_small_corpus(cell: str, config: TrainConfig, tmp_path: Path) -> None:
    model = config.model.replace(cell=cell)
    run_training(config.replace(model=model, n_epochs=9, max_steps=200, validate_every=20), tmp_path / "run")
    nats = [event.val_nats_per_han for event in events_of(tmp_path / "run", events.Validated)]  # type: ignore[attr-defined]
    assert nats[-1] < nats[0] - 0.3


@pytest.mark.parametrize("init", ["xavier", "plain", "default"])
def test_every_initialisation_trains_with_rmsprop_and_a_free_output_layer(
    init: str, config: TrainConfig, tmp_path: Path
) -> None:
    model = ModelConfig(embedding_size=12, hidden_size=16, tied=False, dropout=0.1, init=init)  # type: ignore[arg-type]
    assert run_training(config.replace(model=model, optimizer="rmsprop"), tmp_path / "run") == "completed"


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_stopped_run_resumes_to_the_same_weights_bit_for_bit(
    precision: Precision, config: TrainConfig, tmp_path: Path
) -> None:
    config = config.replace(model=config.model.replace(dropout=0.2), checkpoint_every=5, precision=precision)
    run_training(config, tmp_path / "undisturbed")
    on_record, stop_requested = stop_after(2)
    reason = run_training(config, tmp_path / "disturbed", on_record=on_record, stop_requested=stop_requested)
    assert reason == "stopped"
    assert run_training(config, tmp_path / "disturbed", resume=True) == "completed"
    assert final_weights(tmp_path / "disturbed") == final_weights(tmp_path / "undisturbed")
    started = events_of(tmp_path / "disturbed", events.RunStarted)
    assert [event.resumed_from_step is None for event in started] == [True, False]  # type: ignore[attr-defined]
    # The last validation and its training loss are those of the undisturbed run too.
    last = [events_of(tmp_path / run, events.Validated)[-1] for run in ("undisturbed", "disturbed")]
    assert last[0] == last[1]


def test_a_run_with_headers_goes_on_in_a_later_studio_that_knows_more_forms(
    config: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = config.replace(conditioning_prob=0.5)
    known = tuple(tag for tag in control_code_tags() if tag not in ("form:qilv", "form:wujue"))
    with monkeypatch.context() as earlier:
        earlier.setattr("engine.training.build.control_code_tags", lambda: known)
        on_record, stop_requested = stop_after(1)
        run_training(config, tmp_path / "run", on_record=on_record, stop_requested=stop_requested)
    assert run_training(config, tmp_path / "run", resume=True) == "completed"
    assert load_model(find_model(tmp_path / "run"), torch.device("cpu")).vocabulary.tags == known


def test_a_run_of_before_keywords_begins_another_that_is_told_them_and_stops_and_goes_on(
    config: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = config.replace(conditioning_prob=0.9, checkpoint_every=3)
    older = tuple(tag for tag in control_code_tags() if tag.split(":")[0] in ("title", "poem", "form", "rhyme"))
    with monkeypatch.context() as earlier:
        earlier.setattr("engine.training.build.control_code_tags", lambda: older)
        run_training(config.replace(max_steps=2), tmp_path / "older")
    config = config.replace(start_from=str(tmp_path / "older"), max_steps=12)
    run_training(config, tmp_path / "undisturbed")
    on_record, stop_requested = stop_after(2)
    run_training(config, tmp_path / "disturbed", on_record=on_record, stop_requested=stop_requested)
    assert run_training(config, tmp_path / "disturbed", resume=True) == "completed"
    assert final_weights(tmp_path / "disturbed") == final_weights(tmp_path / "undisturbed")
    loaded = load_model(find_model(tmp_path / "disturbed"), torch.device("cpu"))
    assert loaded.vocabulary.tags == control_code_tags()
    # The codes are read: what is told changes what comes next.
    told = control_code_indices(loaded.vocabulary, ControlCodes(keywords=("山",), dynasty="唐"))
    poem = [BEGIN, *told, *loaded.vocabulary.encode("山")]
    untold = [BEGIN, *loaded.vocabulary.encode("山")]
    with torch.no_grad():
        after = [loaded.model(torch.tensor([indices]))[0][0, -1] for indices in (poem, untold)]
    assert len(told) == 4
    assert not torch.allclose(*after)
    assert all(torch.log_softmax(one, 0)[loaded.vocabulary.n_predictable :].max() < -20 for one in after)


def test_a_run_does_not_go_on_with_another_corpus(config: TrainConfig, tmp_path: Path) -> None:
    run_training(config.replace(max_steps=2), tmp_path / "run")
    write_corpus(Path(config.corpus), seed=1)
    with pytest.raises(RunError, match="no longer the one"):
        run_training(config, tmp_path / "run", resume=True)


def test_a_diverging_loss_is_caught_and_said_and_the_checkpoints_stay(config: TrainConfig, tmp_path: Path) -> None:
    config = config.replace(learning_rate=10.0, clip_norm=0.0, optimizer="rmsprop", checkpoint_every=1, max_steps=200)
    assert run_training(config, tmp_path / "run") == "diverged"
    finished = events_of(tmp_path / "run", events.RunFinished)
    assert [event.reason for event in finished] == ["diverged"]  # type: ignore[attr-defined]


def test_a_diverging_run_goes_back_to_its_best_checkpoint_with_a_lower_rate_once(
    config: TrainConfig, tmp_path: Path
) -> None:
    folder = tmp_path / "run"

    def ruin_the_rate(record: events.Record) -> None:
        if isinstance(record.event, events.CheckpointSaved) and record.event.step == 8:
            ControlFiles(folder).request(LR, 9.0)

    config = config.replace(clip_norm=0.0, max_steps=200, validate_every=8, checkpoint_every=500)
    assert run_training(config, folder, on_record=ruin_the_rate) == "completed"
    returned = [one for one in events_of(folder, events.Control) if one.what == events.RETURNED]  # type: ignore[attr-defined]
    assert [one.value for one in returned] == [pytest.approx(0.3 * config.learning_rate)]  # type: ignore[attr-defined]
    # When a wish is heard depends on the clock, so which validation was the best before it does too.
    assert returned[0].step % config.validate_every == 0  # type: ignore[attr-defined]
    steps = [event.step for event in events_of(folder, events.Validated)]  # type: ignore[attr-defined]
    (started,) = events_of(folder, events.RunStarted)
    assert steps[-1] == started.total_steps  # type: ignore[attr-defined]
    last = events_of(folder, events.Validated)[-1]
    assert last.val_nats_per_han < 20  # type: ignore[attr-defined]


def test_a_run_that_no_longer_improves_stops_early_and_says_so(config: TrainConfig, tmp_path: Path) -> None:
    config = config.replace(learning_rate=0.0, max_steps=200, early_stop=2)
    assert run_training(config, tmp_path / "run") == "stopped"
    (control,) = events_of(tmp_path / "run", events.Control)
    assert (control.step, control.what, control.value) == (24, "no longer improving", 2)  # type: ignore[attr-defined]
    assert CheckpointFolder(tmp_path / "run" / CHECKPOINTS).find("last") is not None


def test_a_failure_is_the_last_word_of_a_run_and_its_traceback_is_in_the_log(
    config: TrainConfig, tmp_path: Path
) -> None:
    with pytest.raises(CorpusError):
        run_training(config.replace(corpus=str(tmp_path / "nowhere.txt")), tmp_path / "run")
    (failed,) = events_of(tmp_path / "run", events.RunFailed)
    assert isinstance(failed, events.RunFailed)
    assert failed.kind == "CorpusError"
    assert "Traceback" in (tmp_path / "run" / LOG).read_text(encoding="utf-8")


def test_only_the_newest_checkpoints_and_the_best_are_kept(config: TrainConfig, tmp_path: Path) -> None:
    run_training(config.replace(checkpoint_every=2), tmp_path / "run")
    checkpoints = CheckpointFolder(tmp_path / "run" / CHECKPOINTS)
    kept = sorted(path.name for path in checkpoints.folder.iterdir() if path.is_dir())
    assert 2 <= len(kept) <= 3
    assert checkpoints.find("last") == checkpoints.path_of(N_STEPS)
    assert checkpoints.find("best") is not None


def test_a_half_written_last_line_is_ended_before_the_next_one(config: TrainConfig, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    on_record, stop_requested = stop_after(1)
    run_training(config, folder, on_record=on_record, stop_requested=stop_requested)
    with (folder / EVENTS).open("a", encoding="utf-8") as file:
        file.write('{"v":1,"seq":99,"time_s":1.0,"ev')
    run_training(config, folder, resume=True)
    lines = (folder / EVENTS).read_text(encoding="utf-8").splitlines()
    whole = [line for line in lines if line.endswith("}")]
    assert len(lines) == len(whole) + 1
    assert [from_line(line).seq for line in whole] == list(range(1, len(whole) + 1))


def test_a_disk_that_is_full_ends_the_run_with_one_sentence_and_keeps_the_last_checkpoint(
    config: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "run"

    def fill_the_disk(record: events.Record) -> None:
        if isinstance(record.event, events.CheckpointSaved):
            monkeypatch.setattr("engine.model.checkpoint.save_file", no_space)

    def no_space(*_: object) -> None:
        raise SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")

    with pytest.raises(RunError, match=r"No space left on device.*Make room"):
        run_training(config, folder, on_record=fill_the_disk)
    assert isinstance(records_of(folder)[-1].event, events.RunFailed)
    last = CheckpointFolder(folder / CHECKPOINTS).find("last")
    assert last is not None
    assert last.name == "step-00000008"
    monkeypatch.undo()
    assert run_training(config, folder, resume=True) == "completed"


def test_a_training_goes_on_in_float32_where_onednn_makes_no_product_in_bfloat16(
    config: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loss = trainer_module._loss

    def failing(*arguments: Any) -> Any:
        if arguments[-1] == torch.bfloat16:
            raise RuntimeError("could not create a primitive")
        return loss(*arguments)

    monkeypatch.setattr(trainer_module, "_loss", failing)
    assert run_training(config.replace(precision="bfloat16"), tmp_path / "run") == "completed"
    assert [(one.step, one.what) for one in events_of(tmp_path / "run", events.Control)] == [  # type: ignore[attr-defined]
        (1, "continued in float32")
    ]


def test_another_error_of_a_step_ends_the_training(
    config: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> Any:
        raise RuntimeError("shapes do not fit")

    monkeypatch.setattr(trainer_module, "_loss", failing)
    with pytest.raises(RuntimeError, match="shapes do not fit"):
        run_training(config.replace(precision="bfloat16"), tmp_path / "run")
