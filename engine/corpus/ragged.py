"""Pieces of unlike length, one after the other in one array, into the rows of a grid."""

from typing import Any

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[np.int64]


def lay_out(
    source: npt.NDArray[Any], starts: Indices, lengths: Indices, grid: Indices, rows: Indices, columns: Indices
) -> None:
    """Write `source[start : start + length]` into the grid from (row, column) on, for each piece; all but the grid are (n,).

    All pieces at once: one by one they cost a training on a graphics card more time than the network.
    """
    within = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    grid[np.repeat(rows, lengths), np.repeat(columns, lengths) + within] = source[np.repeat(starts, lengths) + within]
