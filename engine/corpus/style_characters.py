"""The characters of a style: what a dynasty, a period or a poet writes oftener or more seldom than others after the same words.

`data/styles.tsv` is counted over the training poems (made by `benchmarks.tables.styles`).
"""

import functools
from collections.abc import Mapping

from engine.corpus.tokens.control_codes import Style
from engine.system.paths import bundled_rows

TABLE = "styles.tsv"


@functools.cache
def _table() -> Mapping[str, Mapping[str, float]]:
    return {
        name: {entry[0]: int(entry[1:]) / 100 for entry in entries.split()} for name, entries in bundled_rows(TABLE)
    }


def bias_of(style: Style) -> Mapping[str, float]:
    """Character -> bias in nats, of the narrowest part of a style that the table has: poet, period, dynasty."""
    names = [name for name in (style.poet, style.period, style.dynasty) if name]
    # Most requests name none: the table takes a while to read.
    return next((_table()[name] for name in names if name in _table()), {})
