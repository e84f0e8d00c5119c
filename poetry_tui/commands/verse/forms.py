"""`poetry-tui forms`: list the forms of verse with the lengths of their lines."""

import argparse
import itertools
from collections.abc import Sequence

from engine.prosody.forms.definitions import Form, forms
from engine.prosody.text import RHYME_BOOKS
from poetry_tui.commands.output import Commands, command, heads, print_json, print_note, print_table


def add_parser(commands: Commands) -> None:
    parser = command(commands, "forms", _forms, "list the forms of verse", json_too=True)
    parser.add_argument("text", nargs="?", default="", metavar="TEXT", help="only those with this text in a name")


def _forms(options: argparse.Namespace) -> None:
    found = [form for form in forms() if any(options.text in name for name in (form.key, form.name, *form.also))]
    if options.json:
        print_json([_plain(form) for form in found])
        return
    if not found:
        print_note("No form has this text in its name.")
        return
    rows = [(form.name, form.key, _lengths(form.line_lengths), " ".join(form.also)) for form in found]
    print_table(heads("form", "key", "characters of the lines", "also called"), rows)


def _plain(form: Form) -> dict[str, object]:
    """Plain values for `--json`. `orders`: the sequences of line types of regulated verse."""
    return {
        "key": form.key,
        "name": form.name,
        "also": list(form.also),
        "line_lengths": list(form.line_lengths),
        "orders": [pattern.name for pattern in form.tone_patterns] if form.is_regulated else [],
        "rhyme_book": RHYME_BOOKS[form.rhyme_system],
    }


def _lengths(lengths: Sequence[int]) -> str:
    """Abbreviate repeated lengths: 7 7 3 3 7 becomes 7×2 3×2 7."""
    runs = ((length, len(list(group))) for length, group in itertools.groupby(lengths))
    return " ".join(str(length) if n == 1 else f"{length}×{n}" for length, n in runs)
