"""Hostile pipes, devices, paths and lines: each ends in poems or in one sentence, soon, and never in another error."""

import gzip
import io
import json
import os
import socket
import threading
from pathlib import Path

import pytest

from engine.corpus.poem import RawPoem
from engine.corpus.readers import archives, content
from engine.corpus.readers.formats import FORMATS, open_poems
from engine.corpus.store import open_corpus
from engine.system.errors import CorpusError
from tests.engine.corpus.corpus_samples import JINGYESI, SHANXING, entry
from tests.engine.corpus.hostile_files import posix, read_to_the_end, refused


@posix
def test_a_pipe_is_read_once_and_to_its_end(tmp_path: Path) -> None:
    fifo = tmp_path / "poems"
    os.mkfifo(fifo)
    writer = threading.Thread(target=fifo.write_text, args=(f"{JINGYESI}\n{SHANXING}\n",), kwargs={"encoding": "utf-8"})
    writer.start()
    assert list(open_poems(fifo).poems) == [RawPoem("", "", JINGYESI), RawPoem("", "", SHANXING)]
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
    file = content.spooled(io.BytesIO(JINGYESI.encode()), "stdin")
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
        content.spooled(Endless(), "stdin")  # type: ignore[arg-type]


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
        gzip.compress(b"\n\n", mtime=0),
        gzip.compress(b"", mtime=0),
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
    poems = open_poems(tmp_path / "a", format).poems
    if format in ("jsonl", "chinese-poetry"):
        with pytest.raises(CorpusError):
            list(poems)
    else:
        assert max(len(poem.text) for poem in poems) < 50_000
