"""`make growth`: measure speed and memory of a training over corpus, vocabulary, hidden size and poem length.

Each setting is measured in a process of its own, on one thread, by the processor time of that thread, so that other programs hardly
matter. Writes a section of docs/experiments.md and its plot. Interrupted, it continues where it stopped; a finished one starts anew.
"""

import argparse
import io
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks.growth.axes import Axis, Measured, Setting, axes
from benchmarks.growth.page import growth_plot, growth_section, line_of
from benchmarks.growth.shards import bytes_of, write_shards
from benchmarks.marked_text import replace_marked
from benchmarks.speed.verse import make_corpus

ROOT = Path(__file__).parents[2]
# Of the free disk, a corpus takes at most this share.
MOST_OF_DISK = 0.5


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("-o", "--folder", type=Path, default=ROOT / "docs", help="the guide's folder (default: docs)")
    parser.add_argument(
        "--so-far",
        type=Path,
        default=ROOT / "training" / "growth.jsonl",
        metavar="FILE",
        help="what was measured so far (default: training/growth.jsonl)",
    )
    parser.add_argument("--scratch", type=Path, help="where the largest corpus is written meanwhile (1 GB)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds a setting, after one that does not count (5)")
    parser.add_argument("--quick", action="store_true", help="small settings: whether it works at all")
    options = parser.parse_args()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)
    wanted = axes(quick=options.quick)
    options.so_far.parent.mkdir(parents=True, exist_ok=True)
    measured = {axis.key: _measure(axis, options.so_far, options.rounds, options.scratch) for axis in wanted}
    (options.folder / "pictures" / "growth.svg").write_text(growth_plot(wanted, measured), encoding="utf-8")
    replace_marked(options.folder / "experiments.md", "growth", growth_section(wanted, measured))
    options.so_far.unlink(missing_ok=True)


def _measure(axis: Axis, so_far: Path, n_rounds: int, scratch: Path | None) -> list[Measured]:
    print(axis.title)
    found = []
    for setting in axis.settings:
        one = _known(so_far).get(setting)
        if one is None:
            with _corpus_of(setting, scratch) as folder:
                if folder is None:
                    print(f"  ×{setting.times}: left out, the disk is too small for it")
                    continue
                one = _in_a_child(setting, folder, n_rounds)
            with so_far.open("a", encoding="utf-8") as file:
                file.write(one.to_json() + "\n")
        found.append(one)
        print(f"  {line_of(one)}")
    return found


def _known(so_far: Path) -> Mapping[Setting, Measured]:
    """The measurements of an interrupted run."""
    if not so_far.exists():
        return {}
    measured = map(Measured.from_json, so_far.read_text(encoding="utf-8").splitlines())
    return {one.setting: one for one in measured}


@contextmanager
def _corpus_of(setting: Setting, scratch: Path | None) -> Iterator[Path | None]:
    """A temporary folder with the corpus of a setting; None where the disk has no room for it."""
    with tempfile.TemporaryDirectory(prefix="growth-", dir=scratch) as folder:
        if setting.times is not None:
            made = make_corpus(setting.n_poems)
            if bytes_of(made, setting.times) > MOST_OF_DISK * shutil.disk_usage(folder).free:
                yield None
                return
            write_shards(made, Path(folder), setting.times)
        yield Path(folder)


def _in_a_child(setting: Setting, folder: Path, n_rounds: int) -> Measured:
    command = [sys.executable, "-m", "benchmarks.growth.child", setting.to_json(), str(folder), str(n_rounds)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return Measured.from_json(done.stdout)


if __name__ == "__main__":
    main()
