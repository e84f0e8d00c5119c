"""Files that nobody means well with: each ends in poems or in one sentence, soon, and never in another error."""

import gzip
import io
import json
import os
import random
import socket
import tarfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.corpus.cleaning import Cleaner
from engine.corpus.poem import RawPoem
from engine.corpus.readers import archives, content
from engine.corpus.readers.formats import FORMATS, open_poems, read_poems
from engine.corpus.store import open_corpus
from engine.errors import CorpusError, StudioError
from tests.engine.corpus.corpus_samples import JINGYESI, SHANXING, entry, made_up_poems

posix = pytest.mark.skipif(os.name != "posix", reason="FIFOs and sockets")


def read_to_the_end(path: Path, format: str | None = None, columns: str | None = None) -> int | StudioError:
    """How many poems a file gives, cleaned in both ways, or the one sentence that it is refused with."""
    strict, lenient = Cleaner(), Cleaner(simplify=False, unique=False, lenient=True)
    n_poems = 0
    try:
        for raw in read_poems(path, format, columns):
            n_poems += 1
            for cleaner in (strict, lenient):
                poem = cleaner.clean(raw)
                assert poem is None or (poem.title + poem.author + poem.text).encode() is not None
    except StudioError as error:
        return one_sentence(error)
    json.dumps(strict.report.to_dict(), ensure_ascii=False).encode()
    return n_poems


def one_sentence(error: StudioError) -> StudioError:
    assert "\n" not in str(error)
    assert str(error).encode()
    return error


def refused(path: Path, match: str, format: str | None = None) -> None:
    error = read_to_the_end(path, format)
    assert isinstance(error, CorpusError), error
    assert match in error.message


@posix
def test_a_pipe_is_read_once_and_to_its_end(tmp_path: Path) -> None:
    fifo = tmp_path / "poems"
    os.mkfifo(fifo)
    writer = threading.Thread(target=fifo.write_text, args=(f"{JINGYESI}\n{SHANXING}\n",), kwargs={"encoding": "utf-8"})
    writer.start()
    assert list(read_poems(fifo)) == [RawPoem("", "", JINGYESI), RawPoem("", "", SHANXING)]
    writer.join()


@posix
def test_a_pipe_can_become_a_corpus(tmp_path: Path) -> None:
    fifo = tmp_path / "poems"
    os.mkfifo(fifo)
    writer = threading.Thread(target=fifo.write_text, args=(f"{JINGYESI}\n{SHANXING}\n",), kwargs={"encoding": "utf-8"})
    writer.start()
    corpus = open_corpus(fifo)
    writer.join()
    assert [poem.text for poem in corpus.poems()] == [JINGYESI, SHANXING]
    assert open_corpus(corpus.name) == corpus


@posix
def test_nothing_that_is_kept_aside_of_a_pipe_stays_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "aside").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "aside"))
    file = content.kept_aside(io.BytesIO(JINGYESI.encode()), "stdin")
    assert len(list((tmp_path / "aside").iterdir())) == 1
    assert file.read(1000).decode() == JINGYESI
    del file
    assert list((tmp_path / "aside").iterdir()) == []


@posix
@pytest.mark.parametrize("device", ["/dev/null", "/dev/zero", "/dev/urandom"])
def test_devices_without_poems_are_refused_at_once(device: str) -> None:
    assert isinstance(read_to_the_end(Path(device)), CorpusError)


def test_a_pipe_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content, "MAX_PIPED_BYTES", 5 << 20)

    class Endless:
        def read(self, n: int) -> bytes:
            return (JINGYESI.encode() + b"\n") * (n // 100)

    with pytest.raises(CorpusError, match="More than 5 MB came from stdin"):
        content.kept_aside(Endless(), "stdin")  # type: ignore[arg-type]


@posix
def test_what_is_no_file_in_a_folder_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.json").write_text(json.dumps([entry(JINGYESI)]), encoding="utf-8")
    os.mkfifo(tmp_path / "fifo.json")
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "dangling.json").symlink_to("nowhere.json")
    (tmp_path / "circle").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / ("9" * 200 + ".json")).write_text(json.dumps([entry(SHANXING)]), encoding="utf-8")
    with socket.socket(socket.AF_UNIX) as server:
        # A socket's whole path may not be long.
        monkeypatch.chdir(tmp_path)
        server.bind("socket.json")
        assert read_to_the_end(tmp_path) == 2
        assert open_corpus(tmp_path).n_poems == 2
        refused(tmp_path / "socket.json", "is no file that poems can be read from")


def test_a_folder_with_too_much_below_it_is_not_walked_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_FILES", 50)
    for number in range(60):
        (tmp_path / f"{number}.txt").touch()
    refused(tmp_path, "holds more than 50 files")
    with pytest.raises(CorpusError, match="holds more than 50 files"):
        open_corpus(tmp_path)


