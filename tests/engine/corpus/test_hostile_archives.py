"""Archives and JSON that are made to harm: bombs, members outside, values of any kind."""

import gzip
import io
import json
import tarfile
import zipfile
from pathlib import Path

import pytest

from engine.corpus.readers import archives, content
from engine.corpus.readers.formats import open_poems
from engine.system.errors import CorpusError
from tests.engine.corpus.corpus_samples import JINGYESI, entry
from tests.engine.corpus.hostile_files import read_to_the_end, refused


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
        list(open_poems(tmp_path / "bomb").poems)


def test_an_archive_with_too_many_members_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_FILES", 20)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for number in range(30):
            archive.writestr(f"{number}.txt", JINGYESI)
    refused(tmp_path / "a.zip", "holds more than 20 files")


def test_a_member_outside_an_archive_or_of_any_name_is_read_and_written_nowhere(
    tmp_path: Path, studio_home: Path
) -> None:
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
    assert not studio_home.exists()


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
