"""The table of `docs/experiments.md`, which compares each row with the baseline."""

from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path

from benchmarks.marked_text import replace_marked
from benchmarks.recipe.results import Measured
from benchmarks.recipe.rows import BASELINE, ROWS, Row


def write_table(document: Path, measured: Mapping[str, Measured]) -> None:
    """Write the rows measured so far into the document. Raises ValueError where that has no place for them."""
    replace_marked(document, "table", "\n".join(table_lines(measured)))


def table_lines(measured: Mapping[str, Measured]) -> Iterator[str]:
    """A Markdown table, one line for each measured row, in the order of `ROWS`."""
    baseline = measured.get(BASELINE)
    yield "| setting | nats per Han character | against `studio` | steps | characters read | chars/s | parameters | flags |"
    yield "|---|--:|--:|--:|--:|--:|--:|---|"
    rows = [row for row in ROWS if row.name in measured]
    for group, members in groupby(rows, key=lambda row: row.group):
        yield f"| **{group}** | | | | | | | |"
        for row in members:
            yield _line(row, measured[row.name], baseline)


def _line(row: Row, one: Measured, baseline: Measured | None) -> str:
    difference = ""
    if baseline is not None and row.name != BASELINE:
        difference = f"{one.nats_per_han - baseline.nats_per_han:+.3f}"
    cells = (
        row.name,
        f"{one.nats_per_han:.3f}",
        difference,
        f"{one.max_steps:,}",
        f"{one.n_chars / 1e3:,.0f} k",
        f"{one.chars_per_cpu_s:,.0f}",
        f"{one.n_params / 1e6:.1f} M",
        f"`{' '.join(row.flags)}`" if row.flags else "",
    )
    return f"| {' | '.join(cells)} |"
