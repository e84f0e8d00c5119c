"""Tables of poems, separated by commas, semicolons, tabs or bars, with the names of their columns in the first row.

Columns are recognised by their names (`NAMES`). A table without a recognised column is rejected: read as a text it would
become one long poem.
"""

import csv
import functools
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal, get_args

from engine.corpus.poem import RawPoem, closed_lines, has_even_pieces, has_stop, is_whole_poem, n_han
from engine.system.errors import CorpusError

Field = Literal["title", "author", "content"]
FIELDS: tuple[Field, ...] = get_args(Field)

_CONTENT = """
paragraphs content contents para paragraph text body poem poems verse verses poetry lines
内容 內容 正文 诗文 詩文 原文 诗句 詩句 全文 诗词 詩詞 诗歌 詩歌 文本 诗 詩 词 詞
"""
_TITLE = """
title titles rhythmic poemtitle poemname name chapter
题目 題目 诗名 詩名 题名 題名 标题 標題 诗题 詩題 篇名 名称 名稱 作品 作品名 词牌 詞牌 词牌名 詞牌名 曲牌
"""
_AUTHOR = """
author authors writer poet authorname poetname 作者 诗人 詩人 作者名 词人 詞人 作家 姓名
"""
# If an object has several, the first in this order counts.
NAMES: Mapping[Field, tuple[str, ...]] = {
    "content": tuple(_CONTENT.split()),
    "title": tuple(_TITLE.split()),
    "author": tuple(_AUTHOR.split()),
}
_WITHOUT = str.maketrans("", "", " _-\t\ufeff\"'“”")


_RANKS: Mapping[str, tuple[Field, int]] = {
    name: (field, rank) for field, names in NAMES.items() for rank, name in enumerate(names)
}


def plain_name(name: str) -> str:
    """A name in lower case, without spaces, dashes, underscores and quotation marks."""
    return name.strip().translate(_WITHOUT).lower()


@functools.lru_cache(4096)
def field_and_rank(name: str) -> tuple[Field, int] | None:
    """The field of a column of this name, and its rank, 0 being the likeliest; None if it is unknown."""
    return _RANKS.get(plain_name(name))


def field_called(name: str) -> Field | None:
    found = field_and_rank(name)
    return found[0] if found else None


def names_of_fields(names: Iterable[str]) -> dict[Field, str]:
    """Field -> the likeliest of several names for it; fields without a name are left out."""
    best: dict[Field, tuple[int, str]] = {}
    for name in names:
        found = field_and_rank(name)
        if found is not None and (found[0] not in best or found[1] < best[found[0]][0]):
            best[found[0]] = (found[1], name)
    return {field: name for field, (_, name) in best.items()}


_SEPARATORS = ",\t;|"
_TABLE_ENDINGS = (".csv", ".tsv")
_PEEK_ROWS = 40
_MOST = 0.8
_MAX_NAME_CHARS = 40
_COLUMNS_SHOWN = 8
_MAX_SHOWN = 12
_MAX_CELL_CHARS = 1_000_000
# Line breaks as programs write them into a cell.
_BREAKS = re.compile(r"<br\s*/?>|\\r\\n|\\n", re.IGNORECASE)
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")


@dataclass(frozen=True, slots=True)
class Table:
    """The layout of a table: separator, column index of each field, number of columns in the first row, and
    whether the first row has names."""

    separator: str
    columns: dict[Field, int]
    n_columns: int
    has_names: bool = True

    @property
    def says(self) -> str:
        """The fields with their columns, in the syntax of `--columns`."""
        return ",".join(f"{field}={self.columns[field] + 1}" for field in FIELDS if field in self.columns)


def recognise_table(lines: Sequence[str], name: str) -> Table | None:
    """Recognise a table by the first lines of a file; None if they are no table.

    Raises:
        CorpusError: when they are a table without a column for the text.
    """
    rows_by = {separator: _first_rows(lines, separator) for separator in _SEPARATORS}
    for separator, rows in rows_by.items():
        columns = _known_columns(rows[0]) if rows else {}
        if "content" in columns and (len(columns) > 1 or _is_called_a_table(name)):
            return Table(separator, columns, len(rows[0]))
    separator = max(rows_by, key=lambda one: len(rows_by[one][0]) if _is_table(rows_by[one], one, name) else 0)
    if _is_table(rows_by[separator], separator, name):
        raise _unknown_columns(name, rows_by[separator][0])
    return None


def table_of(lines: Sequence[str], name: str, columns: str | None) -> Table:
    """The table in a file known to be one. `columns`: the value of `--columns`: title=1,content=3, or names of columns.

    Raises:
        CorpusError: when its columns are not recognised, or one of `columns` is missing.
    """
    if columns is None:
        found = recognise_table(lines, name)
        if found is not None:
            return found
        raise _unknown_columns(name, next(iter(_first_rows(lines, ",")), []))
    separator = max(_SEPARATORS, key=lambda one: max(map(len, _first_rows(lines, one)), default=0))
    rows = _first_rows(lines, separator)
    wanted = _wanted_columns(columns)
    has_names = not all(column.isdigit() for column in wanted.values())
    names = [plain_name(cell) for cell in rows[0]] if rows else []
    numbers: dict[Field, int] = {}
    for field, column in wanted.items():
        if column.isdigit() and len(column) < 4:
            numbers[field] = int(column) - 1
        elif plain_name(column) in names:
            numbers[field] = names.index(plain_name(column))
        else:
            raise CorpusError(
                "{name} has no column called {column}.",
                "Its columns: {names}.",
                name=name,
                column=column,
                names=_shown(rows[0] if rows else []),
            )
    if "content" not in numbers or min(numbers.values()) < 0:
        raise CorpusError("{columns} does not say which column is the content.", _COLUMNS_HINT, columns=columns)
    return Table(separator, numbers, len(rows[0]) if rows else 0, has_names)


