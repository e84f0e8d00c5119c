"""`python -m benchmarks.growth.child SETTING FOLDER N_ROUNDS`: one training measured in a process of its own, so that its peak of
memory is its own; prints one JSON object.

Shapes: T characters of a poem.
"""

import sys
import time
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.growth.axes import N_POEMS, Measured, Setting, x_of
from benchmarks.growth.shards import open_shards
from benchmarks.speed.memory import STATUS, peak_bytes, told
from benchmarks.speed.training import BATCHES_A_ROUND, Phases, Trainer, fused
from benchmarks.speed.verse import make_corpus
from engine.config.presets import preset
from engine.config.schema import TrainConfig
from engine.corpus.tokens.batching import Segments, cut_segments, epoch_order
from engine.corpus.tokens.vocabulary import BEGIN, END, SPECIAL_TOKENS

INPUT_OUTPUT = Path("/proc/self/io")


def main() -> None:
    setting, folder, n_rounds = Setting.from_json(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    print(measure(setting, folder, n_rounds).to_json())


def measure(setting: Setting, folder: Path, n_rounds: int) -> Measured:
    """Train a few batches on one thread; the longest poems and the first round are a warm-up and not counted."""
    from engine.model.devices import use_threads

    use_threads(1)
    disk_before = told(INPUT_OUTPUT, "read_bytes")
    started_s = time.process_time()
    segments, vocab_size = _segments(setting, folder)
    config = _config(setting)
    epoch_order(segments, config.batch_size, config.seed, epoch=0)
    start_s = time.process_time() - started_s
    trainer = Trainer(fused, segments, vocab_size, config)
    # What an epoch's most expensive batch takes, every child has taken, whichever batches it meets.
    longest = np.argsort(segments.lengths(), kind="stable")[-config.batch_size :]
    fused(trainer.model, segments.batch(longest), config, Phases())
    trainer.measure()
    rounds = [_round(trainer) for _ in range(n_rounds)]
    disk_after, private = told(INPUT_OUTPUT, "read_bytes"), told(STATUS, "RssAnon")
    chars_per_s = median(n_chars / busy_s for n_chars, busy_s in rounds)
    return Measured(
        setting=setting,
        x=x_of(setting, len(segments) if setting.times is None else _n_poems(folder)),
        chars_per_s=chars_per_s,
        step_ms=median(busy_s for _, busy_s in rounds) / BATCHES_A_ROUND * 1e3,
        data_ms=median(phases["data"] for phases in trainer.rounds[1:]) / BATCHES_A_ROUND * 1e3,
        gflops=chars_per_s * 6 * trainer.model.n_multiply_adds() / 1e9,
        peak_bytes=peak_bytes(),
        private_bytes=None if private is None else private * 1024,
        start_s=start_s,
        disk_bytes=None if disk_before is None or disk_after is None else disk_after - disk_before,
    )


def _round(trainer: Trainer) -> tuple[float, float]:
    """Characters read in a round, and processor seconds."""
    began_s = time.process_time()
    chars_per_s = trainer.measure()
    return chars_per_s * sum(trainer.rounds[-1].values()), time.process_time() - began_s


def _config(setting: Setting) -> TrainConfig:
    if setting.times is not None:
        return preset("nndl")
    config = preset("studio")
    return config.replace(model=config.model.replace(hidden_size=setting.hidden_size))


def _segments(setting: Setting, folder: Path) -> tuple[Segments, int]:
    """The training data and its vocabulary size: the files of a folder, or random poems of one length."""
    if setting.times is not None:
        corpus = open_shards(make_corpus(n_poems=1).vocabulary, folder)
        return cut_segments(corpus, corpus.indices("train"), preset("nndl").max_chars), len(corpus.vocabulary)
    random = np.random.default_rng(0)
    vocab_size = setting.n_characters + len(SPECIAL_TOKENS)
    grid = random.integers(len(SPECIAL_TOKENS), vocab_size, (N_POEMS, setting.poem_chars + 2), dtype=np.uint16)
    grid[:, 0], grid[:, -1] = BEGIN, END  # (N_POEMS, 1 + T + 1)
    bounds = np.arange(N_POEMS + 1, dtype=np.int64) * grid.shape[1]
    return Segments(grid.ravel(), bounds[:-1], bounds[1:], np.arange(N_POEMS)), vocab_size


def _n_poems(folder: Path) -> int:
    return (folder / "splits.bin").stat().st_size


if __name__ == "__main__":
    main()
