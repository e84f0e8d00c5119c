"""The store of favourites: one SQLite file in the user's data folder
(`favourites.db` in `engine.system.paths.home()`, on Linux `~/.local/share/poetry-tui`).

Every call opens the file, does its work in one transaction and closes it, so that two studios see each other's
changes and lose none. SQLite's rollback journal keeps it a single file that is consistent after any crash.
A file that is damaged, of another program or of a newer version is refused and never written to.
"""

import contextlib
import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.prosody.text import FREE_VERSE, LINE_MARKS, split_lines
from engine.system import paths
from engine.system.errors import StudioError
from engine.system.names import shown
from poetry_tui.favourites.rows import COLUMNS, fields_of

# "poet" in ASCII, in the file's header: distinguishes a favourites file from any other SQLite file.
APPLICATION_ID = 0x706F6574
# MIGRATIONS[n] migrates a file from version n to n + 1; a new file goes through all of them.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE favourites (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            text TEXT NOT NULL,
            begin TEXT NOT NULL,
            model TEXT NOT NULL,
            seed INTEGER NOT NULL,
            settings TEXT NOT NULL,
            logprob REAL,
            created_s REAL NOT NULL,
            title TEXT NOT NULL,
            tags TEXT NOT NULL,
            note TEXT NOT NULL,
            deleted_s REAL
        )""",
        "CREATE INDEX favourites_by_text ON favourites (text)",
    ),
    ("ALTER TABLE favourites ADD COLUMN collection TEXT NOT NULL DEFAULT ''",),
    # In files of version 2 and older the requested title is in `settings` only.
    (
        """UPDATE favourites SET title = json_extract(settings, '$.title')
            WHERE title = '' AND CASE WHEN json_valid(settings) THEN json_type(settings, '$.title') = 'text' END""",
    ),
)
# Timeouts for the lock of another studio, whose transaction takes some 0.01 s.
WAIT_TO_WRITE_S = 3.0
# Shorter, because the user waits for the list.
WAIT_TO_READ_S = 1.0
DAYS_UNTIL_DELETED_FOR_GOOD = 30
# SQLite's integers have 64 bits.
_LARGEST_ID = (1 << 63) - 1

_COLUMNS = ", ".join(COLUMNS)


@dataclass(frozen=True, slots=True)
class Favourite:
    """A saved poem and how it was made. `settings`: plain fields of a ComposeConfig; `id`: 0 before it is saved.

    `problem`: a sentence on the fields that could not be read, else "".
    """

    id: int
    text: str
    begin: str
    model: str
    seed: int
    settings: Mapping[str, Any] = field(default_factory=dict)
    logprob: float | None = None
    created_s: float = 0.0
    title: str = ""
    tags: tuple[str, ...] = ()
    note: str = ""
    collection: str = ""
    problem: str = ""


# In `FavouriteStore`, `list` is a method.
Favourites = list[Favourite]


def default_path() -> Path:
    return paths.home() / "favourites.db"


def heading_of(favourite: Favourite) -> str:
    """The title, or the first line without its closing mark."""
    return favourite.title or next(iter(split_lines(favourite.text)), favourite.text).rstrip(LINE_MARKS)


def form_key_of(favourite: Favourite) -> str | None:
    """The key of the form; None for free verse."""
    form = str(favourite.settings.get("form") or FREE_VERSE)
    return None if form == FREE_VERSE else form


def name_of_form(favourite: Favourite) -> str:
    """The name of the form, such as 七绝; "" for free verse and for an unknown form."""
    # Imported here because it reads the table of forms.
    from engine.prosody.forms.definitions import form_or_none

    form = form_or_none(form_key_of(favourite))
    return form.name if form else ""


class FavouriteStore:
    """The favourites in one file, which is created when the first poem is saved.

    Every method raises StudioError when the file is damaged, of another program, of a newer version, busy, or cannot be read or
    written.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or default_path()

    def add(self, favourite: Favourite) -> Favourite:
        """Save a poem and return it with its id and date. If its text is already saved, return that one; restore it if deleted."""
        with self._writing() as db:
            row = db.execute(
                f"SELECT {_COLUMNS} FROM favourites WHERE text = ? ORDER BY deleted_s IS NOT NULL, id",
                (favourite.text,),
            ).fetchone()
            if row is not None:
                db.execute("UPDATE favourites SET deleted_s = NULL WHERE id = ?", (row[0],))
            else:
                cursor = db.execute(
                    f"INSERT INTO favourites ({_COLUMNS}) VALUES (NULL{', ?' * (len(COLUMNS) - 1)})",
                    _values(favourite),
                )
                row = db.execute(f"SELECT {_COLUMNS} FROM favourites WHERE id = ?", (cursor.lastrowid,)).fetchone()
            return _favourite(row)

    def stamp(self) -> tuple[int, int, int] | None:
        """Inode, modification time and size of the file, which change with every write; None without a readable file."""
        with contextlib.suppress(OSError):
            found = self.path.stat()
            return found.st_ino, found.st_mtime_ns, found.st_size
        return None

    def list(self) -> Favourites:
        """All favourites, newest first."""
        return self._select("WHERE deleted_s IS NULL ORDER BY created_s DESC, id DESC")

    def list_deleted(self) -> Favourites:
        """The deleted favourites that `restore` can restore, the last deleted first."""
        return self._select("WHERE deleted_s IS NOT NULL ORDER BY deleted_s DESC, id DESC")

    def get(self, favourite_id: int) -> Favourite:
        """The favourite with this id. Raises StudioError when there is none."""
        if not 0 < favourite_id <= _LARGEST_ID:
            raise _missing(favourite_id)
        with self._reading() as db:
            query = f"SELECT {_COLUMNS} FROM favourites WHERE id = ? AND deleted_s IS NULL"
            row = db.execute(query, (favourite_id,)).fetchone() if db else None
        if row is None:
            raise _missing(favourite_id)
        return _favourite(row)

    def delete(self, favourite_id: int) -> None:
        """Mark a favourite as deleted; `restore` undoes it for `DAYS_UNTIL_DELETED_FOR_GOOD` days."""
        self._change(favourite_id, "deleted_s = coalesce(deleted_s, ?)", time.time())

    def restore(self, favourite_id: int) -> None:
        """Undo a `delete`."""
        self._change(favourite_id, "deleted_s = ?", None)

    def set_tags(self, favourite_id: int, tags: Iterable[str]) -> None:
        self._change(favourite_id, "tags = ?", _json(list(dict.fromkeys(tags))))

    def set_note(self, favourite_id: int, note: str) -> None:
        self._change(favourite_id, "note = ?", note)

    def set_title(self, favourite_id: int, title: str) -> None:
        self._change(favourite_id, "title = ?", title)

    def set_collection(self, favourite_id: int, collection: str) -> None:
        """Move a favourite to a collection; "" removes it from its collection."""
        self._change(favourite_id, "collection = ?", collection)

    def purge(self, now_s: float | None = None) -> int:
        """Remove the favourites deleted more than `DAYS_UNTIL_DELETED_FOR_GOOD` days ago. Returns their number."""
        before_s = (time.time() if now_s is None else now_s) - DAYS_UNTIL_DELETED_FOR_GOOD * 86_400
        if not self._is_there():
            return 0
        with self._writing() as db:
            return db.execute("DELETE FROM favourites WHERE deleted_s < ?", (before_s,)).rowcount

    def _select(self, which: str) -> Favourites:
        with self._reading() as db:
            rows = db.execute(f"SELECT {_COLUMNS} FROM favourites {which}").fetchall() if db else []
            return [_favourite(row) for row in rows]

    def _change(self, favourite_id: int, assignment: str, value: str | float | None) -> None:
        if not 0 < favourite_id <= _LARGEST_ID:
            raise _missing(favourite_id)
        with self._writing() as db:
            if not db.execute(f"UPDATE favourites SET {assignment} WHERE id = ?", (value, favourite_id)).rowcount:
                raise _missing(favourite_id)

    def _is_there(self) -> bool:
        """Whether there is a file of any kind. Raises StudioError when that cannot be checked."""
        with _people_errors(self.path):
            try:
                self.path.lstat()
            except FileNotFoundError:
                return False
            return True

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        """A read connection; None without a file. A file of an older version is migrated first."""
        if not self._is_there():
            yield None
            return
        with _people_errors(self.path):
            with contextlib.closing(_connect(self.path, "rw", WAIT_TO_READ_S)) as db:
                if _version(db, self.path) == len(MIGRATIONS):
                    yield db
                    return
            with self._writing() as db:
                yield db

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One write transaction (BEGIN IMMEDIATE), so that no other process can write between its statements."""
        with _people_errors(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.closing(_connect(self.path, "rwc", WAIT_TO_WRITE_S)) as db:
                db.execute("BEGIN IMMEDIATE")
                try:
                    _migrate(db, self.path)
                    yield db
                except BaseException:
                    db.rollback()
                    raise
                db.commit()


def _connect(path: Path, mode: str, wait_s: float) -> sqlite3.Connection:
    # isolation_level None: transactions are begun explicitly.
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    db = sqlite3.connect(uri, uri=True, timeout=wait_s, isolation_level=None)
    # Text that is not UTF-8 must damage its own row only.
    db.text_factory = lambda data: data.decode(errors="replace")
    db.execute("PRAGMA synchronous = FULL")
    return db


def _version(db: sqlite3.Connection, path: Path) -> int:
    """The file's format version; 0 for an empty file. Raises StudioError for a file of another program or of a newer version."""
    version = _number(db, "PRAGMA user_version")
    application = _number(db, "PRAGMA application_id")
    has_tables = bool(_number(db, "SELECT count(*) FROM sqlite_master"))
    if has_tables and application != APPLICATION_ID:
        raise StudioError(
            "{path} is a database of another program.", "Move it elsewhere, and the studio starts a new one.", path=path
        )
    if version > len(MIGRATIONS):
        raise StudioError("{path} was written by a newer studio.", "Update this one to read it.", path=path)
    if version < 0:
        raise sqlite3.DatabaseError("it has no version")
    return version


