"""Parse the user's input: a search by words, #tags and an @collection; tags; the name of a collection."""

from collections.abc import Iterable

from poetry_tui.favourites.store import Favourite


def matches(favourite: Favourite, text: str = "", tag: str = "", collection: str = "") -> bool:
    """Whether a favourite contains every word of `text`, ignoring punctuation and case, and has `tag` and `collection`; an empty
    argument accepts all."""
    if (tag and tag not in favourite.tags) or (collection and collection != favourite.collection):
        return False
    parts = (favourite.text, favourite.title, favourite.note, favourite.model, favourite.collection, *favourite.tags)
    haystack = "\n".join(map(_folded, parts))
    return all(_folded(word) in haystack for word in text.split())


def found_by(line: str, favourites: Iterable[Favourite]) -> list[Favourite]:
    """The favourites that match a search line, in which words with # are tags and one with @ is a collection."""
    typed = line.split()
    tags = [word[1:] for word in typed if word[0] in "#＃" and len(word) > 1]
    collection = next((word[1:] for word in typed if word[0] in "@＠"), "")
    text = " ".join(word for word in typed if word[0] not in "#＃@＠")
    found = (favourite for favourite in favourites if matches(favourite, text, collection=collection))
    return [favourite for favourite in found if all(tag in favourite.tags for tag in tags)]


def next_collection(line: str, favourites: Iterable[Favourite]) -> str:
    """The search line for the collection after that of `line`; "" after the last."""
    names = sorted({favourite.collection for favourite in favourites if favourite.collection})
    shown = line.strip().lstrip("@＠")
    at = names.index(shown) + 1 if shown in names else 0
    return f"@{names[at]}" if at < len(names) else ""


def tags_of(text: str) -> tuple[str, ...]:
    """Parse tags, separated by spaces or commas, with or without #; duplicates are removed, the order is kept."""
    words = text.replace("，", " ").replace("、", " ").replace(",", " ").split()
    return tuple(dict.fromkeys(word.lstrip("#＃") for word in words if word.lstrip("#＃")))


def collection_of(text: str) -> str:
    """Parse the name of a collection, with or without @; spaces become hyphens, so that a search can name it as one word."""
    return "-".join(text.lstrip("@＠ ").split())


def _folded(text: str) -> str:
    return "".join(filter(str.isalnum, text)).casefold()
