"""The kept poems: nothing is lost, whatever happens around the file."""

import dataclasses
import json
import os
import sqlite3
import threading
from pathlib import Path

import pytest

from engine.system.errors import StudioError, UsageError
from poetry_tui.favourites import store as module
from poetry_tui.favourites.export import export
from poetry_tui.favourites.search import collection_of, found_by, matches, next_collection, tags_of
from poetry_tui.favourites.store import DAYS_UNTIL_DELETED_FOR_GOOD, Favourite, FavouriteStore, heading_of

POEM = Favourite(
    id=0,
    text="日暮江头一笛风，满船明月照归篷。扁舟不系无人管，自逐寒潮到海东。",
    begin="日",
    model="studio-lstm",
    seed=7,
    settings={"begin": "日", "temperature": 0.8, "seed": 7},
    logprob=-61.25,
)


def found(store: FavouriteStore, text: str = "", tag: str = "", collection: str = "") -> list[Favourite]:
    return [favourite for favourite in store.list() if matches(favourite, text, tag, collection)]


@pytest.fixture
def store(tmp_path: Path) -> FavouriteStore:
    return FavouriteStore(tmp_path / "kept" / "favourites.db")


def another(text: str, **changes: object) -> Favourite:
    return dataclasses.replace(POEM, text=text, **changes)  # type: ignore[arg-type]


def test_a_poem_comes_back_with_everything_it_was_kept_with(store: FavouriteStore) -> None:
    kept = store.add(dataclasses.replace(POEM, title="江上", tags=("江", "秋"), note="给小红", created_s=1.5))
    assert store.get(kept.id) == kept
    assert kept == dataclasses.replace(POEM, id=kept.id, title="江上", tags=("江", "秋"), note="给小红", created_s=1.5)


def test_an_absent_file_is_an_empty_list_and_stays_absent(store: FavouriteStore) -> None:
    assert store.list() == []
    assert store.purge() == 0
    assert not store.path.exists()


def test_the_newest_comes_first(store: FavouriteStore) -> None:
    for number, text in enumerate(("甲。", "乙。", "丙。"), start=1):
        store.add(another(text, created_s=float(number)))
    assert [kept.text for kept in store.list()] == ["丙。", "乙。", "甲。"]


def test_a_poem_kept_twice_is_kept_once(store: FavouriteStore) -> None:
    first = store.add(POEM)
    assert store.add(POEM).id == first.id
    assert len(store.list()) == 1


def test_a_search_reads_across_punctuation_titles_tags_and_notes(store: FavouriteStore) -> None:
    kept = store.add(dataclasses.replace(POEM, title="Autumn River", tags=("江",), note="for Mei"))
    store.add(another("山中何所有。"))
    for wanted in ("风满船", "风，满船", "autumn", "mei 江头", "studio-lstm", ""):
        assert kept in found(store, wanted), wanted
    assert found(store, "没有这句") == []
    assert found(store, tag="江") == [kept]
    assert found(store, tag="秋") == []


def test_a_deleted_poem_leaves_the_list_and_comes_back(store: FavouriteStore) -> None:
    kept = store.add(POEM)
    store.delete(kept.id)
    assert store.list() == []
    with pytest.raises(StudioError, match="no favourite"):
        store.get(kept.id)
    store.restore(kept.id)
    assert store.list() == [kept]


def test_deleted_poems_are_listed_the_last_one_first(store: FavouriteStore) -> None:
    first, second = store.add(POEM), store.add(another("山。"))
    store.delete(second.id)
    store.delete(first.id)
    store.delete(second.id)
    assert FavouriteStore(store.path).list_deleted() == [first, second]


def test_a_deleted_poem_that_is_kept_again_has_its_tags_and_note(store: FavouriteStore) -> None:
    kept = store.add(dataclasses.replace(POEM, tags=("江",), note="给小红"))
    store.delete(kept.id)
    assert store.add(POEM) == kept
    assert store.list() == [kept]
    assert store.list_deleted() == []


def test_only_what_was_deleted_long_ago_is_forgotten(store: FavouriteStore) -> None:
    kept, gone = store.add(POEM), store.add(another("山。"))
    store.delete(gone.id)
    assert store.purge() == 0
    later_s = kept.created_s + (DAYS_UNTIL_DELETED_FOR_GOOD + 1) * 86_400
    assert store.purge(later_s) == 1
    assert store.list() == [kept]
    with pytest.raises(StudioError, match="no favourite"):
        store.restore(gone.id)


