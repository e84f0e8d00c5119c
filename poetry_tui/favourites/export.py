"""Export favourites as Markdown, JSON lines, plain text or a booklet."""

import dataclasses
import datetime
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from engine.prosody.text import couplets, nats_per_han, shown_nats, split_lines
from engine.system.errors import UsageError
from engine.system.files import check_new_file, write_atomically
from poetry_tui.favourites.booklet import as_epub, as_html
from poetry_tui.favourites.store import Favourite, heading_of


def _rows(favourite: Favourite) -> list[str]:
    return couplets(split_lines(favourite.text))


def date_of(favourite: Favourite) -> str:
    """The local date on which it was saved, such as 2026-03-01."""
    return datetime.datetime.fromtimestamp(favourite.created_s).strftime("%Y-%m-%d")


def as_text(favourites: Iterable[Favourite]) -> str:
    """The texts only: one couplet on each line, an empty line between poems."""
    return "\n".join("".join(f"{couplet}\n" for couplet in _rows(f)) for f in favourites)


def as_json_lines(favourites: Iterable[Favourite]) -> str:
    """One JSON object on a line for each poem, with all of its fields."""
    return "".join(json.dumps(to_dict(f), ensure_ascii=False) + "\n" for f in favourites)


def to_dict(favourite: Favourite) -> dict[str, object]:
    values: dict[str, object] = {item.name: getattr(favourite, item.name) for item in dataclasses.fields(favourite)}
    nats = nats_per_han(favourite.logprob, favourite.text)
    return {
        **values,
        "settings": dict(favourite.settings),
        "tags": list(favourite.tags),
        "nats_per_han": None if nats is None else round(nats, 4),
    }


def as_markdown(favourites: Iterable[Favourite]) -> str:
    """A page with a heading for each poem; two spaces at the end of a line are Markdown's line break."""
    return "# 詩\n" + "".join(map(_section, favourites))


def _section(favourite: Favourite) -> str:
    verse = "  \n".join(_rows(favourite))
    nats = nats_per_han(favourite.logprob, favourite.text)
    likely = "" if nats is None else f", {shown_nats(nats)} nats per Han character"
    made = f"{favourite.model}, seed {favourite.seed}, {date_of(favourite)}{likely}"
    tags = " ".join(f"#{tag}" for tag in favourite.tags)
    parts = [f"## {heading_of(favourite)}", verse, favourite.note, f"*{made}*" + (f" {tags}" if tags else "")]
    return "\n" + "\n\n".join(filter(None, parts)) + "\n"


FORMATS: Mapping[str, Callable[[Iterable[Favourite]], str | bytes]] = {
    "markdown": as_markdown,
    "jsonl": as_json_lines,
    "text": as_text,
    "html": as_html,
    "epub": as_epub,
}
FILE_ENDINGS: Mapping[str, str] = {
    "markdown": ".md",
    "jsonl": ".jsonl",
    "text": ".txt",
    "html": ".html",
    "epub": ".epub",
}


def format_of(path: Path) -> str:
    """The format of a file name's ending.

    Raises:
        UsageError: the name has no ending, or an unknown one; the hint lists the known ones.
    """
    ending = path.suffix.lower()
    endings = {ending: form for form, ending in FILE_ENDINGS.items()}
    if ending not in endings:
        names = tuple(FILE_ENDINGS.values())
        if not ending:
            raise UsageError(
                "{name} has no ending that says a format.", "Choose one of: {names}.", name=path.name, names=names
            )
        raise UsageError(
            "Poems are not written to {ending} files.", "Choose one of: {names}.", ending=ending, names=names
        )
    return endings[ending]


def export(favourites: Iterable[Favourite], form: str) -> str | bytes:
    """Export the favourites in one of `FORMATS`.

    Raises:
        UsageError: the format is not in `FORMATS`.
    """
    if form not in FORMATS:
        raise UsageError(
            "There is no export format called {name}.",
            "Choose one of: {names}.",
            name=f"{form!r}",
            names=tuple(FORMATS),
        )
    return FORMATS[form](favourites)


def export_to(path: Path, favourites: Iterable[Favourite], *, replaces: bool = False) -> None:
    """Write the favourites to a file in the format of its ending, in place of an existing one if `replaces`.

    Raises:
        StudioError: the file exists, or its ending names no format.
        OSError: the file cannot be written.
    """
    form = format_of(path)
    check_new_file(path, replaces=replaces or None)
    write_atomically(path, export(favourites, form))
