"""`make recipe`: train each row of `rows.py` for the same processor time, judge it, and write the table of `docs/experiments.md`.

Rows that were measured before are not measured again; a row that was interrupted goes on from its last checkpoint. Every
figure can be had by hand: the commands stand in the table.
"""

import argparse
import io
import json
import subprocess
import sys
from pathlib import Path

from benchmarks.recipe.results import Measured, known, note
from benchmarks.recipe.rows import COMMON, ROWS, Row
from benchmarks.recipe.table import write_table
from engine.corpus.corpus import held_out_poems
from engine.corpus.store import open_corpus
from engine.model.metadata import read_metadata
from engine.model.registry import find_model
from engine.system.files import write_atomically

ROOT = Path(__file__).parents[2]
JUDGED_BY = "tang-song"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.recipe", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help="names of rows (default: all)")
    parser.add_argument("--minutes", type=float, default=8.0, help="processor time of each training (default: 8)")
    parser.add_argument("--folder", type=Path, default=ROOT / "training" / "recipe", help="where runs and results go")
    options = parser.parse_args()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)
    unknown = set(options.rows) - {row.name for row in ROWS}
    if unknown:
        parser.error(f"there is no row called {unknown.pop()!r}")
    folder: Path = options.folder / f"{options.minutes:g}-minutes"
    folder.mkdir(parents=True, exist_ok=True)
    poems = _poems_to_judge_by(options.folder / "held-out.jsonl")
    results = folder / "results.jsonl"
    for row in ROWS:
        if row.name not in known(results) and (not options.rows or row.name in options.rows):
            measured = _measure(row, folder, poems, options.minutes)
            note(results, measured)
            print(
                f"{row.name}: {measured.nats_per_han:.3f} nats per Han character after {measured.n_chars:,} characters"
            )
    write_table(ROOT / "docs" / "experiments.md", known(results))


def _poems_to_judge_by(file: Path) -> Path:
    """The held-out quatrains, none of whose lines is in the training text of a row; written once."""
    if not file.exists():
        poems = held_out_poems(open_corpus(JUDGED_BY), "quatrains")
        write_atomically(file, "".join(json.dumps({"content": poem.text}, ensure_ascii=False) + "\n" for poem in poems))
    return file


def _measure(row: Row, folder: Path, poems: Path, minutes: float) -> Measured:
    run = folder / _run_name(row)
    flags = [*COMMON, *row.flags]
    speed = _speed(row, folder)
    # One figure for the baseline in the whole series: how fast the machine happens to be must not decide between rows.
    chars_per_cpu_s = _speed(ROWS[0], folder)["baseline_chars_per_cpu_s"] * speed["times_baseline"]
    max_steps = str(round(minutes * 60 * chars_per_cpu_s / speed["chars_per_step"]))
    if (run / "config.json").exists():
        _output_of("engine", "train", "--resume", str(run))
    else:
        at_the_end = ("--max-steps", max_steps, "--validate-every", max_steps, "--checkpoint-every", "200")
        _output_of("engine", "train", *flags, *at_the_end, "--run", str(run))
    about = read_metadata(find_model(run))
    figures = json.loads(_output_of("engine", "evaluate", "--model", str(run), "--poems", str(poems), "--json"))
    return Measured(
        name=row.name,
        max_steps=about["steps"],
        n_chars=about["n_chars_seen"],
        chars_per_cpu_s=chars_per_cpu_s,
        n_params=about["n_params"],
        nats_per_han=figures["nats_per_han"],
    )


def _speed(row: Row, folder: Path) -> dict[str, float]:
    """The measurements of `speed.py` for a row, taken once."""
    file = folder / f"{_run_name(row)}.speed.json"
    if not file.exists():
        write_atomically(file, _output_of("benchmarks.recipe.speed", *COMMON, *row.flags))
    figures: dict[str, float] = json.loads(file.read_text(encoding="utf-8"))
    return figures


def _run_name(row: Row) -> str:
    return row.name.replace(" ", "-")


def _output_of(module: str, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", module, *words], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout


if __name__ == "__main__":
    main()
