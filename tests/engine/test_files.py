"""Files and folders are replaced whole or not at all."""

from pathlib import Path

import pytest

from engine.files import replace_folder, write_atomically


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
