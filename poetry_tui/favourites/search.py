"""Lines that the user types: a search by words, #tags and an @collection, and the fields of a favourite."""

from collections.abc import Callable, Iterable

from poetry_tui.favourites.store import Favourite, FavouriteStore


def matches(favourite: Favourite, text: str = "", tag: str = "", collection: str = "") -> bool:
    """Whether every word of `text` stands somewhere in it, punctuation and case aside, and it has `tag` and is in `collection`."""
    if (tag and tag not in favourite.tags) or (collection and collection != favourite.collection):
        return False
    parts = (favourite.text, favourite.title, favourite.note, favourite.model, favourite.collection, *favourite.tags)
    haystack = "\n".join(map(_folded, parts))
    return all(_folded(word) in haystack for word in text.split())


def found_by(line: str, favourites: Iterable[Favourite]) -> list[Favourite]:
    """The favourites that a search line accepts; its words with # are tags, one with @ is a collection."""
    typed = line.split()
    tags = [word[1:] for word in typed if word[0] in "#＃" and len(word) > 1]
    collection = next((word[1:] for word in typed if word[0] in "@＠"), "")
    text = " ".join(word for word in typed if word[0] not in "#＃@＠")
    found = (favourite for favourite in favourites if matches(favourite, text, collection=collection))
    return [favourite for favourite in found if all(tag in favourite.tags for tag in tags)]


def next_collection(line: str, favourites: Iterable[Favourite]) -> str:
    """The search line for the collection after the one that a line shows; "" after the last."""
    names = sorted({favourite.collection for favourite in favourites if favourite.collection})
    shown = line.strip().lstrip("@＠")
    at = names.index(shown) + 1 if shown in names else 0
    return f"@{names[at]}" if at < len(names) else ""


def tags_of(text: str) -> tuple[str, ...]:
    """The tags someone typed: separated by spaces or commas, a # before each at will, each of them once, in order."""
    words = text.replace("，", " ").replace("、", " ").replace(",", " ").split()
    return tuple(dict.fromkeys(word.lstrip("#＃") for word in words if word.lstrip("#＃")))


def collection_of(text: str) -> str:
    """The name of a collection as someone typed it, an @ before it at will: one word, so that a search can name it."""
    return "-".join(text.lstrip("@＠ ").split())


def field_of(favourite: Favourite, name: str, store: FavouriteStore) -> tuple[str, Callable[[str], None]]:
    """The line that a field (tags, note, title or collection) is edited as, and the function that stores the edited line."""
    number = favourite.id
    return {
        "tags": (" ".join(favourite.tags), lambda line: store.set_tags(number, tags_of(line))),
        "note": (favourite.note, lambda line: store.set_note(number, line.strip())),
        "title": (favourite.title, lambda line: store.set_title(number, line.strip())),
        "collection": (favourite.collection, lambda line: store.set_collection(number, collection_of(line))),
    }[name]


def _folded(text: str) -> str:
    return "".join(filter(str.isalnum, text)).casefold()
