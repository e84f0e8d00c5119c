"""Tables of poems: any usual separator and column names; a table that nobody can read is refused as one."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.corpus.poem import RawPoem
from engine.corpus.readers.formats import open_poems
from engine.corpus.readers.tables import FIELDS, NAMES
from engine.system.errors import CorpusError
from tests.engine.corpus.corpus_samples import DENGGUANQUELOU, JINGYESI, SHANXING

POEMS = [("登鹳雀楼", "唐", "王之涣", DENGGUANQUELOU), ("静夜思", "唐", "李白", JINGYESI)]
READ = [RawPoem("登鹳雀楼", "王之涣", DENGGUANQUELOU), RawPoem("静夜思", "李白", JINGYESI)]


def written(rows: Sequence[Sequence[str]], separator: str = ",", quoting: Literal[0, 1] = csv.QUOTE_MINIMAL) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=separator, quoting=quoting).writerows(rows)
    return text.getvalue()


def poems_of(path: Path, text: str | bytes, columns: str | None = None) -> list[RawPoem]:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return list(open_poems(path, columns=columns).poems)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize(
    "names",
    [
        ("题目", "朝代", "作者", "内容"),
        ("title", "dynasty", "author", "content"),
        ("诗名", "时代", "诗人", "正文"),
        ("题名", "朝代", "writer", "诗文"),
        ("Title ", "Dynasty", "POET", "Paragraphs"),
        ("poem_title", "era", "author_name", "text"),
    ],
)
def test_a_table_is_known_by_the_names_of_its_columns(tmp_path: Path, separator: str, names: tuple[str, ...]) -> None:
    assert poems_of(tmp_path / "poems.txt", written([names, *POEMS], separator)) == READ


@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_table_may_be_quoted_marked_and_encoded_as_programs_do(
    tmp_path: Path, quoting: Literal[0, 1], encoding: str, end: str
) -> None:
    text = written([("题目", "朝代", "作者", "内容"), *POEMS], quoting=quoting).replace("\r\n", end)
    assert poems_of(tmp_path / "poems.csv", text.encode(encoding)) == READ


def test_columns_come_in_any_order_and_some_may_lack(tmp_path: Path) -> None:
    assert poems_of(tmp_path / "a.csv", written([("正文", "作者"), (JINGYESI, "李白")])) == [
        RawPoem("", "李白", JINGYESI)
    ]
    assert poems_of(tmp_path / "b.csv", f"content\n{JINGYESI}\n") == [RawPoem("", "", JINGYESI)]


def test_a_cell_may_hold_line_breaks_and_lists(tmp_path: Path) -> None:
    couplets = ["床前明月光，疑是地上霜。", "举头望明月，低头思故乡。"]
    cells = [
        "\n".join(couplets),
        "<br>".join(couplets),
        "\\n".join(couplets),
        str(couplets),
        str(couplets).replace("'", '"'),
    ]
    rows = [("title", "content"), *(("静夜思", cell) for cell in cells)]
    assert poems_of(tmp_path / "a.csv", written(rows)) == [RawPoem("静夜思", "", "\n".join(couplets))] * 5


def test_commas_that_nobody_quoted_stay_with_the_last_column(tmp_path: Path) -> None:
    text = "title,author,content\n静夜思,李白,床前明月光,疑是地上霜。举头望明月,低头思故乡。\n"
    (poem,) = poems_of(tmp_path / "a.csv", text)
    assert poem.text == "床前明月光,疑是地上霜。举头望明月,低头思故乡。"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", f"静夜思,李白,{JINGYESI}\n登鹳雀楼,王之涣,{DENGGUANQUELOU}\n"),
        ("a.txt", f"静夜思,李白,{JINGYESI}\n登鹳雀楼,王之涣,{DENGGUANQUELOU}\n"),
        ("a.txt", f"名\t人\t辞\n静夜思\t李白\t{JINGYESI}\n"),
        ("a.txt", f'"名";"人";"辞"\n"静夜思";"李白";"{JINGYESI}"\n"山行";"杜牧";"{SHANXING}"\n'),
        ("a.csv", "year,sum\n1,2\n3,4\n"),
    ],
)
def test_a_table_whose_columns_nobody_knows_is_refused_with_their_names(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(CorpusError, match="is a table, and which of its columns") as caught:
        poems_of(tmp_path / name, text)
    assert text[:2].strip('";\t') in caught.value.message
    assert "--columns title=1,author=2,content=3" in caught.value.hint


@pytest.mark.parametrize("columns", ["title=1,author=2,content=3", "content=3, author=2,题目=1"])
def test_columns_without_names_can_be_named_by_their_numbers(tmp_path: Path, columns: str) -> None:
    text = f"静夜思,李白,{JINGYESI}\n登鹳雀楼,王之涣,{DENGGUANQUELOU}\n"
    assert poems_of(tmp_path / "a.csv", text, columns) == READ[::-1]


def test_columns_with_other_names_can_be_named_by_them(tmp_path: Path) -> None:
    text = f"名\t人\t辞\n静夜思\t李白\t{JINGYESI}\n"
    assert poems_of(tmp_path / "a.txt", text, "title=名,author=人,content=辞") == [READ[1]]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ("title=1", "which column is the content"),
        ("content=9999", "no column called 9999"),
        ("content=0", "which column is the content"),
        ("content", "names no columns"),
        ("", "names no columns"),
        ("colour=1,content=2", "names no columns"),
        ("content=辞", "no column called 辞"),
    ],
)
def test_columns_that_are_not_there_are_refused(tmp_path: Path, columns: str, said: str) -> None:
    with pytest.raises(CorpusError, match=said):
        poems_of(tmp_path / "a.csv", written([("题目", "内容"), ("静夜思", JINGYESI)]), columns)


@pytest.mark.parametrize(
    "text",
    [
        "床前明月光,疑是地上霜,举头望明月,低头思故乡\n白日依山尽,黄河入海流,欲穷千里目,更上一层楼\n",
        "床前明月光\t疑是地上霜\t举头望明月\t低头思故乡\n白日依山尽\t黄河入海流\t欲穷千里目\t更上一层楼\n",
        "床前明月光,疑是地上霜;举头望明月,低头思故乡.\n白日依山尽,黄河入海流;欲穷千里目,更上一层楼.\n",
        "床前明月光|疑是地上霜|举头望明月|低头思故乡\n白日依山尽|黄河入海流|欲穷千里目|更上一层楼\n",
    ],
)
def test_verse_with_other_marks_is_no_table(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    assert open_poems(tmp_path / "a.txt").format == "one-a-line"


def test_a_quotation_mark_that_is_never_closed_is_said_and_not_read_to_the_end(tmp_path: Path) -> None:
    rows = written([("title", "content"), *(("题", JINGYESI) for _ in range(20))])
    (tmp_path / "a.csv").write_text(rows + '"题,' + f"{JINGYESI}\n" * 60_000, encoding="utf-8")
    with pytest.raises(CorpusError, match=r"Row \d+ of a.csv cannot be read"):
        list(open_poems(tmp_path / "a.csv").poems)


CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=12)


@given(
    st.lists(st.tuples(CELLS, CELLS, st.text("山水日月，。", min_size=1)), min_size=1),
    st.sampled_from(",;\t"),
    st.data(),
)
def test_what_a_program_writes_as_a_table_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]], separator: str, data: st.DataObject
) -> None:
    names = [data.draw(st.sampled_from(NAMES[field])) for field in FIELDS]
    path = tmp_path_factory.mktemp("table") / "a.csv"
    read = poems_of(path, written([names, *rows], separator, csv.QUOTE_ALL))
    assert [(poem.author, poem.text) for poem in read] == [(author.strip(), text) for _, author, text in rows]
