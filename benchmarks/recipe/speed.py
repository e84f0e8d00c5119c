"""How fast a training goes beside the baseline, and how long its steps are, so that a budget of processor time becomes a
number of steps.

`python -m benchmarks.recipe.speed --preset studio …` takes the flags of `poetry-tui train` and prints one JSON object. Both take
turns, since the same machine is faster at one hour than at another by more than most rows differ.
"""

import itertools
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.recipe.rows import COMMON
from benchmarks.speed.racing import race
from engine.commands.train import new_config
from engine.corpus.tokens.batching import n_batches
from engine.model.devices import choose_device, use_threads
from engine.training.build import build_trainer
from engine.training.distributed import Workers
from engine.training.trainer import Trainer

N_STEPS_A_TURN, N_TURNS, N_WARM_UP = 4, 9, 2


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        row = _training(sys.argv[1:], Path(folder) / "row")
        baseline = _training([*COMMON], Path(folder) / "baseline")
        contestants = {"row": _speed(row), "baseline": _speed(baseline)}
        results = race(contestants, N_TURNS, N_WARM_UP)
    segments = row.curriculum.stages[0].segments
    figures = {
        "times_baseline": results["row"].over(results["baseline"]),
        "baseline_chars_per_cpu_s": results["baseline"].median,
        "chars_per_step": segments.n_targets / n_batches(segments, row.config.batch_size),
    }
    print(json.dumps(figures))


def _training(flags: list[str], folder: Path) -> Trainer:
    from engine.__main__ import make_parser

    config = new_config(make_parser().parse_args(["train", *flags]))
    use_threads(config.n_threads)
    return build_trainer(config, folder, Workers(), choose_device(config.device), resume=False)


def _speed(trainer: Trainer) -> Callable[[], float]:
    """Characters per second of processor time, over the next few steps."""
    characters = _steps(trainer)

    def measure() -> float:
        since_s = time.process_time()
        n_chars = sum(itertools.islice(characters, N_STEPS_A_TURN))
        return n_chars / (time.process_time() - since_s)

    return measure


def _steps(trainer: Trainer) -> Iterator[int]:
    """The number of characters of each step."""
    for batch in trainer.batches():
        trainer.update(batch)
        yield batch.global_targets.n_chars


if __name__ == "__main__":
    main()
