"""What a training reads, and when."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from engine.config.presets import preset
from engine.config.schema import TrainConfig
from engine.corpus.corpus import SPLITS
from engine.corpus.store import open_corpus
from engine.corpus.tokens.batching import epoch_order, n_batches
from engine.corpus.tokens.token_cache import N_BOUNDS, TokenizedCorpus, open_tokens
from engine.corpus.tokens.vocabulary import END, PAD
from engine.model.checkpoint import CheckpointFolder
from engine.runs import events
from engine.runs.event_log import from_line
from engine.runs.folder import CHECKPOINTS, EVENTS
from engine.system.errors import CorpusError
from engine.training.curriculum import Curriculum, held_out_segments, plan_curriculum
from engine.training.loop import run_training

QUATRAIN = "山中相送罢，日暮掩柴扉。春草明年绿，王孙归不归。"
N_STEPS = 20


@pytest.fixture
def config(tmp_path: Path) -> TrainConfig:
    """A corpus of quatrains and octaves, half and half."""
    file = tmp_path / "poems.txt"
    characters = "日月山水风花雪夜江湖海天云雨春秋"
    quatrains = [characters[number % 16] + characters[number // 16] + QUATRAIN[2:] for number in range(120)]
    file.write_text("\n\n".join(quatrains + [quatrain + quatrain[::-1] for quatrain in quatrains]), encoding="utf-8")
    return preset("tiny").replace(corpus=str(file), max_steps=N_STEPS, anneal_fraction=0.25, anneal_max_chars=32)


def tokens_of(config: TrainConfig) -> TokenizedCorpus:
    return open_tokens(open_corpus(config.corpus), config.min_freq)


def lengths(curriculum: Curriculum, number: int) -> set[int]:
    """Of the poems of a stage, in characters."""
    return set((curriculum.stages[number].segments.lengths() - N_BOUNDS).tolist())


def test_without_a_late_share_there_is_one_stage_of_all_poems(config: TrainConfig) -> None:
    curriculum = plan_curriculum(tokens_of(config), config.replace(anneal_fraction=0.0))
    assert len(curriculum.stages) == 1
    assert curriculum.total_steps == N_STEPS
    assert {len(QUATRAIN), 2 * len(QUATRAIN)} <= lengths(curriculum, 0)


def test_the_last_share_of_the_steps_reads_only_short_poems(config: TrainConfig) -> None:
    curriculum = plan_curriculum(tokens_of(config), config)
    first, late = curriculum.stages
    assert (first.first_step, first.end_step, late.first_step, late.end_step) == (0, 15, 15, N_STEPS)
    assert lengths(curriculum, 1) == {len(QUATRAIN)}
    assert curriculum.stage_at(14) is first
    assert curriculum.stage_at(15) is late


def test_a_late_share_of_one_reads_nothing_else(config: TrainConfig) -> None:
    curriculum = plan_curriculum(tokens_of(config), config.replace(anneal_fraction=1.0))
    assert len(curriculum.stages) == 1
    assert lengths(curriculum, 0) == {len(QUATRAIN)}


def test_epochs_are_counted_on(config: TrainConfig) -> None:
    tokens = tokens_of(config)
    curriculum = plan_curriculum(tokens, config.replace(max_steps=1000, n_epochs=8))
    first, late = curriculum.stages
    steps = (first.end_step - 1, late.first_step)
    last_epoch, _ = first.locate(steps[0], config.batch_size)
    assert late.locate(steps[1], config.batch_size) == (last_epoch + 1, 0)
    second = late.first_step + n_batches(late.segments, config.batch_size)
    assert late.locate(second, config.batch_size) == (last_epoch + 2, 0)


def test_no_late_poem_at_all_is_one_sentence(config: TrainConfig) -> None:
    with pytest.raises(CorpusError, match=r"No poem of .* to learn from has at most 8 characters"):
        plan_curriculum(tokens_of(config), config.replace(anneal_max_chars=8))


def test_validations_judge_by_poems_as_short_as_those_that_are_read_last(config: TrainConfig) -> None:
    tokens = tokens_of(config)
    tokens = dataclasses.replace(tokens, splits=np.full_like(tokens.splits, SPLITS.index("validation")))
    config, quatrains, octaves = config.replace(n_val_poems=1000), len(QUATRAIN), 2 * len(QUATRAIN)

    def lengths_of(changed: TrainConfig) -> set[int]:
        return set((held_out_segments(tokens, changed).lengths() - N_BOUNDS).tolist())

    assert lengths_of(config) == {quatrains}
    assert lengths_of(config.replace(anneal_fraction=0.0)) == {quatrains, octaves}
    # A small corpus may hold out none of them: all the others are better than nothing.
    assert lengths_of(config.replace(anneal_max_chars=8)) == {quatrains, octaves}


def test_poems_of_exactly_the_longest_piece_are_not_cut(config: TrainConfig) -> None:
    tokens = tokens_of(config)
    poems = len(tokens.indices("train"))
    (stage,) = plan_curriculum(tokens, config.replace(anneal_fraction=0.0, max_chars=2 * len(QUATRAIN))).stages
    assert len(stage.segments) == poems
    batches = [
        stage.segments.batch(rows) for rows in epoch_order(stage.segments, config.batch_size, config.seed, epoch=0)
    ]
    assert all((batch.y == END).sum() == len(batch.y) for batch in batches)
    assert min(int((batch.y != PAD).sum(axis=1).min()) for batch in batches) == len(QUATRAIN) + 1


def test_a_run_of_before_goes_on_with_the_pieces_that_it_began_with(
    config: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = config.replace(checkpoint_every=8, validate_every=8, anneal_fraction=0.0, max_chars=2 * len(QUATRAIN))
    with monkeypatch.context() as before:
        before.setattr(
            "engine.training.build.plan_curriculum", lambda *given, **_: plan_curriculum(*given, end_counts=True)
        )
        run_training(config, tmp_path / "whole")
        seen: list[events.Event] = []
        run_training(
            config,
            tmp_path / "halved",
            on_record=lambda record: seen.append(record.event),
            stop_requested=lambda: any(isinstance(event, events.CheckpointSaved) for event in seen),
        )
    for file in (tmp_path / "halved" / CHECKPOINTS).glob("step-*/progress.json"):
        kept = json.loads(file.read_text(encoding="utf-8"))
        del kept["end_counts"]
        file.write_text(json.dumps(kept), encoding="utf-8")
    run_training(config, tmp_path / "halved", resume=True)
    assert _last_weights(tmp_path / "whole") == _last_weights(tmp_path / "halved")
    run_training(config, tmp_path / "now")
    assert _last_weights(tmp_path / "now") != _last_weights(tmp_path / "whole")


def test_raised_gradients_change_nothing_that_is_learnt(
    config: TrainConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_training(config, tmp_path / "plain")
    monkeypatch.setattr("engine.training.trainer.gradient_scale", lambda device, dtype: 4096.0)
    run_training(config, tmp_path / "raised")
    assert _last_weights(tmp_path / "plain") == _last_weights(tmp_path / "raised")


def test_a_run_killed_in_its_last_stage_goes_on_as_if_nothing_had_happened(config: TrainConfig, tmp_path: Path) -> None:
    config = config.replace(checkpoint_every=8, validate_every=8)
    run_training(config, tmp_path / "whole")
    seen: list[events.Event] = []
    stopped = run_training(
        config,
        tmp_path / "halved",
        on_record=lambda record: seen.append(record.event),
        stop_requested=lambda: any(isinstance(event, events.CheckpointSaved) and event.step == 16 for event in seen),
    )
    assert stopped == "stopped"
    run_training(config, tmp_path / "halved", resume=True)
    whole, halved = (_last_weights(tmp_path / name) for name in ("whole", "halved"))
    assert whole == halved


def test_the_late_stage_changes_what_is_learnt_and_nothing_before_it(config: TrainConfig, tmp_path: Path) -> None:
    run_training(config, tmp_path / "late")
    run_training(config.replace(anneal_fraction=0.0), tmp_path / "plain")
    late, plain = (_texts_compared(tmp_path / name) for name in ("late", "plain"))
    assert {step: text for step, text in late.items() if step <= 15} == {
        step: text for step, text in plain.items() if step <= 15
    }
    assert late[N_STEPS] != plain[N_STEPS]


def _last_weights(run: Path) -> bytes:
    last = CheckpointFolder(run / CHECKPOINTS).find("last")
    assert last is not None
    return (last / "model.safetensors").read_bytes()


def _texts_compared(run: Path) -> dict[int, str]:
    records = [from_line(line) for line in (run / EVENTS).read_text(encoding="utf-8").splitlines()]
    return {record.event.step: record.event.target for record in records if isinstance(record.event, events.Compared)}
