"""What the columns of tables and the keys of JSON objects are called, in the collections that there are."""

import functools
from collections.abc import Iterable, Mapping
from typing import Literal, get_args

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
# Of several that an object has, the first counts.
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
    """A name without case, spaces and underscores."""
    return name.strip().translate(_WITHOUT).lower()


@functools.lru_cache(4096)
def field_and_rank(name: str) -> tuple[Field, int] | None:
    """What a column of this name holds, and how likely, 0 before 1; None where nobody knows."""
    return _RANKS.get(plain_name(name))


def field_called(name: str) -> Field | None:
    found = field_and_rank(name)
    return found[0] if found else None


def names_of_fields(names: Iterable[str]) -> dict[Field, str]:
    """The name, of several, under which each field is most likely found; only those that are."""
    best: dict[Field, tuple[int, str]] = {}
    for name in names:
        found = field_and_rank(name)
        if found is not None and (found[0] not in best or found[1] < best[found[0]][0]):
            best[found[0]] = (found[1], name)
    return {field: name for field, (_, name) in best.items()}
