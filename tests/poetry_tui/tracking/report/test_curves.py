"""The curves of a report, made of runs that were written in a moment."""

import math
import re
from itertools import pairwise

from poetry_tui.tracking.report.blocks import Figure, Table
from poetry_tui.tracking.report.curves import curves, embeddings, probes
from poetry_tui.tracking.report.history import RunHistory
from poetry_tui.tracking.report.svg import HEIGHT, WIDTH, Series, _text_width, chart
from tests.poetry_tui.tracking.make_run import life, probed, records


def history(name: str, *factors: float) -> RunHistory:
    found = RunHistory(name)
    said = life(500)
    for at, factor in enumerate(factors):
        said.append(probed(500 + at, factor))
    for record in records(said):
        found.state.fold(record)
    return found


def test_two_runs_have_their_gradients_at_the_start_and_at_the_end_and_the_factor_of_each() -> None:
    content = list(probes([history("rnn", 0.3, 0.5), history("lstm", 0.9, 0.95)]))
    assert [block.file_name for block in content if isinstance(block, Figure)] == [
        "gradients-first.svg",
        "gradients-last.svg",
        "accuracy.svg",
    ]
    (table,) = (block for block in content if isinstance(block, Table))
    assert [(row[0], row[1], row[-1]) for row in table.rows if row[0].endswith("H")] == [
        ("rnn · H", "500", "× 0.30"),
        ("rnn · H", "501", "× 0.50"),
        ("lstm · H", "500", "× 0.90"),
        ("lstm · H", "501", "× 0.95"),
    ]


def test_a_run_that_was_never_probed_has_no_gradients_but_its_gap_and_its_learning_rate() -> None:
    old = history("old")
    assert list(probes([old])) == []
    names = {block.file_name for block in curves([old]) if isinstance(block, Figure)}
    assert {"gap.svg", "gradient-norm.svg", "learning-rate.svg"} <= names


def test_a_chart_by_logarithm_draws_an_exponential_as_a_straight_line_and_leaves_out_what_has_no_logarithm() -> None:
    values = [(k, 0.5**k) for k in range(5)] + [(5, 0.0), (6, math.nan)]
    svg = chart([Series("r", values)], "k", "norm", is_log=True)
    line = svg.split('points="')[1].split('"')[0]
    ys = [float(point.split(",")[1]) for point in line.split()]
    falls = [after - before for before, after in pairwise(ys)]
    assert len(ys) == 5
    assert max(falls) - min(falls) < 0.2


def test_the_embedding_is_told_by_nearest_characters_through_time_and_a_picture_with_every_character() -> None:
    content = list(embeddings([history("lstm", 0.3, 0.5)]))
    (table,) = (block for block in content if isinstance(block, Table))
    assert table.rows == [("月", "日 星 云", "日 星 云")]
    first, last = (block for block in content if isinstance(block, Figure))
    assert first.file_name != last.file_name
    assert all(f">{character}</text>" in figure.svg for figure in (first, last) for character in "日月山")
    assert list(embeddings([history("old")])) == []


def test_the_legend_covers_no_curve_however_many_and_long_the_names() -> None:
    series = [Series(f"run-{number} " + "很长的名字" * number, [(0.0, 1.0), (9.0, 2.0)]) for number in range(6)]
    svg = chart(series, "x", "y")
    height = int(svg.split(f'viewBox="0 0 {WIDTH} ')[1].split('"')[0])
    at = [(float(x), float(y), name) for x, y, name in re.findall(r'<text x="([\d.]+)" y="([\d.]+)">(.*?)</text>', svg)]
    assert [name for _, _, name in at] == [one.name for one in series]
    assert all(HEIGHT < y < height for _, y, _ in at)
    assert all(x + _text_width(name) <= WIDTH for x, _, name in at)
    assert len({y for _, y, _ in at}) > 1
