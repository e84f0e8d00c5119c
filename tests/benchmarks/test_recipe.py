"""The experiments of `docs/experiments.md`: every row can be trained, and the table says what was measured."""

from pathlib import Path

import pytest

from benchmarks.recipe.results import Measured, known, note
from benchmarks.recipe.rows import BASELINE, COMMON, ROWS, Row
from benchmarks.recipe.table import table_lines, write_table
from engine.__main__ import make_parser
from engine.commands.train import new_config


def measured(name: str, nats_per_han: float) -> Measured:
    return Measured(
        name, max_steps=400, n_chars=450_000, chars_per_cpu_s=1700.4, n_params=5_952_660, nats_per_han=nats_per_han
    )


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_row_is_a_training_that_differs_from_the_baseline(row: Row) -> None:
    parser = make_parser()
    config = new_config(parser.parse_args(["train", *COMMON, *row.flags]))
    assert (config == new_config(parser.parse_args(["train", *COMMON]))) == (row.name == BASELINE)


def test_rows_have_different_names() -> None:
    assert len({row.name for row in ROWS}) == len(ROWS)


def test_what_was_measured_is_known_again(tmp_path: Path) -> None:
    results = tmp_path / "results.jsonl"
    assert not known(results)
    note(results, measured("GRU", 6.5))
    note(results, measured("1 layer", 6.75))
    assert known(results) == {"GRU": measured("GRU", 6.5), "1 layer": measured("1 layer", 6.75)}


def test_the_table_compares_each_row_with_the_baseline() -> None:
    lines = list(table_lines({BASELINE: measured(BASELINE, 6.5), "GRU": measured("GRU", 6.25)}))
    assert "| GRU | 6.250 | -0.250 | 400 | 450 k | 1,700 | 6.0 M | `--cell gru` |" in lines
    assert any(line.startswith(f"| {BASELINE} | 6.500 |  |") for line in lines)


def test_the_text_around_the_table_stays(tmp_path: Path) -> None:
    document = tmp_path / "experiments.md"
    document.write_text("before\n<!-- table -->\nold\n<!-- end of table -->\nafter\n", encoding="utf-8")
    write_table(document, {"GRU": measured("GRU", 6.25)})
    text = document.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    assert "| GRU |" in text


def test_a_document_without_a_place_for_the_table_is_refused(tmp_path: Path) -> None:
    document = tmp_path / "experiments.md"
    document.write_text("nothing here", encoding="utf-8")
    with pytest.raises(ValueError, match="no place for the table"):
        write_table(document, {})
    assert document.read_text(encoding="utf-8") == "nothing here"