def test_tags_title_and_note_can_be_changed(store: FavouriteStore) -> None:
    kept = store.add(POEM)
    store.set_tags(kept.id, ("江", "秋", "江"))
    store.set_title(kept.id, "江上")
    store.set_note(kept.id, "好")
    assert store.get(kept.id) == dataclasses.replace(kept, tags=("江", "秋"), title="江上", note="好")


def test_typed_tags_may_carry_signs_and_commas() -> None:
    assert tags_of(" #江，秋、#江 moon,  # ") == ("江", "秋", "moon")


def test_changing_what_is_not_there_is_said(store: FavouriteStore) -> None:
    store.add(POEM)
    with pytest.raises(StudioError, match="no favourite 99"):
        store.set_tags(99, ("江",))


def test_two_studios_that_keep_poems_at_once_lose_none(store: FavouriteStore) -> None:
    errors: list[BaseException] = []

    def keep(name: str) -> None:
        try:
            own = FavouriteStore(store.path)
            for number in range(10):
                own.add(another(f"{name}{number}。"))
        except BaseException as error:  # noqa: BLE001 - the test fails with it below
            errors.append(error)

    threads = [threading.Thread(target=keep, args=(name,)) for name in "甲乙丙"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len({kept.text for kept in store.list()}) == 30


@pytest.mark.parametrize(
    "content", [b"this is no database at all, not even nearly one" * 100, b"SQLite format 3\0" + b"\7" * 4000]
)
def test_a_damaged_file_is_refused_with_a_hint_and_left_alone(store: FavouriteStore, content: bytes) -> None:
    store.path.parent.mkdir()
    store.path.write_bytes(content)
    for attempt in (store.list, lambda: store.add(POEM), store.purge):
        with pytest.raises(StudioError) as refusal:
            attempt()
        assert "favourites" in refusal.value.message
        assert refusal.value.hint
    assert store.path.read_bytes() == content


def test_a_file_cut_in_half_is_refused_and_left_alone(store: FavouriteStore) -> None:
    for number in range(60):
        store.add(another(f"{number}" + "山" * 500))
    whole = store.path.read_bytes()
    store.path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(StudioError, match="damaged"):
        store.list()
    with pytest.raises(StudioError, match="damaged"):
        store.add(POEM)
    assert store.path.read_bytes() == whole[: len(whole) // 2]


def test_another_programs_database_is_left_alone(store: FavouriteStore) -> None:
    store.path.parent.mkdir()
    with sqlite3.connect(store.path) as foreign:
        foreign.execute("CREATE TABLE recipes (name TEXT)")
    foreign.close()
    before = store.path.read_bytes()
    with pytest.raises(StudioError, match="another program"):
        store.add(POEM)
    assert store.path.read_bytes() == before


def test_a_newer_studios_file_is_left_alone(store: FavouriteStore) -> None:
    store.add(POEM)
    with sqlite3.connect(store.path) as newer:
        newer.execute("PRAGMA user_version = 99")
    newer.close()
    for attempt in (store.list, lambda: store.add(another("山。"))):
        with pytest.raises(StudioError, match="newer studio"):
            attempt()


def test_an_older_file_is_migrated_with_its_poems(store: FavouriteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = store.add(POEM)
    monkeypatch.setattr(
        module, "MIGRATIONS", (*module.MIGRATIONS, ("ALTER TABLE favourites ADD COLUMN stars INTEGER",))
    )
    assert store.list() == [kept]
    with sqlite3.connect(store.path) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (len(module.MIGRATIONS),)
        assert db.execute("SELECT stars FROM favourites").fetchall() == [(None,)]
    db.close()


def test_a_file_from_before_collections_is_read_and_its_poems_are_put_into_them(
    store: FavouriteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such a file has version 1 and no column for collections."""
    kept = store.add(dataclasses.replace(POEM, title="江上", tags=("江",)))
    with sqlite3.connect(store.path) as db:
        db.execute("ALTER TABLE favourites DROP COLUMN collection")
        db.execute("PRAGMA user_version = 1")
    db.close()
    assert store.list() == [kept]
    store.set_collection(kept.id, "江湖")
    assert store.get(kept.id) == dataclasses.replace(kept, collection="江湖")


def test_a_requested_title_that_an_older_file_has_among_the_settings_alone_becomes_the_title(
    store: FavouriteStore,
) -> None:
    made = {"old": {"title": "登高"}, "own": {"title": "登高"}, "number": {"title": 7}, "none": {}}
    ids = {
        name: store.add(another(name, settings=settings, title="江上" if name == "own" else "")).id
        for name, settings in made.items()
    }
    ids["damaged"] = store.add(another("damaged")).id
    with sqlite3.connect(store.path) as db:
        db.execute("UPDATE favourites SET settings = '{' WHERE id = ?", (ids["damaged"],))
        db.execute("PRAGMA user_version = 2")
    db.close()
    titles = {name: store.get(number).title for name, number in ids.items()}
    assert titles == {"old": "登高", "own": "江上", "number": "", "none": "", "damaged": ""}
    # A title that is taken away stays away.
    store.set_title(ids["old"], "")
    assert store.get(ids["old"]).title == ""


def test_poems_are_found_by_collection(store: FavouriteStore) -> None:
    for text, collection in (("甲。", "春"), ("乙。", ""), ("丙。", "春秋")):
        store.add(another(text, collection=collection))
    assert [poem.text for poem in found(store, collection="春")] == ["甲。"]
    assert [poem.text for poem in found_by("@春 甲", store.list())] == ["甲。"]
    assert found_by("@春 乙", store.list()) == []
    assert collection_of(" @春 江 ") == "春-江"
    shown = [line := ""] + [line := next_collection(line, store.list()) for _ in range(3)]
    assert shown == ["", "@春", "@春秋", ""]


def test_a_migration_that_fails_changes_nothing(store: FavouriteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = store.add(POEM)
    with monkeypatch.context() as patched:
        broken = ("ALTER TABLE favourites ADD COLUMN stars INTEGER", "ALTER TABLE absent ADD COLUMN stars INTEGER")
        patched.setattr(module, "MIGRATIONS", (*module.MIGRATIONS, broken))
        with pytest.raises(StudioError):
            store.list()
    assert store.list() == [kept]


def test_a_busy_file_is_said_to_be_busy(store: FavouriteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAIT_TO_WRITE_S", 0.01)
    store.add(POEM)
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StudioError, match="busy"):
        store.add(another("山。"))
    other.execute("ROLLBACK")
    other.close()


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = FavouriteStore(tmp_path / "file" / "favourites.db")
    with pytest.raises(StudioError, match="cannot be"):
        store.add(POEM)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_folder_without_write_permission_is_one_sentence(store: FavouriteStore) -> None:
    kept = store.add(POEM)
    store.path.parent.chmod(0o500)
    try:
        with pytest.raises(StudioError, match="cannot be"):
            store.add(another("山。"))
        assert store.list() == [kept]
    finally:
        store.path.parent.chmod(0o700)


def test_json_lines_hold_everything(store: FavouriteStore) -> None:
    kept = store.add(dataclasses.replace(POEM, tags=("江",)))
    line = json.loads(export([kept], "jsonl"))
    assert line["settings"] == {"begin": "日", "temperature": 0.8, "seed": 7}
    assert (line["text"], line["tags"], line["seed"], line["model"]) == (POEM.text, ["江"], 7, "studio-lstm")


def test_plain_text_has_a_couplet_a_line() -> None:
    assert export([POEM, another("山。")], "text").splitlines() == [
        "日暮江头一笛风，满船明月照归篷。",
        "扁舟不系无人管，自逐寒潮到海东。",
        "",
        "山。",
    ]


def test_markdown_has_a_heading_a_poem(store: FavouriteStore) -> None:
    page = export([store.add(dataclasses.replace(POEM, tags=("江",), note="好"))], "markdown")
    assert "## 日暮江头一笛风\n" in page
    assert "日暮江头一笛风，满船明月照归篷。  \n扁舟" in page
    assert "studio-lstm, seed 7" in page
    assert "#江" in page


def test_an_unknown_export_format_is_refused() -> None:
    with pytest.raises(UsageError, match="pdf"):
        export([POEM], "pdf")


def test_a_poem_without_marks_is_its_own_heading() -> None:
    assert heading_of(another("床前明月光")) == "床前明月光"