def _number(db: sqlite3.Connection, query: str) -> int:
    """The single integer that a query returns. Raises DatabaseError for anything else, which a damaged file may return."""
    row = db.execute(query).fetchone()
    if not row or not isinstance(row[0], int):
        raise sqlite3.DatabaseError("its header cannot be read")
    return row[0]


def _migrate(db: sqlite3.Connection, path: Path) -> None:
    version = _version(db, path)
    if version == len(MIGRATIONS):
        return
    for statements in MIGRATIONS[version:]:
        for statement in statements:
            db.execute(statement)
    db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")


@contextlib.contextmanager
def _people_errors(path: Path) -> Iterator[None]:
    """Convert errors of SQLite and of the file system to StudioErrors with a hint."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if any(word in str(error) for word in ("locked", "busy")):
            raise StudioError(
                "{path} is busy.", "Another studio is writing to it; try again in a moment.", path=path
            ) from error
        hint = "Check the folder's permissions and the free space, or set POETRY_TUI_HOME to another folder."
        raise StudioError(
            "The favourites in {path} cannot be read or written ({error}).", hint, path=path, error=error
        ) from error
    except (sqlite3.Error, UnicodeDecodeError) as error:  # a name in a damaged schema need not be UTF-8
        hint = "Nothing was changed: move the file elsewhere to start anew, or bring back a copy of it."
        raise StudioError("The favourites in {path} are damaged ({error}).", hint, path=path, error=error) from error
    except OSError as error:
        hint = "Check the folder's permissions, or set POETRY_TUI_HOME to another folder."
        raise StudioError(
            "The favourites in {path} cannot be reached ({error}).", hint, path=path, error=error
        ) from error


def _favourite(row: tuple[Any, ...]) -> Favourite:
    return Favourite(**fields_of(row))


def _values(favourite: Favourite) -> tuple[Any, ...]:
    """The values of the columns after the id; without a date, the current time is used."""
    f = favourite
    created_s = f.created_s or time.time()
    made = _json(dict(f.settings))
    tags = _json(list(f.tags))
    return f.text, f.begin, f.model, f.seed, made, f.logprob, created_s, f.title, tags, f.note, f.collection


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _missing(favourite_id: int) -> StudioError:
    return StudioError(
        "There is no favourite {number}.",
        "`poetry-tui favourites list` shows them with their numbers.",
        number=shown(favourite_id),
    )
