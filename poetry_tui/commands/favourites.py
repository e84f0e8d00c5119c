"""`poetry-tui favourites`: list, show, export and restore saved poems."""

import argparse
from pathlib import Path

from engine.commands.poster.flags import add_poster_flags, check_poster_path, poster_style, save_poster
from engine.prosody.text import couplets, nats_per_han, shown_nats, split_lines
from engine.system.errors import UsageError
from engine.system.files import check_new_file, reporting_file_errors, write_atomically
from engine.system.names import brief, path_of
from engine.system.translations import worded
from poetry_tui.commands.output import (
    Commands,
    command,
    group,
    heads,
    print_json,
    print_note,
    print_pairs,
    print_table,
    printable,
)
from poetry_tui.favourites.export import FILE_ENDINGS, FORMATS, date_of, export, format_of, to_dict
from poetry_tui.favourites.search import collection_of, matches
from poetry_tui.favourites.store import Favourite, FavouriteStore, form_key_of, heading_of


def add_parser(commands: Commands) -> None:
    verbs = group(commands, "favourites", "list, show, export and restore favourites")
    parser = command(verbs, "list", _list, "list the favourites, newest first", json_too=True)
    _add_filters(parser)
    parser.add_argument("--deleted", action="store_true", help="list those deleted in the last 30 days, latest first")
    parser = command(verbs, "collect", _collect, "put favourites into a collection")
    parser.add_argument("collection", metavar="NAME", help="name of the collection; an empty one takes them out")
    parser.add_argument("ids", type=int, metavar="ID", nargs="+", help="their numbers in the list")
    parser = command(verbs, "restore", _restore, "restore a poem deleted in the last 30 days")
    parser.add_argument("id", type=int, help="its number in `favourites list --deleted`")
    parser = command(verbs, "show", _show, "show a poem and the settings that made it", json_too=True)
    parser.add_argument("id", type=int, help="its number in the list")
    parser = command(verbs, "poster", _poster, "draw a poem on paper, as PNG or SVG")
    parser.add_argument("id", type=int, help="its number in the list")
    parser.add_argument("file", type=path_of, metavar="FILE", help="the picture, .png or .svg")
    add_poster_flags(parser)
    parser = command(verbs, "export", _export, "export favourites to a file")
    parser.add_argument(
        "--format", choices=list(FORMATS), help="the format (default: by the ending of FILE, else markdown)"
    )
    parser.add_argument(
        "-o",
        "--output",
        type=path_of,
        metavar="FILE",
        help=f"{', '.join(FILE_ENDINGS.values())} (default: standard output)",
    )
    parser.add_argument("--force", action="store_true", help="replace an existing file")
    _add_filters(parser)


def _add_filters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--search", default="", metavar="TEXT", help="only those with these words in poem, title, tags or note"
    )
    parser.add_argument("--tag", default="", help="only those with this tag")
    parser.add_argument("--collection", default="", metavar="NAME", help="only those in this collection")


def _list(options: argparse.Namespace) -> None:
    store = FavouriteStore()
    listed = store.list_deleted() if options.deleted else store.list()
    found = _matching(listed, options)
    if options.json:
        print_json([to_dict(favourite) for favourite in found])
    elif found:
        rows = [
            (
                *(str(f.id), brief(f.begin, 12), brief(heading_of(f), 40), date_of(f), f.model),
                *(f.collection, " ".join(f.tags), f.problem),
            )
            for f in found
        ]
        print_table(heads("id", "begin", "poem", "kept", "model", "collection", "tags", ""), rows)
    else:
        print_note(
            "No poem was found."
            if any(_filters(options)) or options.deleted
            else "No poem is saved yet: f saves one in the studio."
        )


def _matching(favourites: list[Favourite], options: argparse.Namespace) -> list[Favourite]:
    return [favourite for favourite in favourites if matches(favourite, *_filters(options))]


def _filters(options: argparse.Namespace) -> tuple[str, str, str]:
    """The filters for `matches`: words, tag and collection."""
    return options.search, options.tag, collection_of(options.collection)


def _collect(options: argparse.Namespace) -> None:
    store = FavouriteStore()
    # Look up all of them before changing the first.
    for poem in [store.get(number) for number in options.ids]:
        store.set_collection(poem.id, collection_of(options.collection))
        print_note(f"{heading_of(poem)} @{collection_of(options.collection)}")


def _restore(options: argparse.Namespace) -> None:
    store = FavouriteStore()
    store.restore(options.id)
    print_note("Put back: {poem}", poem=heading_of(store.get(options.id)))


def _show(options: argparse.Namespace) -> None:
    favourite = FavouriteStore().get(options.id)
    if options.json:
        print_json(to_dict(favourite))
        return
    for row in couplets(split_lines(favourite.text)):
        print(printable(row))
    print()
    settings = {"model": favourite.model, "seed": favourite.seed, **favourite.settings}
    about = [(worded("title"), favourite.title), (worded("collection"), favourite.collection)]
    about += [(worded("tags"), " ".join(favourite.tags)), (worded("note"), favourite.note)]
    about.append((worded("problem"), favourite.problem))
    nats = nats_per_han(favourite.logprob, favourite.text)
    made = [
        (worded("kept"), date_of(favourite)),
        (worded("nats per Han character"), "-" if nats is None else shown_nats(nats)),
    ]
    shown = [pair for pair in about if pair[1]] + made + [(name, str(value)) for name, value in settings.items()]
    print_pairs(shown)


def _poster(options: argparse.Namespace) -> None:
    favourite = FavouriteStore().get(options.id)
    check_poster_path(options.file, replaces=options.force)
    style = poster_style(options, favourite.title)
    save_poster(options.file, favourite.text, style, form_key_of(favourite), options.font)
    print_note("{poem} was drawn to {path}.", poem=heading_of(favourite), path=options.file)


def _export(options: argparse.Namespace) -> None:
    form = _format(options.format, options.output)
    found = _matching(FavouriteStore().list(), options)
    exported = export(found, form)
    if options.output is None:
        if isinstance(exported, bytes):
            raise UsageError(
                "{form} is no text to print.",
                "Name a file: -o poems{ending}",
                form=form,
                ending=FILE_ENDINGS[form],
            )
        print(exported, end="")
        return
    check_new_file(options.output, replaces=options.force)
    with reporting_file_errors(options.output):
        write_atomically(options.output, exported)
    print_note("{n_poems:,} {n_poems:poem was|poems were} written to {path}.", n_poems=len(found), path=options.output)


def _format(wanted: str | None, output: Path | None) -> str:
    """The wanted format, else that of the file's ending, else markdown. Raises UsageError when the first two differ."""
    if output is None or not output.suffix:
        return wanted or "markdown"
    form = format_of(output)
    if wanted not in (None, form):
        raise UsageError(
            "{name} ends like {form}, but --format says {wanted}.",
            "Leave --format out, or let the name end in {ending}.",
            name=output.name,
            form=form,
            wanted=wanted,
            ending=FILE_ENDINGS[wanted],
        )
    return form
