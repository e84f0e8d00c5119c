"""Poems in JSON: any usual keys, one object, a list, objects within objects; and the collection chinese-poetry in any wrapping."""

import gzip
import json
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from engine.corpus.poem import RawPoem
from engine.corpus.readers.formats import open_poems
from engine.system.errors import CorpusError
from tests.engine.corpus.corpus_samples import DENGGUANQUELOU, JINGYESI, SHANXING, entry, made_up_poems

COUPLETS = ["床前明月光，疑是地上霜。", "举头望明月，低头思故乡。"]
LUNYU = {"chapter": "学而篇", "paragraphs": ["子曰学而时习之，不亦说乎。有朋自远方来，不亦乐乎。"]}
READ = RawPoem("静夜思", "李白", "\n".join(COUPLETS))


def poems_of(path: Path, value: Any) -> list[RawPoem]:
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    return list(open_poems(path).poems)


@pytest.mark.parametrize("content", ["paragraphs", "para", "content", "text", "body", "verses", "内容", "正文"])
@pytest.mark.parametrize(("title", "author"), [("title", "author"), ("rhythmic", "writer"), ("题目", "诗人")])
def test_the_keys_may_be_called_what_collections_call_them(
    tmp_path: Path, content: str, title: str, author: str
) -> None:
    assert poems_of(tmp_path / "a.json", [{title: "静夜思", author: "李白", content: COUPLETS}]) == [READ]


@pytest.mark.parametrize(
    ("more", "poem"),
    [
        ({"title": ["静夜思", "其一"]}, ("静夜思 其一", "")),
        ({"title": ["静夜思", None, 3]}, ("静夜思 3", "")),
        ({"title": "静夜思", "author": {"name": "李白", "dynasty": "唐"}}, ("静夜思", "李白")),
        ({"title": "", "rhythmic": "如梦令"}, ("如梦令", "")),
        ({"title": None, "author": None}, ("", "")),
        ({"title": 5, "author": True}, ("5", "")),
        ({"title": {"a": []}, "author": [[["李白"]]]}, ("", "李白")),
    ],
)
def test_titles_and_authors_of_other_types_become_text(
    tmp_path: Path, more: dict[str, Any], poem: tuple[str, str]
) -> None:
    assert poems_of(tmp_path / "a.json", [{**more, "paragraphs": [JINGYESI]}]) == [RawPoem(*poem, JINGYESI)]


def test_lines_without_a_mark_at_their_end_do_not_run_together(tmp_path: Path) -> None:
    lines = ["山一程，水一程，身向榆关那畔行，夜深千帐灯", "风一更，雪一更，聒碎乡心梦不成，故园无此声"]
    (poem,) = poems_of(tmp_path / "a.json", {"title": "长相思", "para": lines})
    assert poem.text == f"{lines[0]}，\n{lines[1]}。"


def test_poems_within_objects_within_lists_are_found_with_their_own_titles(tmp_path: Path) -> None:
    book = {
        "title": "千家诗",
        "author": "谢枋得",
        "content": [
            {"type": "五言绝句", "content": [{"chapter": "静夜思", "author": "李白", "paragraphs": COUPLETS}]},
            {"type": "七言绝句", "content": [{"chapter": "山行", "author": "杜牧", "paragraphs": [SHANXING]}]},
        ],
    }
    assert poems_of(tmp_path / "a.json", book) == [READ, RawPoem("山行", "杜牧", SHANXING)]
    assert poems_of(tmp_path / "b.json", {"data": {"records": [book, book]}})[2] == READ
    parts = {"title": "弟子规", "author": "李毓秀", "content": [{"paragraphs": [JINGYESI]}]}
    assert poems_of(tmp_path / "c.json", parts) == [RawPoem("弟子规", "李毓秀", JINGYESI)]


def test_a_list_of_texts_is_a_list_of_poems(tmp_path: Path) -> None:
    assert poems_of(tmp_path / "a.json", [JINGYESI, SHANXING]) == [RawPoem("", "", JINGYESI), RawPoem("", "", SHANXING)]


def test_objects_without_the_content_of_a_poem_are_refused_with_their_keys(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="the keys are 名, 辞") as caught:
        poems_of(tmp_path / "a.json", [{"名": "静夜思", "辞": JINGYESI}])
    assert "paragraphs" in caught.value.hint


