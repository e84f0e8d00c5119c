"""Construction of a run's trainer: corpus, model and optimiser, new or loaded from the last checkpoint."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

from engine.config.schema import TrainConfig
from engine.corpus.novelty.build import keep_lines
from engine.corpus.store import open_corpus
from engine.corpus.tokens.control_codes import control_code_tags
from engine.corpus.tokens.token_cache import TokenizedCorpus, open_tokens
from engine.model.char_rnn import CharRNN
from engine.model.checkpoint import CheckpointFolder, load_model, load_progress
from engine.model.devices import device_name, product_dtype, tune_malloc
from engine.model.metadata import read_metadata
from engine.model.registry import find_model
from engine.runs import events
from engine.runs.folder import CHECKPOINTS, ControlFiles
from engine.system.errors import RunError
from engine.training.curriculum import held_out_segments, plan_curriculum
from engine.training.distributed import Workers
from engine.training.progress import Progress, ResourceMeter
from engine.training.trainer import Trainer, make_optimizer
from engine.training.warm_start import warm_start

# Initial output bias of control codes, which are inputs only: it leaves them neither probability nor gradient.
CONTROL_CODE_BIAS = -30.0


def build_trainer(
    config: TrainConfig, folder: Path, workers: Workers, device: torch.device, *, resume: bool
) -> Trainer:
    """Open the corpus, create or load model and optimiser, and plan the curriculum. Raises RunError if the corpus has changed."""
    torch.manual_seed(config.seed)
    dtype = product_dtype(config.precision, device, config.model.hidden_size)

    checkpoints = CheckpointFolder(folder / CHECKPOINTS)
    checkpoint = checkpoints.find("last") if resume else None
    source = open_corpus(config.corpus, trained_on=_trained_on(checkpoint))
    corpus = open_tokens(source, config.min_freq, tags=_tags(config, checkpoint))
    model, optimizer, progress = _restore(checkpoint, corpus, config, device)
    curriculum, validation = (
        plan_curriculum(corpus, config, end_counts=progress.end_counts),
        held_out_segments(corpus, config),
    )
    if progress.best_step is not None and checkpoints.path_of(progress.best_step).is_dir():
        checkpoints.point("best", progress.best_step)  # a kill may have come between writing and pointing
    keep_lines(corpus.corpus, folder)
    # After reading the corpus, whose memory is to be returned to the system.
    tune_malloc()

    started = events.RunStarted(
        pid=os.getpid(),
        config=config.to_dict(),
        n_params=model.n_params(),
        vocab_size=len(corpus.vocabulary),
        total_steps=curriculum.total_steps,
        n_chars_per_epoch=curriculum.n_chars_per_epoch,
        device=device_name(device, dtype),
        resumed_from_step=progress.step if checkpoint else None,
        n_epochs=round(curriculum.epochs_at(curriculum.total_steps, config.batch_size), 6),
    )
    return Trainer(
        config, device, dtype, corpus, curriculum, validation, model, optimizer, progress,
        checkpoints, ControlFiles(folder), ResourceMeter(device), started, _parent_model(config), workers,
    )  # fmt: skip


def _trained_on(checkpoint: Path | None) -> str | None:
    """SHA-256 of the corpus that a checkpoint was trained on; None without one."""
    corpus = {} if checkpoint is None else read_metadata(checkpoint).get("corpus")
    return corpus.get("sha256") if isinstance(corpus, dict) else None


def _tags(config: TrainConfig, checkpoint: Path | None) -> Sequence[str]:
    """The control codes of the vocabulary. A resumed run keeps its own; a later version may have more."""
    if config.conditioning_prob == 0:
        return ()
    return control_code_tags() if checkpoint is None else list(read_metadata(checkpoint).get("header_tags", ()))


def _restore(
    checkpoint: Path | None, corpus: TokenizedCorpus, config: TrainConfig, device: torch.device
) -> tuple[CharRNN, torch.optim.Optimizer, Progress]:
    """Create a model with its optimiser, or load those of a checkpoint."""
    if checkpoint is None:
        model = CharRNN(config.model, len(corpus.vocabulary)).to(device)
        with torch.no_grad():
            model.output_bias[corpus.vocabulary.n_predictable :] = CONTROL_CODE_BIAS
        if config.start_from is not None:
            warm_start(model, corpus.vocabulary, load_model(find_model(config.start_from), device))
        return model, make_optimizer(model, config), Progress(peak_lr=config.learning_rate)
    loaded = load_model(checkpoint, device)
    if (
        loaded.metadata.get("corpus", {}).get("sha256") != corpus.corpus.sha256
        or loaded.vocabulary != corpus.vocabulary
    ):
        raise RunError(
            "The corpus {name} is no longer the one that this run was trained on.",
            "Bring the old corpus back, or start a new run.",
            name=corpus.corpus.name,
        )
    optimizer = make_optimizer(loaded.model, config)
    return loaded.model, optimizer, Progress.from_checkpoint(load_progress(checkpoint, optimizer))


def _parent_model(config: TrainConfig) -> Mapping[str, object]:
    """Metadata of the model of the initial weights; empty for a training from scratch."""
    if config.start_from is None:
        return {}
    metadata = read_metadata(find_model(config.start_from))
    remembered = ("name", "corpus", "training", "steps", "n_chars_seen", "started_from", "mean_of")
    return {key: metadata[key] for key in remembered if key in metadata}
