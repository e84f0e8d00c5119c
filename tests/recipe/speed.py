"""How fast a training goes and how long its steps are, so that a budget of processor time becomes a number of steps.

`python -m tests.recipe.speed --preset studio …` takes the flags of `poetry-tui train` and prints one JSON object.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

from engine.batches import n_batches
from engine.commands.train import new_config
from engine.devices import choose_device, use_threads
from engine.distributed import Workers
from engine.training import set_up

N_WARM_UP, N_TIMED = 4, 24


def main() -> None:
    from engine.__main__ import make_parser

    config = new_config(make_parser().parse_args(["train", *sys.argv[1:]]))
    use_threads(config.n_threads)
    with tempfile.TemporaryDirectory() as folder:
        training = set_up(config, Path(folder), Workers(), choose_device(config.device), resume=False)
        n_chars, since_s = 0, 0.0
        for number, turn in enumerate(training.turns()):
            if number == N_WARM_UP:
                n_chars, since_s = 0, time.process_time()
            if number == N_WARM_UP + N_TIMED:
                break
            training.update(turn)
            n_chars += turn.n_all_targets
        elapsed_s = time.process_time() - since_s
    pieces = training.curriculum.stages[0].pieces
    chars_per_step = pieces.n_targets / n_batches(pieces, config.batch_poems)
    print(json.dumps({"chars_per_cpu_s": n_chars / elapsed_s, "chars_per_step": chars_per_step}))


if __name__ == "__main__":
    main()
