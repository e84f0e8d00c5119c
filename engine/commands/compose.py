"""`compose`: a poem for each begin character."""

import argparse
import dataclasses
import json
import random
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from engine.commands.console_logger import RowBreaks, lay_out
from engine.commands.flags import add_setting_flags, given
from engine.commands.output import new_parser, say
from engine.composing.begin_variants import fold_begin
from engine.config import ComposeConfig, TrainConfig
from engine.corpus.vocabulary import Vocabulary
from engine.errors import ComposeError, UsageError
from engine.model.registry import find_model
from engine.novelty.novelty import novelty_of
from engine.prosody.forms import form_called

if TYPE_CHECKING:
    from engine.composing.composer import Composition
    from engine.model.checkpoint import LoadedModel

LARGEST_SEED = 2**31 - 1
INSTEAD_OF_BEGIN = ("form", "title", "keywords", "style", "acrostic", "acrostic_tail", "keep")


def add_parser(commands: Any) -> None:
    parser = new_parser(
        commands, "compose", compose, "Compose a poem for each begin character, such as 日 红 山 or 春江."
    )
    parser.add_argument("begin", nargs="*", metavar="BEGIN", help="the characters that a poem begins with: one or more")
    parser.add_argument("--model", metavar="NAME", help="a model by name, or its folder (default: the studio's own)")
    add_setting_flags(parser, ComposeConfig, without=("begin", "keywords"))
    parser.add_argument(
        "--keywords",
        nargs="+",
        default=argparse.SUPPRESS,
        metavar="WORD",
        help=next(item.metadata["help"] for item in dataclasses.fields(ComposeConfig) if item.name == "keywords"),
    )
    for short, name in (("--order", "tone_order"), ("--tail", "acrostic_tail")):
        parser.add_argument(short, dest=name, default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    parser.add_argument(
        "-n",
        type=int,
        default=1,
        metavar="N",
        dest="n_poems",
        help="so many poems for each begin: the best of many, ranked, but of free verse with --seed those of the seeds from it on",
    )
    parser.add_argument("--vertical", action="store_true", help="in columns, from right to left")
    parser.add_argument("--json", action="store_true", help="one JSON object a poem, one a line")
    add_setting_flags(parser, TrainConfig, only=("device",))


def compose(arguments: argparse.Namespace) -> int:
    """Compose poem after poem, each told as soon as it is there."""
    wishes = _wishes(arguments)
    folder = find_model(arguments.model)

    from engine.model.checkpoint import load_model
    from engine.model.devices import choose_device, use_threads

    use_threads(1)
    loaded = load_model(folder, choose_device(getattr(arguments, "device", "auto")))
    unknown = _unknown(arguments.begin, loaded.vocabulary)
    n_told = 0
    for wish in wishes:
        if wish.begin not in unknown:
            for poem in _poems(loaded, wish, arguments):
                _tell(loaded, poem, arguments, is_first=n_told == 0)
                n_told += 1
    return ComposeError.exit_code if unknown else 0


def _poems(
    loaded: "LoadedModel", wish: ComposeConfig, arguments: argparse.Namespace
) -> "Iterator[ComposeConfig | Composition]":
    """What one wish comes to: the best of many, unless a seed says which. Free verse with a seed, or a single poem of it, comes as
    wishes, to be shown as they are written."""
    from engine.composing.composer import FREE_VERSE, compose_many

    has_seed, n = hasattr(arguments, "seed"), arguments.n_poems
    if wish.form == FREE_VERSE and (has_seed or n == 1):
        for seed in range(wish.seed, wish.seed + n):
            yield wish.replace(seed=seed % 2**31)
    else:
        yield from compose_many(loaded, wish, n, n_tried=1 if has_seed and n == 1 else None)


def _tell(
    loaded: "LoadedModel", poem: "ComposeConfig | Composition", arguments: argparse.Namespace, *, is_first: bool
) -> None:
    """Tell a poem as JSON or laid out, with a blank line between; one still to be composed as it comes, where a person watches."""
    from engine.composing.composer import compose_poem

    if not is_first and not arguments.json:
        print()
    if isinstance(poem, ComposeConfig) and sys.stdout.isatty() and not (arguments.json or arguments.vertical):
        return _say_what_it_is(_print_as_it_comes(loaded, poem))
    composed = compose_poem(loaded, poem) if isinstance(poem, ComposeConfig) else poem
    if arguments.json:
        # By the filter alone: to search the corpus takes longer than to compose.
        found = novelty_of(composed.text, loaded.lines, None)
        told = {**composed.to_dict(), "novelty": found and found.to_dict()}
        return print(json.dumps(told, ensure_ascii=False), flush=True)
    print(lay_out(composed.text, vertical=arguments.vertical), flush=True)
    return _say_what_it_is(composed)


def _unknown(begins: Iterable[str], vocabulary: Vocabulary) -> set[str]:
    """The begins that the model does not know, told one by one: the others can still be composed."""
    unknown = set()
    for begin in dict.fromkeys(begins):
        try:
            fold_begin(begin, vocabulary)
        except ComposeError as error:
            say(str(error))
            unknown.add(begin)
    return unknown


def _wishes(arguments: argparse.Namespace) -> list[ComposeConfig]:
    """One wish a begin; a poem needs none where another wish says what it is to be. Raises UsageError."""
    values = given(arguments, ComposeConfig)
    begins = values.pop("begin")
    if "keywords" in values:
        values["keywords"] = " ".join(values["keywords"])
    if not begins and any(values.get(name) for name in INSTEAD_OF_BEGIN):
        begins = [""]
    elif not begins or not all(begin.strip() for begin in begins):
        raise UsageError(
            "There is no character to begin with.", "Give one or more, such as `poetry-tui compose 日 红 山`."
        )
    if arguments.n_poems < 1:
        raise UsageError(f"-n is {arguments.n_poems}, and a poem is the least.", "Give 1 or more.")
    seed = values.pop("seed", None)
    if seed is None:
        seed = random.randrange(LARGEST_SEED - arguments.n_poems)
    return [ComposeConfig(begin=begin, seed=seed, **values) for begin in begins]


def _say_what_it_is(poem: "Composition") -> None:
    """A quiet line on what a poem is and how to have it again."""
    form = "" if poem.order is None else f"{form_called(poem.form).name}, "
    rhyme = f"{poem.rhyme}, " if poem.rhyme else ""
    cut = ", cut at the limit" if poem.finish == "limit" else ""
    once = " --n-particles 1" if poem.n_particles == 1 else ""
    say(f"    {form}{rhyme}{poem.model}, seed {poem.seed}{once}{cut}")


def _print_as_it_comes(loaded: "LoadedModel", wish: ComposeConfig) -> "Composition":
    from engine.composing.composer import Glyph, compose, finish

    rows = RowBreaks()

    def shown(glyphs: Iterator[Glyph]) -> Iterator[Glyph]:
        at_row_start = True
        for glyph in glyphs:
            at_row_start = rows.ends_row(glyph.character)
            print(glyph.character, end="\n" if at_row_start else "", flush=True)
            yield glyph
        if not at_row_start:
            print(flush=True)

    return finish(shown(compose(loaded, wish)), loaded, wish)
