"""Sums over blocks of points tell what the points themselves tell, wherever the curve was cut and taken up again."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poetry_tui.tracking.run_state.curve import BLOCK, Curve


@settings(max_examples=60)
@given(st.integers(1, 6 * BLOCK), st.integers(0, 6 * BLOCK), st.integers(0, 2 * BLOCK), st.integers(1, 30), st.data())
def test_columns_are_those_of_the_points(
    n_points: int, cut: int, n_more: int, n_columns: int, data: st.DataObject
) -> None:
    noise = random.Random(n_points)
    curve = Curve()
    for step in range(n_points):
        curve.append(step, noise.gauss(0, 1))
    curve.truncate(cut)
    end = min(n_points, cut + 1)
    for step in range(end, end + n_more):
        curve.append(step, noise.gauss(0, 1))
    first = data.draw(st.integers(0, end + n_more))
    points = [value for step, value in zip(curve.steps, curve.values, strict=True) if step >= first]
    columns = [column for column in curve.columns(first, end + n_more, n_columns) if column]
    assert min((column.low for column in columns), default=None) == min(points, default=None)
    assert max((column.high for column in columns), default=None) == max(points, default=None)
    assert curve.means(1) == pytest.approx([sum(curve.values) / len(curve)])


def test_another_axis_shares_the_points() -> None:
    curve = Curve()
    for step in range(3 * BLOCK):
        curve.append(step, float(step))
    other = curve.against([step * 2.0 for step in range(3 * BLOCK)])
    assert other.columns(0, 6 * BLOCK, 7)[-1] == curve.columns(0, 3 * BLOCK, 7)[-1]