def read_table(lines: Iterable[str], table: Table, name: str) -> Iterator[RawPoem]:
    """Yield the poems of a table. Raises CorpusError if a row cannot be read."""
    rows = csv.reader(_without_leading_lines(lines), delimiter=table.separator)
    before = csv.field_size_limit(_MAX_CELL_CHARS)
    try:
        if table.has_names:
            next(rows, None)
        for row in rows:
            if row:
                yield RawPoem(_cell(row, table, "title"), _cell(row, table, "author"), _verse(_content(row, table)))
    except csv.Error as error:
        raise CorpusError(
            "Row {number} of {name} cannot be read ({error}).",
            "Is a quotation mark not closed?",
            number=rows.line_num,
            name=name,
            error=error,
        ) from error
    finally:
        csv.field_size_limit(before)


_COLUMNS_HINT = "Say `--columns title=1,author=2,content=3` with the numbers of the columns, or with their names."


def _unknown_columns(name: str, row: Sequence[str]) -> CorpusError:
    return CorpusError(
        "{name} is a table, and which of its columns holds the poems is not known: {names}.",
        "Call them title, author and content in its first row, or say `--columns title=1,author=2,content=3`.",
        name=name,
        names=_shown(row),
    )


def _shown(row: Sequence[str]) -> tuple[str, ...]:
    cells = [" ".join(cell.split()) for cell in row[:_COLUMNS_SHOWN]]
    return tuple(cell if len(cell) <= _MAX_SHOWN else cell[:_MAX_SHOWN] + "…" for cell in cells)


def _wanted_columns(columns: str) -> dict[Field, str]:
    wanted: dict[Field, str] = {}
    for part in columns.split(","):
        name, _, column = (one.strip() for one in part.partition("="))
        field = field_called(name)
        if field is None or not column:
            raise CorpusError("{columns} names no columns.", _COLUMNS_HINT, columns=columns)
        wanted[field] = column
    return wanted


def _known_columns(row: Sequence[str]) -> dict[Field, int]:
    """The column of each field by the names in the first row, the likeliest name of each."""
    if any(len(cell) > _MAX_NAME_CHARS for cell in row):
        return {}
    return {field: list(row).index(name) for field, name in names_of_fields(row).items()}


def _first_rows(lines: Sequence[str], separator: str) -> list[list[str]]:
    try:
        rows = csv.reader(_without_leading_lines(lines[: 4 * _PEEK_ROWS]), delimiter=separator)
        return [row for row, _ in zip(rows, range(_PEEK_ROWS), strict=False) if row]
    except csv.Error:
        return []


def _without_leading_lines(lines: Iterable[str]) -> Iterator[str]:
    """The lines without blank lines and Excel's `sep=` before the first row."""
    is_first = True
    for line in lines:
        line = line if line.endswith("\n") else line + "\n"
        if is_first and (not line.strip("\ufeff \t\r\n") or line.startswith("sep=")):
            continue
        is_first = False
        yield line.replace("\x00", "")


def _is_called_a_table(name: str) -> bool:
    return PurePath(name.removesuffix(".gz").lower()).suffix in _TABLE_ENDINGS


def _is_table(rows: Sequence[Sequence[str]], separator: str, name: str) -> bool:
    """Whether rows have a constant number of cells, and the separator is no punctuation of verse."""
    if not rows or len(rows[0]) < 2:
        return False
    width = Counter(map(len, rows)).most_common(1)[0][0]
    same = sum(len(row) == width for row in rows)
    if width < 2 or same < _MOST * len(rows):
        return False
    if _is_called_a_table(name):
        return True
    # These marks also cut verse, into even lines. In a table one column has whole poems, and another has none.
    holds_poems = [sum(is_whole_poem(row[column]) for row in rows if len(row) == width) for column in range(width)]
    if len(rows) > 1 and max(holds_poems) >= _MOST * (same - 1) and min(holds_poems) == 0:
        return True
    is_tabbed = separator == "\t" and not any(has_even_pieces("，".join(row)) for row in rows)
    return is_tabbed and any(has_stop(cell) for row in rows for cell in row)


def _cell(row: Sequence[str], table: Table, field: Field) -> str:
    number = table.columns.get(field)
    return row[number].strip() if number is not None and number < len(row) else ""


def _content(row: Sequence[str], table: Table) -> str:
    """The cell with the poem; if it is the last column, also the cells after it, because its commas may be unquoted."""
    number = table.columns["content"]
    if number == table.n_columns - 1 and len(row) > table.n_columns and table.separator in ",;":
        return table.separator.join(row[number:]).strip()
    return _cell(row, table, "content")


def _verse(cell: str) -> str:
    """A cell as lines of verse: spelled-out breaks and list syntax become lines."""
    if cell.startswith("[") and cell.endswith("]"):
        return "\n".join(closed_lines(_listed(cell)))
    return _BREAKS.sub("\n", cell)


def _listed(cell: str) -> list[str]:
    try:
        value = json.loads(cell)
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return value
    quoted = [one or other for one, other in _QUOTED.findall(cell)]
    return quoted if n_han("".join(quoted)) == n_han(cell) else [cell]
