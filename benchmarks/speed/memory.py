"""Peak memory of a training in its own process, from opening the corpus to the last checkpoint.

`python -m benchmarks.speed.memory WORDS …` does what `python -m engine WORDS …` does, and prints the peak in bytes as its last line.
"""

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from engine.system import paths

STATUS = Path("/proc/self/status")
# Memory rises for hundreds of steps: oneDNN keeps what it made for each length of poem and each size of chunk.
N_STEPS = 400


def bench_memory(corpora: Sequence[str]) -> None:
    """Measure `studio` on each of these installed corpora, in a studio home that shares only the corpora."""
    installed = paths.corpora()
    print(f"memory of a studio training: {N_STEPS} steps, a validation and a checkpoint")
    for corpus in corpora:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "corpora").symlink_to(installed)
            training = ["train", "--preset", "studio", "--corpus", corpus, "--max-steps", str(N_STEPS)]
            print(f"  {'studio on ' + corpus:<44} {_peak_of(training, Path(folder)) / 1e9:>12.2f} GB at its peak")


def _peak_of(words: Sequence[str], home: Path) -> int:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.speed.memory", *words],
        env={**os.environ, paths.HOME_VARIABLE: str(home)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout.splitlines()[-1])


def peak_bytes() -> int:
    """The peak memory of this process; by its own count, because the other one starts with its parent's."""
    high_water = told(STATUS, "VmHWM")
    if high_water is not None:
        return high_water * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def told(file: Path, name: str) -> int | None:
    """A number from Linux' status of this process; None elsewhere."""
    if not file.exists():
        return None
    values = dict(line.split(":", 1) for line in file.read_text().splitlines() if ":" in line)
    return int(values[name].split()[0]) if name in values else None


if __name__ == "__main__":
    from engine.__main__ import main

    exit_code = main(sys.argv[1:])
    print(peak_bytes())
    sys.exit(exit_code)
