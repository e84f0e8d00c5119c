"""Damaged files, repeated text and any text: each is read or refused, in linear time."""

import gzip
import json
import random
import tarfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.corpus.readers.formats import FORMATS, open_poems
from tests.engine.corpus.corpus_samples import entry, made_up_poems
from tests.engine.corpus.hostile_files import read_to_the_end

REPEATED = [
    *"《》（）［］{}【，。：—-_\"'`\t々卷见缺其1.#春□\u3000\u0301\x00",
    *(
        "《春》",
        "《春》卷",
        "（春",
        "(春)",
        "卷一",
        "见《",
        "春，",
        "春\n",
        "春，\n",
        "春\n\n",
        "春,春\n",
        "春\t春\n",
        "——李白\n",
    ),
    *(
        "静夜思\n春，\n",
        "__李",
        "春，__李白",
        "1. ",
        '"春",',
        '{"a":',
        "[[",
        "{}\n",
        "。」",
        "，——李白\n",
        "《春》李白\n",
        "\u0323\u0301",
    ),
]


@pytest.mark.parametrize("text", REPEATED, ids=repr)
def test_no_repeated_text_takes_more_than_linear_time(tmp_path: Path, text: str) -> None:
    """《 took nine seconds for 50,000 characters; the deadline is a wide one, for a slow machine."""
    (tmp_path / "a").write_text(f"床前明月光，疑是地上霜。\n{text * (30_000 // len(text))}。", encoding="utf-8")
    started_s = time.process_time()
    read_to_the_end(tmp_path / "a")
    assert time.process_time() - started_s < 20


def samples(folder: Path) -> Iterator[Path]:
    """A small valid file of every format and wrapping."""
    poems = made_up_poems(6)
    blocks = "\n\n".join(f"题{number}\n李白\n" + text.replace("。", "。\n") for number, text in enumerate(poems))
    entries = [entry(text, "静夜思", "李白") for text in poems]
    texts = {
        "title-colon.txt": "\n".join(f"题{number}：{text}" for number, text in enumerate(poems)),
        "one-a-line.txt": "\n".join(f"题\n{text}\n——李白" for text in poems),
        "blank-lines.txt": blocks,
        "modern.txt": blocks.replace("，", "\n").replace("。", "——\n"),
        "table.csv": "题目,作者,内容\n" + "\n".join(f'题,"李白","{text}"' for text in poems),
        "table.tsv": "title\tauthor\tcontent\n" + "\n".join(f"题\t李白\t{text}" for text in poems),
        "list.json": json.dumps(entries, ensure_ascii=False),
        "nested.json": json.dumps({"content": [{"content": entries}]}, ensure_ascii=False, indent=1),
        "lines.jsonl": "\n".join(json.dumps(one) for one in entries),
        "joint.txt": f"联句:{poems[0]}__李昂{poems[1]}__柳公权\n另:{poems[2]}（此章缺二句）\n",
    }
    for name, text in texts.items():
        yield written(folder / name, text.encode())
        yield written(folder / f"{name}.gz", gzip.compress(text.encode(), mtime=0))
    yield written(folder / "gb.txt", blocks.encode("gb18030"))
    yield written(folder / "utf16.csv", texts["table.csv"].encode("utf-16"))
    with zipfile.ZipFile(folder / "a.zip", "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("b/list.json", texts["list.json"])
    with zipfile.ZipFile(folder / "b.zip", "w") as zipped:
        zipped.writestr("table.csv", texts["table.csv"])
    for name, mode in (("a.tgz", "w:gz"), ("a.tar", "w")):
        with tarfile.open(folder / name, mode) as tar:  # type: ignore[call-overload]
            tar.add(folder / "list.json", "package/list.json")
    yield from (folder / name for name in ("a.zip", "b.zip", "a.tgz", "a.tar"))


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def flip_bytes(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))]


def splice(data: bytes, chance: random.Random) -> bytes:
    """A piece of it somewhere else, or in place of another."""
    start, end, to = (chance.randrange(len(data)) for _ in range(3))
    return data[:to] + data[start : start + 200] + data[end:]


def insert_strange(data: bytes, chance: random.Random) -> bytes:
    strange = [
        "\0",
        "\ud800",
        "\ufeff",
        "\u2028",
        "\U0010ffff",
        '"',
        "[",
        "{",
        "《",
        "（",
        "__",
        "——",
        "\r",
        "1e999",
        "1" * 5000,
    ]
    at = chance.randrange(len(data))
    return data[:at] + chance.choice(strange).encode("utf-8", "surrogatepass") * chance.randint(1, 70) + data[at:]


@pytest.mark.parametrize("damage", [flip_bytes, cut, splice, insert_strange])
def test_damaged_files_of_every_format_are_read_or_refused(
    tmp_path: Path, damage: Callable[[bytes, random.Random], bytes]
) -> None:
    chance = random.Random(15)
    for sample in samples(tmp_path):
        data = sample.read_bytes()
        assert isinstance(read_to_the_end(sample), int), sample.name
        for number in range(8):
            damaged = written(sample.with_name(f"damaged{sample.suffix}"), damage(data, chance))
            read_to_the_end(damaged, None if number < 6 else chance.choice(list(FORMATS)))


LINES = st.lists(
    st.text(
        "春眠不觉晓处，。！？：；、《》（）[]{}「」—_-#·1.,;|\t \u3000\"'\ufeff\ud800□○々卷见缺其一李白:", max_size=24
    ),
    max_size=12,
)


@given(LINES, st.sampled_from(["\n", "\r\n", "\n\n", "\x0b", "\u2028"]), st.none() | st.sampled_from(list(FORMATS)))
def test_any_text_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], end: str, format: str | None
) -> None:
    path = tmp_path_factory.mktemp("text") / "a.txt"
    path.write_bytes(end.join(lines).encode("utf-8", "surrogatepass"))
    read_to_the_end(path, format)


@given(st.lists(st.text("春眠不觉晓", min_size=5, max_size=5), min_size=2, max_size=12), st.integers(1, 30))
def test_no_character_of_a_wrapped_text_is_lost(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[str], width: int
) -> None:
    verse = "，".join(pieces) + "。"
    path = tmp_path_factory.mktemp("text") / "a.txt"
    path.write_text("\n".join(verse[start : start + width] for start in range(0, len(verse), width)), encoding="utf-8")
    read = "".join(poem.title + poem.author + poem.text for poem in open_poems(path))
    assert "".join(read.split()) == verse
