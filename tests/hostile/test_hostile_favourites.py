"""A file of favourites with bad rows, flipped bytes or a lock: no poem is hidden by another, and nothing is overwritten."""

import json
import random
import sqlite3
import time
from pathlib import Path

import pytest

from engine.system.errors import StudioError
from poetry_tui.commands.cli import main
from poetry_tui.favourites.export import FORMATS, export
from poetry_tui.favourites.rows import COLUMNS
from poetry_tui.favourites.search import matches
from poetry_tui.favourites.store import WAIT_TO_READ_S, WAIT_TO_WRITE_S, Favourite, FavouriteStore
from tests.hostile.mutations import FACTOR, VALUES, as_json, check_sentence, documents, is_refused, rng
from tests.hostile.test_hostile_names import check_output

LOOSE = f"CREATE TABLE favourites (id INTEGER PRIMARY KEY, {', '.join(COLUMNS[1:])}, deleted_s)"
SETTINGS = {"begin": "日", "temperature": 0.8, "seed": 7, "form": "qijue", "rhyme": "一东"}


@pytest.fixture
def store() -> FavouriteStore:
    """Three poems, in a file whose columns take anything."""
    store = FavouriteStore()
    for text in ("日暮江头一笛风，", "山中何所有，", "夜来风雨声，"):
        store.add(
            Favourite(id=0, text=text, begin=text[0], model="studio-lstm", seed=7, settings=SETTINGS, tags=("江",))
        )
    with sqlite3.connect(store.path) as db:
        db.execute("ALTER TABLE favourites RENAME TO strict_ones")
        db.execute(LOOSE)
        names = ", ".join((*COLUMNS, "deleted_s"))
        db.execute(f"INSERT INTO favourites ({names}) SELECT {names} FROM strict_ones")
        db.execute("DROP TABLE strict_ones")
    db.close()
    return store


def anything(chance: random.Random, column: str) -> object:
    """A value that SQLite takes, of any type."""
    if column in ("settings", "tags") and chance.random() < 0.7:
        whole = SETTINGS if column == "settings" else ["江", "秋"]
        return as_json(next(documents(whole, chance, 1))).decode("utf-8", "replace")
    choices = [value for value in VALUES if isinstance(value, str | int | float | None) and abs(_size(value)) < 2**63]
    return chance.choice([*choices, float("inf"), b"", b"\xff\x00", b"x" * 1000, -1, 2**62, "\x1b[31m", "九" * 5000])


def _size(value: object) -> float:
    return value if isinstance(value, int | float) else 0


def put(store: FavouriteStore, changes: dict[str, object]) -> None:
    with sqlite3.connect(store.path) as db:
        # A text that is no UTF-8 comes into the file by a cast alone.
        for column, value in changes.items():
            cast = "CAST(? AS TEXT)" if isinstance(value, bytes) and len(value) == 2 else "?"
            db.execute(f"UPDATE favourites SET {column} = {cast} WHERE id = 2", (value,))
    db.close()


def test_a_bad_row_is_listed_with_its_reason_and_hides_no_other(
    store: FavouriteStore, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = rng("favourites")
    kept = store.path.read_bytes()
    for number in range(150 * FACTOR):
        store.path.write_bytes(kept)
        put(
            store,
            {column: anything(chance, column) for column in chance.sample(COLUMNS[1:], chance.choice((1, 1, 2, 10)))},
        )
        poems = store.list()
        assert {poem.id for poem in poems} == {1, 2, 3}
        assert [poem.text for poem in poems if poem.id != 2 and not poem.problem] != []
        for form in FORMATS:
            exported = export(poems, form)
            assert exported if isinstance(exported, bytes) else exported.encode()
        assert all(matches(poem, "", "") for poem in poems)
        if number % 15 == 0:
            for words in (
                ["list"],
                ["list", "--json"],
                ["show", "2"],
                ["show", "2", "--json"],
                ["export"],
                ["list", "--search", "日"],
            ):
                code = main(["favourites", *words])
                said = capsys.readouterr()
                assert code == 0, (words, said.err)
                assert all(line.isprintable() for line in said.out.splitlines()), words


def test_a_row_that_cannot_be_read_says_what_of_it(store: FavouriteStore, capsys: pytest.CaptureFixture[str]) -> None:
    put(store, {"settings": "[1]", "created_s": "yesterday", "logprob": float("inf")})
    bad = next(poem for poem in store.list() if poem.id == 2)
    assert bad.problem == "What the file says of its settings, logprob, created_s cannot be read."
    assert bad.text == "山中何所有，"
    assert main(["favourites", "list"]) == 0
    assert bad.problem in capsys.readouterr().out


def test_flipped_bytes_are_one_sentence_and_change_nothing(
    store: FavouriteStore, capsys: pytest.CaptureFixture[str]
) -> None:
    chance = rng("flips")
    whole = store.path.read_bytes()
    for number in range(150 * FACTOR):
        damaged = bytearray(whole)
        for _ in range(chance.choice((1, 1, 4, 30))):
            at = chance.randrange(100) if chance.random() < 0.5 else chance.randrange(len(damaged))
            damaged[at] ^= 1 << chance.randrange(8)
        if chance.random() < 0.1:
            del damaged[chance.randrange(len(damaged)) :]
        store.path.write_bytes(damaged)
        error = is_refused(store.list)
        is_refused(lambda: store.get(2))
        assert store.path.read_bytes() == bytes(damaged)
        if error is not None:
            is_refused(lambda: store.add(Favourite(id=0, text="新。", begin="新", model="x", seed=1)))
            is_refused(store.purge)
        if number % 30 == 0:
            check_output(capsys, main(["favourites"]), ["favourites"])


def test_a_locked_file_is_busy_after_a_moment(store: FavouriteStore) -> None:
    assert WAIT_TO_READ_S <= 1.0
    assert WAIT_TO_WRITE_S <= 3.0
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    began_s = time.monotonic()
    with pytest.raises(StudioError, match="busy") as caught:
        store.list()
    # A machine that is busy itself takes its time too.
    assert time.monotonic() - began_s < 8.0
    check_sentence(caught.value)
    other.execute("ROLLBACK")
    other.close()
    assert len(store.list()) == 3


def test_what_is_no_file_is_one_sentence(tmp_path: Path) -> None:
    for make in (Path.mkdir, lambda path: path.symlink_to(path), lambda path: path.symlink_to("/dev/zero/x")):
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.db"
        make(path)
        store = FavouriteStore(path)
        is_refused(store.list)
        is_refused(lambda store=store: store.add(Favourite(id=0, text="新。", begin="新", model="x", seed=1)))  # type: ignore[misc]


def test_what_json_says_of_a_bad_row_is_json(store: FavouriteStore, capsys: pytest.CaptureFixture[str]) -> None:
    put(store, {"logprob": float("inf"), "settings": '{"temperature": 1e999}', "text": b"\xff\xfe"})
    assert main(["favourites", "list", "--json"]) == 0
    poems = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert [poem["id"] for poem in poems if poem["problem"]] == [2]
