"""Check that a trainer killed with -9 at random moments ends with the parameters of an undisturbed one, bit for bit.

`python -m benchmarks.soak.kills --kills 50` prints a line a death and the verdict; exit status 1 when anything is not as it should be.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from engine.model.checkpoint import CheckpointFolder
from engine.runs.folder import CHECKPOINTS, EVENTS
from poetry_tui.tracking.run_state.status import Status
from poetry_tui.tracking.summary import summarise
from tests.small_corpus import write_corpus

ROOT = Path(__file__).parents[2]
# So often that many deaths fall into the writing of a checkpoint.
SETTINGS = ("--preset", "tiny", "--checkpoint-every", "2", "--validate-every", "50", "--n-epochs", "100000")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["POETRY_TUI_HOME"] = str(folder / "home")
        corpus = write_corpus(folder / "poems.txt")
        new = [*SETTINGS, "--corpus", str(corpus), "--max-steps", str(options.steps), "--device", "cpu"]
        start([*new, "--run", str(folder / "undisturbed")]).wait()
        n_killed = disturb(new, folder / "disturbed", options.kills, random.Random(options.seed))
        return judge(folder, n_killed, options.kills)


def start(words: list[str]) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-P", "-m", "engine", "train", *words]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def n_starts(run: Path) -> int:
    return (run / EVENTS).read_bytes().count(b'"event":"run_started"') if (run / EVENTS).exists() else 0


def disturb(new: list[str], run: Path, n_kills: int, chance: random.Random) -> int:
    """Kill and resume until the run has been killed often enough or is finished; return the number of kills."""
    for number in range(1, n_kills + 1):
        before = n_starts(run)
        trainer = start(["--resume", str(run)] if before else [*new, "--run", str(run)])
        while n_starts(run) == before and trainer.poll() is None:
            time.sleep(0.005)
        time.sleep(chance.uniform(0.0, 0.8))
        if trainer.poll() is not None:
            print(f"the run was over before death {number}: give it more --steps")
            return number - 1
        os.kill(trainer.pid, signal.SIGKILL)
        trainer.wait()
        seen = summarise(run)
        aside = [path.name for path in (run / CHECKPOINTS).glob(".*")] if (run / CHECKPOINTS).is_dir() else []
        print(
            f"death {number} at step {seen.step}: shown as {seen.status}; half-written aside: {len(aside)}", flush=True
        )
        if seen.status is not Status.LOST:
            return number - 1
    start(["--resume", str(run)]).wait()
    return n_kills


def judge(folder: Path, n_killed: int, n_kills: int) -> int:
    """Report the differences; return 0 without one."""
    weights = [weights_of(folder / name) for name in ("undisturbed", "disturbed")]
    lines = (folder / "disturbed" / EVENTS).read_text(encoding="utf-8").splitlines()
    broken = sum(1 for line in lines if not is_json(line))
    left = [path.name for path in (folder / "disturbed" / CHECKPOINTS).glob(".*")]
    is_same = weights[0] is not None and weights[0] == weights[1]
    print(
        f"{n_killed} deaths; the same weights: {is_same}; lines cut in half: {broken}; half-written checkpoints left: {left}"
    )
    return 0 if is_same and n_killed == n_kills and not left and broken <= n_killed else 1


def weights_of(run: Path) -> bytes | None:
    last = CheckpointFolder(run / CHECKPOINTS).find("last")
    return None if last is None else (last / "model.safetensors").read_bytes()


def is_json(line: str) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