@pytest.mark.parametrize("name", ["n" * 300, "诗" * 100, "a/" * 3000, "a\0b", "~nobody-of-this-name/a.txt"])
def test_paths_that_cannot_be_are_missing_files(tmp_path: Path, name: str) -> None:
    refused(tmp_path / name, "There is no file")


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf",
        b"\xef\xbb\xbf" * 3,
        "\u3000\u3000\n\u3000".encode(),
        "\u200b\n\ufeff".encode(),
        b"\xff\xfe",
        "\u3000".encode("utf-16"),
        b"\r\n" * 100,
        gzip.compress(b"\n\n"),
        gzip.compress(b""),
    ],
)
def test_files_in_which_nothing_can_be_seen_are_empty(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a").write_bytes(data)
    refused(tmp_path / "a", "is empty")


@pytest.mark.parametrize(
    "data", [b"\xef\xbb\xbf\xff\xff", b"\xff\xfea", b"\xef\xbb\xbf" + "诗".encode()[:2] + b"\xc0\n"]
)
def test_a_byte_order_mark_before_bad_bytes_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a").write_bytes(data)
    assert isinstance(read_to_the_end(tmp_path / "a"), CorpusError)


def test_blank_lines_without_end_before_the_poems_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\n" * 300_000 + JINGYESI.encode())
    refused(tmp_path / "a", "begins with nothing but blank lines")


@pytest.mark.parametrize("text", ["春", "春，", "《", "{", "a,b", "\t"])
def test_a_line_without_end_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "a").write_text("春眠不觉晓，处处闻啼鸟。\n" + text * 1_100_000, encoding="utf-8")
    for format in ("one-a-line", "blank-lines", "plain", "jsonl"):
        error = read_to_the_end(tmp_path / "a", format)
        assert isinstance(error, CorpusError)
        assert "Line 2 of a has more than 1,000,000 characters" in error.message or format == "jsonl"


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_large_files_are_read_piece_by_piece(tmp_path: Path, format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No poem is larger than a text is cut to, so that no file is held whole; JSON is, and is refused beyond its limit."""
    monkeypatch.setattr("engine.corpus.readers.json.MAX_JSON_BYTES", 1 << 20)
    lines = "\n".join(["山水日月" * 5] * 5_000)
    (tmp_path / "a").write_text({"table": f"title,content\n{lines}"}.get(format, lines), encoding="utf-8")
    poems = read_poems(tmp_path / "a", format)
    if format in ("jsonl", "chinese-poetry"):
        with pytest.raises(CorpusError):
            list(poems)
    else:
        assert max(len(poem.text) for poem in poems) < 50_000


def bomb(kind: str, n_bytes: int) -> bytes:
    """An archive of so many bytes of verse, packed very small."""
    data = io.BytesIO()
    line = (JINGYESI + "\n").encode()
    if kind == "gzip":
        with gzip.GzipFile(fileobj=data, mode="w", mtime=0) as file:
            for _ in range(n_bytes // (1000 * len(line))):
                file.write(line * 1000)
    elif kind == "zip":
        with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as zipped, zipped.open("poems.txt", "w") as member:
            for _ in range(n_bytes // (1000 * len(line))):
                member.write(line * 1000)
    else:
        with tarfile.open(fileobj=data, mode="w:gz") as tar:
            for number in range(4):
                info = tarfile.TarInfo(f"{number}.json")
                info.size = n_bytes // 4
                tar.addfile(info, io.BytesIO(line * (info.size // len(line) + 1)))
    return data.getvalue()


@pytest.mark.parametrize("kind", ["gzip", "zip", "tar"])
def test_an_archive_that_unpacks_to_far_more_than_its_size_is_refused(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(content, "MIN_UNPACKED_LIMIT_BYTES", 1 << 20)
    (tmp_path / "bomb").write_bytes(bomb(kind, 8 << 20))
    with pytest.raises(CorpusError, match="unpacks to more than"):
        list(read_poems(tmp_path / "bomb"))


def test_an_archive_with_too_many_members_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_FILES", 20)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for number in range(30):
            archive.writestr(f"{number}.txt", JINGYESI)
    refused(tmp_path / "a.zip", "holds more than 20 files")


def test_a_member_outside_an_archive_or_of_any_name_is_read_and_written_nowhere(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as tar:
        for name in ("../../out.json", "/out.json", "9" * 5000 + ".json", "诗\udcff.json"):
            info = tarfile.TarInfo(name)
            data = json.dumps([entry(JINGYESI)]).encode()
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
        for kind in (tarfile.SYMTYPE, tarfile.FIFOTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE):
            info = tarfile.TarInfo("link.json")
            info.type, info.linkname = kind, "/etc/passwd"
            tar.addfile(info)
    assert read_to_the_end(tmp_path / "a.tar.gz") == 4
    assert [path.name for path in tmp_path.iterdir()] == ["a.tar.gz"]


@pytest.mark.parametrize(
    "value",
    [
        "[" * 100_000,
        '{"paragraphs":' * 100_000,
        '[{"title": "\\ud800", "author": "\\udfff", "paragraphs": ["春\\ud800眠不觉晓，处处闻啼鸟。"]}]',
        '[{"title": 1' + "0" * 400 + ', "paragraphs": ["春"]}]',
        '[{"title": 1e999, "paragraphs": ["春"]}]',
        '[{"paragraphs": [[["春"]], null, 5, {"a": 1}]}]',
        '[{"paragraphs": {"paragraphs": {"paragraphs": ["春"]}}}]',
        '[null, 1, "春", [], {}, [[[]]]]',
        '{"content": [], "text": {}}',
        "[{}]",
    ],
    ids=lambda value: value[:30],
)
def test_strange_json_is_read_or_refused(tmp_path: Path, value: str) -> None:
    (tmp_path / "a.json").write_text(value, encoding="utf-8")
    for format in (None, "chinese-poetry", "jsonl"):
        read_to_the_end(tmp_path / "a.json", format)


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
