"""The measurements as a section of a page: a table and the fitted laws for each axis, and a plot."""

import os
from collections.abc import Mapping, Sequence

import torch

from benchmarks.growth.axes import Axis, Measured, Quantity
from benchmarks.growth.laws import affine, power_law
from poetry_tui.tracking.report.svg import HEIGHT, PAPER, WIDTH, Series, chart

N_DRAWN = 60
# Charts beside each other: the first quantities of each axis.
N_COLUMNS = 3
INTRODUCTION = """\
Each row is a training in its own process, on one thread, after a warm-up round; `chars/s` is that of the median round, by the
processor time of that thread. The corpora are generated (random characters with the frequencies of Tang verse). One quantity is
varied at a time. The other settings are those of `studio` (two LSTM layers of 512, embedding 256, vocabulary 7,000, 24 poems
of 64 characters a batch); for the corpus they are those of `nndl`, with 100 poems a batch.

"""
PLOT = "![Speed and memory of a training over corpus, vocabulary, hidden size and poem length](pictures/growth.svg)\n"


def growth_section(axes: Sequence[Axis], measured: Mapping[str, Sequence[Measured]]) -> str:
    """The section of the Markdown page, which shows the plot."""
    parts = [INTRODUCTION, f"Measured on {machine()} with 1 thread by `make growth`.\n\n", PLOT]
    for axis in axes:
        rows = measured[axis.key]
        if len(rows) > 1:
            parts += [
                f"\n### {axis.title}\n\n",
                _table(axis, rows),
                f"\nWith {axis.symbol} for {axis.meaning}:\n\n",
                *(_law(axis, one, rows) for one in _told(axis, rows)),
            ]
    return "".join(parts)


def growth_plot(axes: Sequence[Axis], measured: Mapping[str, Sequence[Measured]]) -> str:
    """An SVG with one row of charts for each axis: measurements as dots, the fitted law as a line."""
    width, height = N_COLUMNS * WIDTH, len(axes) * HEIGHT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width // 2}">',
        f'<rect width="{width}" height="{height}" fill="{PAPER}"/>',
    ]
    for row, axis in enumerate(axes):
        for column, quantity in enumerate(_told(axis, measured[axis.key])[:N_COLUMNS]):
            place = f'<svg x="{column * WIDTH}" y="{row * HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
            parts.append(_chart(axis, quantity, measured[axis.key]).replace("<svg ", place, 1))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _told(axis: Axis, rows: Sequence[Measured]) -> list[Quantity]:
    """The measured quantities: not every system reports every kind of memory."""
    return [quantity for quantity in axis.quantities if all(quantity.of(one) > 0 for one in rows)]


def line_of(one: Measured) -> str:
    """One measurement, for the terminal."""
    return (
        f"{one.x:>10.4g}  {one.chars_per_s:>10,.0f} chars/s  {one.step_ms:>8,.1f} ms a step  {one.gflops:>6.1f} GFLOP/s  "
        f"{one.peak_mb:>7,.0f} MB"
    )


def machine() -> str:
    """A description of the machine."""
    return f"{os.cpu_count()} cores ({torch.backends.cpu.get_cpu_capability()}), PyTorch {torch.__version__}"


def _chart(axis: Axis, quantity: Quantity, rows: Sequence[Measured]) -> str:
    xs, ys = [one.x for one in rows], [quantity.of(one) for one in rows]
    series = [Series("measured", list(zip(xs, ys, strict=True)), is_dotted=True)]
    if len(rows) > 1:
        law = affine(xs, ys, quantity.power)
        places = [min(xs) + (max(xs) - min(xs)) * step / N_DRAWN for step in range(N_DRAWN + 1)]
        series.append(Series("fitted", [(x, law.at(x)) for x in places]))
    return chart(series, f"{axis.symbol}, {axis.meaning}", f"{quantity.name}, {quantity.unit}")


def _table(axis: Axis, rows: Sequence[Measured]) -> str:
    titles = [X_NAMES[axis.key], "chars/s", "ms a step", "GFLOP/s", "peak memory"]
    cells = [_cells(one) for one in rows]
    if axis.key == "corpus":
        titles += ["no mapped file", "read from the disk", "ms waited for a batch", "before the first batch"]
        cells = [[*some, *_disk_cells(one)] for some, one in zip(cells, rows, strict=True)]
    lines = [titles, ["---:"] * len(titles), *cells]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


X_NAMES = {
    "corpus": "poems",
    "vocabulary": "characters known",
    "hidden": "hidden size",
    "length": "characters in a poem",
}


def _cells(one: Measured) -> list[str]:
    xs = {"corpus": one.x * 1e6, "vocabulary": one.x * 1e3, "hidden": one.x * 128, "length": one.x}
    return [
        f"{xs[one.setting.axis]:,.0f}",
        f"{one.chars_per_s:,.0f}",
        f"{one.step_ms:,.0f}" if one.step_ms >= 100 else f"{one.step_ms:.3g}",
        f"{one.gflops:.1f}",
        f"{one.peak_mb:,.0f} MB",
    ]


def _disk_cells(one: Measured) -> list[str]:
    private = "?" if one.private_bytes is None else f"{one.private_mb:,.0f} MB"
    disk = "?" if one.disk_bytes is None else f"{one.disk_bytes / 1e6:,.0f} MB"
    return [private, disk, f"{one.data_ms:.1f}", f"{one.start_s:.2f} s"]


def _law(axis: Axis, quantity: Quantity, rows: Sequence[Measured]) -> str:
    """One line: the affine law, the exponent of the power law, and the R² of each."""
    xs, ys = [one.x for one in rows], [quantity.of(one) for one in rows]
    law, growth = affine(xs, ys, quantity.power), power_law(xs, ys)
    x = {1: f" · {axis.symbol}", 2: f" · {axis.symbol}²", -1: f" / {axis.symbol}"}[quantity.power]
    sign = "−" if law.slope < 0 else "+"
    return (
        f"- {quantity.name} = {law.base:.4g} {sign} {abs(law.slope):.4g}{x} {quantity.unit} (R² {law.r2:.3f}); "
        f"as a power of {axis.symbol}: {growth.exponent:.2f} (R² {growth.r2:.3f})\n"
    )
