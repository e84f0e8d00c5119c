"""`poetry-tui novelty`: measure the overlap of poems with the training text of a model."""

import argparse
from typing import TYPE_CHECKING

from engine.commands.flags import add_reading_flags
from engine.corpus.cleaning import Cleaner
from engine.corpus.readers.formats import how_read
from engine.model.metadata import read_metadata
from engine.model.registry import find_model
from engine.system.errors import ModelError
from engine.system.translations import worded
from poetry_tui.commands.output import Commands, command, print_json, print_note, printable
from poetry_tui.commands.verse.poem_input import given_poems, numbered_poems

if TYPE_CHECKING:
    from engine.corpus.novelty.novelty import Novelty


def add_parser(commands: Commands) -> None:
    parser = command(
        commands, "novelty", _novelty, "measure the overlap of poems with the training text of a model", json_too=True
    )
    parser.description = (
        "Report for each poem the longest run of characters that it shares with one training line of a model, and the number of"
        " its lines that are training lines. If the corpus is installed the result is exact and names the line; otherwise the"
        " model's Bloom filter gives an upper bound."
    )
    parser.add_argument("file", metavar="FILE|-", help="one poem a line, or any other file of poems; - reads stdin")
    parser.add_argument("--model", metavar="NAME", help="a model by name, or its folder (default: the studio's own)")
    add_reading_flags(parser)


def _novelty(options: argparse.Namespace) -> None:
    # Imported here because it loads numpy, which takes longer than most commands run.
    from engine.corpus.novelty.novelty import corpus_of, novelty_of
    from engine.corpus.novelty.training_lines import lines_of_model

    folder = find_model(options.model)
    metadata = read_metadata(folder)
    corpus, lines = corpus_of(metadata), lines_of_model(folder, metadata)
    if corpus is None and lines is None:
        raise ModelError(
            "The training text of {name} is not known.",
            "Install the corpus of the model.",
            name=metadata.get("name", folder.name),
        )
    file = given_poems(options.file, options.format, options.columns)
    if corpus is None:
        name = metadata.get("corpus", {}).get("name", worded("of the model"))
        print_note(
            "The corpus {name} is not installed: the figures are upper bounds. Install it for exact ones.", name=name
        )
    cleaner = Cleaner(simplify=corpus is None or corpus.simplified, unique=False, lenient=True)
    if file.is_detected and not options.json:
        print_note(how_read(file))
    for _, raw in numbered_poems(file):
        poem = cleaner.clean(raw)
        text = raw.text if poem is None else poem.text
        found = novelty_of(text, lines, corpus)
        assert found is not None
        if options.json:
            print_json({"text": text, "novelty": found.to_dict()})
        else:
            print(printable(text))
            print(printable(f"    {_sentence(found)}"))


def _sentence(found: "Novelty") -> str:
    run = worded(" ({inner})", inner=found.run) if found.run else ""
    longest = "longest shared run {n}{run}" if found.exact else "longest shared run at most {n}"
    said = worded(longest, n=found.longest_run, run=run)
    if found.line:
        title = found.title or worded("a poem without title")
        author = found.author or worded("nobody known")
        said += worded(", in {line} of {title} by {author}", line=found.line, title=title, author=author)
    if not found.n_lines_copied:
        return said + worded(" · no lines copied")
    copied = (
        " · {n_copied} of {n_lines} lines copied" if found.exact else " · at most {n_copied} of {n_lines} lines copied"
    )
    return said + worded(copied, n_copied=found.n_lines_copied, n_lines=found.n_lines)
