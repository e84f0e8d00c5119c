"""`make bench`: measure the speed of training, composing and starting, side by side in one run."""

import argparse
import io
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from benchmarks.speed.verse import MadeCorpus, make_corpus
from engine.config.presets import preset
from engine.corpus.corpus import Corpus, list_corpora
from engine.corpus.readers.formats import open_poems
from engine.corpus.store import import_poems
from engine.corpus.tokens.batching import cut_segments
from engine.corpus.tokens.token_cache import open_tokens
from engine.system import paths
from engine.system.processes import wait_passively

PARTS = (
    "training",
    "memory",
    "composing",
    "starting",
    "first-paint",
    "keys",
    "tabs",
    "watching",
    "watched-training",
    "beside-training",
    "gpu",
)
MAX_CHARS = 128


def main() -> None:  # noqa: C901 - a list of benchmarks
    wait_passively()
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"any of {', '.join(PARTS)} (default: all)")
    parser.add_argument("--quick", action="store_true", help="fewer rounds and a smaller corpus")
    parser.add_argument("--device", help="where the gpu part computes (default: cuda)")
    arguments = parser.parse_args()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # each figure as soon as it is known, through a pipe too
    parts = arguments.parts or PARTS
    if not set(parts) <= set(PARTS):
        parser.error(f"the parts are {', '.join(PARTS)}")
    tang = next((corpus for corpus in list_corpora() if corpus.name == "tang"), None)
    made = make_corpus(n_poems=5_000 if arguments.quick else 57_000)
    if tang is None:
        print("(the tang corpus is not installed: only a made one is used)", file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        if "training" in parts:
            _training(made, tang, n_rounds=3 if arguments.quick else 9)
        if "memory" in parts:
            _memory(made, Path(folder))
        if "composing" in parts:
            _composing(made, Path(folder), n_rounds=2 if arguments.quick else 5)
        if "starting" in parts:
            _starting(made, tang, Path(folder), n_rounds=1 if arguments.quick else 3)
        if "first-paint" in parts:
            _first_paint(Path(folder), n_rounds=3 if arguments.quick else 9)
        if "keys" in parts:
            _keys(made, Path(folder), n_keys=5 if arguments.quick else 30)
        if "tabs" in parts:
            _tabs(Path(folder), n_tabs=17 if arguments.quick else 34)
        if "watching" in parts:
            _watching(Path(folder), n_rounds=2 if arguments.quick else 5)
        if "watched-training" in parts:
            _watched_training(made, Path(folder), n_pairs=4 if arguments.quick else 24)
        if "beside-training" in parts:
            _beside_training(made, Path(folder), n_rounds=1 if arguments.quick else 5)
        if "gpu" in parts:
            _gpu(made, Path(folder), arguments.device, is_quick=arguments.quick)


def _training(made: MadeCorpus, tang: Corpus | None, n_rounds: int) -> None:
    from benchmarks.speed.training import bench_training
    from engine.model.devices import tune_malloc, use_threads

    use_threads(0)
    tune_malloc()
    for preset_name in ("nndl", "studio"):
        bench_training("a made corpus", preset_name, made.segments, len(made.vocabulary), n_rounds)
        if tang is not None:
            tokens = open_tokens(tang, preset(preset_name).min_freq)
            segments = cut_segments(tokens, np.asarray(tokens.indices("train")), MAX_CHARS)
            bench_training("tang", preset_name, segments, len(tokens.vocabulary), n_rounds)


def _memory(made: MadeCorpus, folder: Path) -> None:
    from benchmarks.speed.memory import bench_memory

    installed = [corpus.name for corpus in list_corpora() if corpus.name in ("tang-song", "tang-song-ci")]
    if installed:
        bench_memory(installed)
        return
    print("(neither tang-song nor tang-song-ci is installed: a made corpus of a sixth of their size is used)")
    with moved_home(folder / "home-for-memory"):
        made.write(folder / "made.txt")
        bench_memory([import_poems(open_poems(folder / "made.txt"), simplify=False).name])


def _composing(made: MadeCorpus, folder: Path, n_rounds: int) -> None:
    from benchmarks.speed.composing import bench_composing
    from engine.model.devices import use_threads

    use_threads(1)
    file = folder / "poems.txt"
    made.write(file)
    bench_composing(f"{file.stat().st_size / 1e6:.1f} MB", file, made.vocabulary, n_rounds)


def _starting(made: MadeCorpus, tang: Corpus | None, folder: Path, n_rounds: int) -> None:
    from benchmarks.speed.starting import bench_starting

    if tang is not None:
        bench_starting(tang, n_rounds)
        return
    with moved_home(folder / "home"):
        made.write(folder / "made.txt")
        bench_starting(import_poems(open_poems(folder / "made.txt"), simplify=False), n_rounds)


@contextmanager
def moved_home(home: Path) -> Iterator[None]:
    before = os.environ.get(paths.HOME_VARIABLE)
    os.environ[paths.HOME_VARIABLE] = str(home)
    try:
        yield
    finally:
        del os.environ[paths.HOME_VARIABLE]
        if before is not None:
            os.environ[paths.HOME_VARIABLE] = before


def _first_paint(folder: Path, n_rounds: int) -> None:
    from benchmarks.speed.first_paint import bench_first_paint

    os.environ[paths.HOME_VARIABLE] = str(folder / "empty-home")
    bench_first_paint(n_rounds)


def _keys(made: MadeCorpus, folder: Path, n_keys: int) -> None:
    from benchmarks.speed.keys import bench_keys

    os.environ[paths.HOME_VARIABLE] = str(folder / "home-for-keys")
    made.write(folder / "poems.txt")
    bench_keys(folder / "poems.txt", folder, n_keys)


def _tabs(folder: Path, n_tabs: int) -> None:
    from benchmarks.speed.tabs import bench_tabs

    os.environ[paths.HOME_VARIABLE] = str(folder / "home-for-tabs")
    bench_tabs(n_tabs)


def _watching(folder: Path, n_rounds: int) -> None:
    from benchmarks.speed.watching import bench_watching

    bench_watching(folder / "home-for-watching", n_rounds)


def _watched_training(made: MadeCorpus, folder: Path, n_pairs: int) -> None:
    from benchmarks.speed.watched_training import bench_watched_training

    home = folder / "home-for-training"
    os.environ[paths.HOME_VARIABLE] = str(home)
    home.mkdir()
    made.write(home / "poems.txt")
    bench_watched_training(home / "poems.txt", home, n_pairs)


def _beside_training(made: MadeCorpus, folder: Path, n_rounds: int) -> None:
    from benchmarks.speed.beside_training import bench_beside_training

    home = folder / "home-beside-training"
    os.environ[paths.HOME_VARIABLE] = str(home)
    home.mkdir()
    made.write(home / "poems.txt")
    bench_beside_training(home / "poems.txt", home, n_rounds)


def _gpu(made: MadeCorpus, folder: Path, device_name: str | None, *, is_quick: bool) -> None:
    import torch

    from benchmarks.speed.gpu import FULL, QUICK, bench_gpu

    if device_name is None and not torch.cuda.is_available():
        print(
            "There is no graphics card with CUDA here, so the gpu part was not run; --device cpu takes the same path."
        )
        return
    os.environ[paths.HOME_VARIABLE] = str(folder / "home-for-gpu")
    made.write(folder / "made.txt")
    corpus = import_poems(open_poems(folder / "made.txt"), simplify=False)
    bench_gpu(corpus.name, folder / "runs", torch.device(device_name or "cuda"), QUICK if is_quick else FULL)


if __name__ == "__main__":
    main()
