"""`compose`: a poem for each begin character."""

import argparse
import json
import random
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from engine.commands.output import new_parser, say
from engine.config import ComposeConfig, TrainConfig
from engine.errors import ComposeError, UsageError
from engine.flags import add_setting_flags, given
from engine.model_store import find_model
from engine.narrate import RowBreaks, lay_out
from engine.variants import fold_begin
from engine.vocabulary import Vocabulary

if TYPE_CHECKING:
    from engine.checkpoint import LoadedModel
    from engine.composer import Composition

LARGEST_SEED = 2**31 - 1


def add_parser(commands: Any) -> None:
    parser = new_parser(
        commands, "compose", compose, "Compose a poem for each begin character, such as 日 红 山 or 春江."
    )
    parser.add_argument("begin", nargs="*", metavar="BEGIN", help="the characters that a poem begins with: one or more")
    parser.add_argument("--model", metavar="NAME", help="a model by name, or its folder (default: the studio's own)")
    add_setting_flags(parser, ComposeConfig, without=("begin",))
    parser.add_argument("-n", type=int, default=1, metavar="N", dest="n_poems", help="so many poems for each begin")
    parser.add_argument("--vertical", action="store_true", help="in columns, from right to left")
    parser.add_argument("--json", action="store_true", help="one JSON object a poem, one a line")
    add_setting_flags(parser, TrainConfig, only=("device",))


def compose(arguments: argparse.Namespace) -> int:
    """Compose poem after poem, each told as soon as it is there."""
    wishes = list(_wishes(arguments))
    folder = find_model(arguments.model)

    from engine.checkpoint import load_model
    from engine.devices import choose_device, use_threads

    use_threads(1)
    loaded = load_model(folder, choose_device(getattr(arguments, "device", "auto")))
    unknown = _unknown(arguments.begin, loaded.vocabulary)
    known_wishes = [wish for wish in wishes if wish.begin not in unknown]
    for position, wish in enumerate(known_wishes):
        if arguments.json:
            _print_json(loaded, wish)
        else:
            if position:
                print()
            _print_poem(loaded, wish, vertical=arguments.vertical)
    return ComposeError.exit_code if unknown else 0


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


def _wishes(arguments: argparse.Namespace) -> Iterator[ComposeConfig]:
    """One wish a poem: `-n` poems of a begin have seeds one after the other."""
    if not arguments.begin or not all(begin.strip() for begin in arguments.begin):
        raise UsageError(
            "There is no character to begin with.", "Give one or more, such as `poetry-tui compose 日 红 山`."
        )
    if arguments.n_poems < 1:
        raise UsageError(f"-n is {arguments.n_poems}, and a poem is the least.", "Give 1 or more.")
    values = given(arguments, ComposeConfig)
    del values["begin"]
    first_seed = values.pop("seed", None)
    if first_seed is None:
        first_seed = random.randrange(LARGEST_SEED - arguments.n_poems)
    for begin in arguments.begin:
        for seed in range(first_seed, first_seed + arguments.n_poems):
            yield ComposeConfig(begin=begin, seed=seed, **values)


def _print_json(loaded: "LoadedModel", wish: ComposeConfig) -> None:
    from engine.composer import compose_poem

    print(json.dumps(compose_poem(loaded, wish).to_dict(), ensure_ascii=False), flush=True)


def _print_poem(loaded: "LoadedModel", wish: ComposeConfig, *, vertical: bool) -> None:
    """A poem laid out, as it comes where a person watches; then a quiet line on how to have it again."""
    from engine.composer import compose_poem

    if sys.stdout.isatty() and not vertical:
        poem = _print_as_it_comes(loaded, wish)
    else:
        poem = compose_poem(loaded, wish)
        print(lay_out(poem.text, vertical=vertical), flush=True)
    say(f"    {poem.model}, seed {poem.seed}" + (", cut at the limit" if poem.finish == "limit" else ""))


def _print_as_it_comes(loaded: "LoadedModel", wish: ComposeConfig) -> "Composition":
    from engine.composer import Glyph, compose, finish

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