def test_json_may_be_written_in_gb18030(tmp_path: Path) -> None:
    text = json.dumps([{"title": "静夜思", "author": "李白", "paragraphs": COUPLETS}] * 20, ensure_ascii=False)
    (tmp_path / "a.json").write_text(text, encoding="gb18030")
    assert list(open_poems(tmp_path / "a.json").poems) == [READ] * 20


def clone(folder: Path) -> list[str]:
    """The collection in small, as its repository has it; returns its poems."""
    tang, song = made_up_poems(3, seed=5), made_up_poems(2, seed=6)
    files: dict[str, Any] = {
        "全唐诗/poet.tang.0.json": [entry(text) for text in tang],
        "全唐诗/poet.song.0.json": [entry(text) for text in song],
        "全唐诗/authors.tang.json": [{"name": "李白", "desc": "诗人"}],
        "全唐诗/error/poet.tang.0.json": [entry(SHANXING)],
        "宋词/ci.song.0.json": [{"rhythmic": "导引", "author": "人", "paragraphs": [DENGGUANQUELOU]}],
        "论语/lunyu.json": [LUNYU],
        "四书五经/daxue.json": LUNYU,
        "幽梦影/youmengying.json": [{"content": "读经宜冬，其神专也。读史宜夏，其时久也。", "comment": []}],
        "rank/poet/poet.tang.rank.0.json": [{"title": "题", "baidu": 5}],
        ".git/objects/x.json": [entry(JINGYESI)],
    }
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return [*song, *tang]


def wrapped(folder: Path, wrapping: str) -> Path:
    path = folder.with_name(f"whole{wrapping}")
    files = [file for file in sorted(folder.rglob("*")) if file.is_file()]
    if wrapping == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in files:
                archive.write(file, f"chinese-poetry-master/{file.relative_to(folder).as_posix()}")
    else:
        with tarfile.open(path, "w:gz" if wrapping.endswith("gz") else "w") as archive:
            for file in files:
                archive.add(file, f"chinese-poetry-master/{file.relative_to(folder).as_posix()}")
    return path


@pytest.mark.parametrize("wrapping", ["", ".zip", ".tar.gz", ".tar"])
def test_a_clone_of_the_collection_gives_its_main_text_and_says_what_it_left_out(tmp_path: Path, wrapping: str) -> None:
    poems = clone(tmp_path / "clone")
    file = open_poems(wrapped(tmp_path / "clone", wrapping) if wrapping else tmp_path / "clone")
    assert file.format == "chinese-poetry"
    assert sorted(poem.text.replace("\n", "") for poem in file) == sorted(poems)
    (note,) = file.notes
    assert "prose: 四书五经, 幽梦影, 论语" in note
    assert "宋词" in note


def test_a_part_of_a_clone_gives_its_verse_and_no_prose(tmp_path: Path) -> None:
    clone(tmp_path)
    for name in ("poet.tang.0.json", "poet.song.0.json"):
        (tmp_path / "全唐诗" / name).unlink()
    assert [poem.text for poem in open_poems(tmp_path).poems] == [DENGGUANQUELOU]


def test_json_lines_of_the_collection_may_be_compressed(tmp_path: Path) -> None:
    lines = [json.dumps(entry(text, "题", "人"), ensure_ascii=False) for text in made_up_poems(5)]
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    file = open_poems(tmp_path / "a.jsonl.gz")
    assert file.format == "jsonl"
    assert [poem.text.replace("\n", "") for poem in file] == made_up_poems(5)


@pytest.mark.parametrize("text", [f"{JINGYESI}\n{SHANXING}\n", f"content,title\n{JINGYESI},a\n{SHANXING},b\n"])
@pytest.mark.parametrize("name", ["a.txt.gz", "a.csv.gz", "a.zip", "folder"])
def test_any_text_may_be_compressed_or_lie_in_an_archive_or_folder(tmp_path: Path, text: str, name: str) -> None:
    path = tmp_path / name
    if name == "folder":
        path.mkdir()
        (path / "a.txt").write_text(text, encoding="utf-8")
    elif name == "a.zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("poems/a.csv", text)
    else:
        path.write_bytes(gzip.compress(text.encode()))
    assert [poem.text for poem in open_poems(path).poems] == [JINGYESI, SHANXING]


def test_a_workbook_is_refused_as_one(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
    with pytest.raises(CorpusError, match="document of an office program"):
        list(open_poems(tmp_path / "a.xlsx").poems)
