"""Files and folders are replaced whole or not at all."""

import contextlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.system.errors import CorpusError, StudioError
from engine.system.files import MAX_JSON_DEPTH, parse_json, read_json, replace_folder, write_atomically


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("content", ["诗", b"\x00\xff", ""])
def test_a_file_is_written_with_its_folders(tmp_path: Path, content: str | bytes) -> None:
    path = tmp_path / "a" / "b.txt"
    write_atomically(path, content)
    assert path.read_bytes() == (content.encode() if isinstance(content, str) else content)
    assert names(path.parent) == ["b.txt"]


def test_a_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a"
    write_atomically(path, "old and longer")
    write_atomically(path, "new")
    assert path.read_text() == "new"


def test_a_file_that_cannot_be_replaced_stays_and_nothing_lies_about(tmp_path: Path) -> None:
    path = tmp_path / "a"
    (path / "in the way").mkdir(parents=True)
    with pytest.raises(OSError, match=r".+"):
        write_atomically(path, "new")
    assert names(tmp_path) == ["a"]


def test_a_folder_appears_when_its_block_ends(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b"
    with replace_folder(path) as aside:
        (aside / "file").write_text("new")
        assert not path.exists()
    assert names(path) == ["file"]
    assert names(path.parent) == ["b"]


def test_a_folder_is_replaced_with_all_it_held(tmp_path: Path) -> None:
    path = tmp_path / "a"
    (path / "deep").mkdir(parents=True)
    (path / "deep" / "old").write_text("old")
    with replace_folder(path) as aside:
        (aside / "new").write_text("new")
        assert names(path) == ["deep"]
    assert names(path) == ["new"]
    assert names(tmp_path) == ["a"]


def test_a_folder_stays_when_its_block_fails(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.mkdir()
    (path / "old").write_text("old")

    def fail(aside: Path) -> None:
        (aside / "new").write_text("new")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), replace_folder(path) as aside:
        fail(aside)
    assert names(path) == ["old"]
    assert names(tmp_path) == ["a"]


def test_what_is_written_is_as_readable_as_other_files(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.touch()
    write_atomically(tmp_path / "written", "")
    with replace_folder(tmp_path / "folder"):
        pass
    (tmp_path / "plain folder").mkdir()
    assert (tmp_path / "written").stat().st_mode == plain.stat().st_mode
    assert (tmp_path / "folder").stat().st_mode == (tmp_path / "plain folder").stat().st_mode


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 63), (1 << 63) - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    # Characters that UTF-8 can write: none of the surrogates.
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner)
    ),
    max_leaves=12,
)


@given(JSON_VALUES, st.booleans())
def test_json_that_a_person_may_have_written_is_read_as_json_reads_it(value: Any, escaped: bool) -> None:
    text = json.dumps(value, ensure_ascii=escaped)
    assert parse_json(text) == parse_json(text.encode()) == value


@given(st.binary() | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_json_that_can_be_written_again_or_a_value_error(data: bytes) -> None:
    for content in (data, b'{"a": "' + data + b'"}', b"[" * len(data) + data):
        with contextlib.suppress(ValueError):
            json.dumps(parse_json(content), ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * 100_000, "nested too deeply"),
        ("[" * 100_000 + "]" * 100_000, "nested too deeply"),
        ('{"a":' * (MAX_JSON_DEPTH + 1) + "1" + "}" * (MAX_JSON_DEPTH + 1), "nested too deeply"),
        ("1" + "0" * 400, "too large"),
        ("9" * 5000, "too large"),
        ("9223372036854775808", "too large"),
        ("1e999", "too large"),
        ("-1e999", "too large"),
        ("NaN", "holds NaN"),
        ("[-Infinity]", "holds -Infinity"),
        ("{", "no JSON"),
        ("", "no JSON"),
        ("{'a': 1}", "no JSON"),
        (b"\xff\xfe", "not UTF-8"),
        (b'"\xed\xa0\x80"', "not UTF-8"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_json_that_would_break_its_reader_is_refused(text: bytes | str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_json(text)


def test_json_as_deep_as_allowed_is_read() -> None:
    text = "[" * MAX_JSON_DEPTH + "]" * MAX_JSON_DEPTH
    assert json.dumps(parse_json(text)) == text


def test_brackets_within_a_string_are_not_depth() -> None:
    assert parse_json(json.dumps("[{" * 1000)) == "[{" * 1000


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'"\ud800"', "\ufffd"),
        (r'{"\udfff": ["a\udc00b"]}', {"\ufffd": ["a\ufffdb"]}),
        (r'"\ud83d\ude00"', "\U0001f600"),
        ('"\ud800"', "\ufffd"),
        ("\ufeff1", 1),
        (b"\xef\xbb\xbf1", 1),
    ],
)
def test_lone_surrogates_are_replaced_and_pairs_stay(text: bytes | str, value: Any) -> None:
    assert parse_json(text) == value


def test_a_json_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"诗": 1}', encoding="utf-8")
    assert read_json(path) == {"诗": 1}


def test_what_is_no_json_file_is_refused_with_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "folder.json").mkdir()
    os.mkfifo(tmp_path / "fifo.json")
    (tmp_path / "dangling.json").symlink_to("nowhere")
    (tmp_path / "bad.json").write_text("[")
    (tmp_path / "large.json").write_text("[1, 2, 3, 4]")
    for name in ("folder.json", "fifo.json", "dangling.json", "bad.json", "large.json", "n" * 300, "a\0b", "missing"):
        with pytest.raises(CorpusError, match="cannot be read") as caught:
            read_json(tmp_path / name, CorpusError, "Do this.", max_bytes=10)
        assert "\n" not in str(caught.value)
        assert str(caught.value).endswith("Do this.")


def test_an_error_of_the_system_is_said_without_its_number_and_never_as_none() -> None:
    missing = FileNotFoundError(2, "No such file or directory", "/nowhere")
    assert str(StudioError("It failed ({error}).", error=missing)) == "It failed (No such file or directory)."
    assert str(StudioError("It failed ({error}).", error=OSError("bad archive"))) == "It failed (bad archive)."
