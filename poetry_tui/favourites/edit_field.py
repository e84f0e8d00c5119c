"""Editing of a favourite's tags, note, title or collection, which another studio may change at the same time."""

from collections.abc import Callable
from dataclasses import dataclass

from textual.message import Message
from textual.screen import Screen

from poetry_tui.favourites.search import collection_of, tags_of
from poetry_tui.favourites.store import Favourite, FavouriteStore
from poetry_tui.preferences.i18n import tr
from poetry_tui.widgets.fields import AskLine


@dataclass
class FieldEdited(Message):
    """The user has entered a line; `change` stores it."""

    change: Callable[[], None]


def edit_field(screen: Screen[None], store: FavouriteStore, number: int, field: str) -> None:
    """Ask for a field, starting with its stored value, and post a `FieldEdited` to `screen`.

    If the stored value has changed when the user enters the line, ask again and show the changed value in the question.

    Raises:
        StudioError: the favourite does not exist any more, or cannot be read.
    """
    line, _ = _field_of(store.get(number), field, store)
    _ask(screen, store, number, field, line, line, tr(f"favourites.ask_{field}"))


def _ask(
    screen: Screen[None], store: FavouriteStore, number: int, field: str, known: str, line: str, question: str
) -> None:
    def answered(answer: str | None) -> None:
        if answer is None:
            return
        now, change = _field_of(store.get(number), field, store)
        if now in (known, answer):
            screen.post_message(FieldEdited(lambda: change(answer)))
        else:
            _ask(screen, store, number, field, now, answer, tr("favourites.changed_meanwhile", line=now))

    screen.app.push_screen(AskLine(question, line), answered)


def _field_of(favourite: Favourite, name: str, store: FavouriteStore) -> tuple[str, Callable[[str], None]]:
    """The current value of a field (tags, note, title or collection) as a line, and the function that stores an edited line."""
    number = favourite.id
    return {
        "tags": (" ".join(favourite.tags), lambda line: store.set_tags(number, tags_of(line))),
        "note": (favourite.note, lambda line: store.set_note(number, line.strip())),
        "title": (favourite.title, lambda line: store.set_title(number, line.strip())),
        "collection": (favourite.collection, lambda line: store.set_collection(number, collection_of(line))),
    }[name]
