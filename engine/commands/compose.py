"""`compose`: a poem for each begin character."""

import argparse
import json
import random
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from engine.commands.console_logger import RowBreaks, lay_out
from engine.commands.flags import add_setting_flags, check_count, given, help_group, with_default
from engine.commands.front import progress_line, say
from engine.commands.parser import new_parser
from engine.commands.poster.flags import add_poster_flags, check_poster_path, poster_style, save_poster
from engine.commands.poster.layout import PosterStyle
from engine.composing.constraints.request import check_request
from engine.composing.replies import Token
from engine.config.options import settings_of
from engine.config.schema import ComposeConfig, TrainConfig
from engine.config.user_file import config_section
from engine.corpus.novelty.novelty import novelty_of
from engine.corpus.tokens.vocabulary import Vocabulary
from engine.model.metadata import read_metadata, vocabulary_of
from engine.model.registry import find_model
from engine.model.torch_import import import_torch_to_compose
from engine.prosody.forms.definitions import form_called
from engine.prosody.text import FREE_VERSE, is_han
from engine.system.errors import ComposeError, Message, UsageError
from engine.system.names import path_of
from engine.system.translations import listed, worded

if TYPE_CHECKING:
    from engine.composing.composer import Composition
    from engine.model.checkpoint import LoadedModel

MAX_SEED = 2**31 - 1
MAX_POEMS = 1_000_000
# Fields whose flags take several words, separated by the shell.
WORDS = ("keywords", "use")
# The form of a request without one, as in the studio; with a kept text, which gives line lengths itself, there is none.
DEFAULT_FORM = "七绝"
# Settings allowed in the section `compose` of config.toml.
PREFERENCES = ("form", "temperature", "top_p", "rhyme_book", "style", "n_particles", "max_chars", "model")
REPLACES_BEGIN = ("form", "couplet", "title", "keywords", "style", "acrostic", "acrostic_tail", "keep", "use")


def add_parser(commands: Any) -> None:
    parser = new_parser(
        commands, "compose", compose, "Compose a poem for each begin character, such as 日 红 山 or 春江."
    )
    parser.add_argument(
        "begin",
        nargs="*",
        metavar="BEGIN",
        help="begin text: one character, several, or a whole first line; one poem for each",
    )
    parser.add_argument("--model", metavar="NAME", help="a model by name, or its folder (default: the studio's own)")
    declared = {setting.name: setting for setting in settings_of(ComposeConfig)}
    help_group(parser, declared["form"].group).add_argument(
        "--form",
        default=argparse.SUPPRESS,
        metavar="TEXT",
        help=with_default(declared["form"].help, Message("{form}; with --keep: free", form=DEFAULT_FORM)),
    )
    for name in WORDS:
        help_group(parser, declared[name].group).add_argument(
            f"--{name}", nargs="+", default=argparse.SUPPRESS, metavar="WORD", help=declared[name].help
        )
    add_setting_flags(parser, ComposeConfig, without=("begin", "form", *WORDS), defaults=ComposeConfig())
    for short, name in (("--order", "tone_pattern"), ("--tail", "acrostic_tail")):
        parser.add_argument(short, dest=name, default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    add_setting_flags(parser, TrainConfig, only=("device",), defaults=TrainConfig())
    output = help_group(parser, "output")
    output.add_argument(
        "-n",
        type=int,
        default=1,
        metavar="N",
        dest="n_poems",
        help=with_default(
            "poems for each begin text: the best of many candidates; one with --seed: that seed's candidate alone, such as a"
            " poem printed with it; free verse with --seed: those of consecutive seeds",
            1,
        ),
    )
    output.add_argument("--vertical", action="store_true", help="print columns, from right to left")
    output.add_argument("--json", action="store_true", help="print one JSON object a line for each poem")
    help_group(parser, "poster").add_argument(
        "--poster",
        type=path_of,
        metavar="FILE",
        help="draw the poem on paper, as .png or .svg; further poems into FILE-2, FILE-3, …",
    )
    add_poster_flags(parser)


def compose(arguments: argparse.Namespace) -> int:
    """Compose the requested poems; each is printed as soon as it is complete."""
    preferred = config_section("compose", PREFERENCES)
    model = preferred.pop("model", None)
    requests = _requests(arguments, preferred)
    if arguments.poster:
        # Checked before the model is loaded.
        check_poster_path(arguments.poster, replaces=arguments.force)
        poster_style(arguments, requests[0].title)
    elif arguments.font or arguments.force or poster_style(arguments, "") != PosterStyle():
        raise UsageError("These options are those of a poster.", "Add --poster FILE, or leave them out.")
    folder = find_model(arguments.model or model)
    # Checked before PyTorch is loaded, which takes seconds.
    suitable = _suitable(requests, vocabulary_of(folder, read_metadata(folder)))
    if not suitable:
        return ComposeError.exit_code

    import_torch_to_compose()
    from engine.model.checkpoint import load_model
    from engine.model.devices import choose_device, use_threads

    use_threads(1)
    loaded = load_model(folder, choose_device(getattr(arguments, "device", "auto")))
    if requests[0].couplet:
        from engine.composing.constraints.couplet import ends_level, upper_line

        if ends_level(upper_line(requests[0], loaded.vocabulary)):
            say(
                "The upper line ends in a level tone; by custom it ends oblique. The lower lines oppose it all the same."
            )
    n_printed, n_failed = 0, len(requests) - len(suitable)
    for request in suitable:
        try:
            for poem in _poems(loaded, request, arguments):
                composed = _print_poem(loaded, poem, arguments, is_first=n_printed == 0)
                n_printed += 1
                if arguments.poster:
                    _draw(composed, request.title, n_printed, arguments)
        except ComposeError as error:
            if len(requests) == 1:
                raise
            # The other requests may still succeed.
            say(f"{request.begin}: {worded(str(error))}")
            n_failed += 1
    return ComposeError.exit_code if n_failed else 0


def _poems(
    loaded: "LoadedModel", request: ComposeConfig, arguments: argparse.Namespace
) -> "Iterator[ComposeConfig | Composition]":
    """Yield the poems of one request: the best of a pool. A single poem of free verse, or free verse with a seed, is yielded as a request,
    to be printed while it is composed."""
    from engine.composing.composer import compose_many

    has_seed, n = hasattr(arguments, "seed"), arguments.n_poems
    if request.form == FREE_VERSE and (has_seed or n == 1):
        for seed in range(request.seed, request.seed + n):
            yield request.replace(seed=seed % 2**31)
    else:
        with progress_line("composing") as show:
            poems = compose_many(
                loaded,
                request,
                n,
                pool_size=1 if has_seed and n == 1 else None,
                on_progress=lambda n_done, n_all: show(n_done / n_all),
            )
        yield from poems


def _print_poem(
    loaded: "LoadedModel", poem: "ComposeConfig | Composition", arguments: argparse.Namespace, *, is_first: bool
) -> "Composition":
    """Print a poem as JSON or laid out, after a blank line if not first; on a terminal a request is printed while it is composed."""
    from engine.composing.composer import compose_poem

    if not is_first and not arguments.json:
        print()
    if isinstance(poem, ComposeConfig) and sys.stdout.isatty() and not (arguments.json or arguments.vertical):
        composed = _print_as_it_comes(loaded, poem)
    else:
        composed = compose_poem(loaded, poem) if isinstance(poem, ComposeConfig) else poem
        if arguments.json:
            # By the filter alone: searching the corpus takes longer than composing.
            found = novelty_of(composed.text, loaded.lines, None)
            printed = {**composed.to_dict(), "novelty": found and found.to_dict()}
            print(json.dumps(printed, ensure_ascii=False), flush=True)
            return composed
        print(lay_out(composed.text, vertical=arguments.vertical), flush=True)
    _describe(composed, loaded.vocabulary)
    return composed


def _draw(poem: "Composition", title: str, number: int, arguments: argparse.Namespace) -> None:
    """Draw a poem as a poster; `number` is that of the poem in the command, from 1."""
    path = arguments.poster
    if number > 1:
        path = path.with_stem(f"{path.stem}-{number}")
    check_poster_path(path, replaces=arguments.force)
    save_poster(path, poem.text, poster_style(arguments, title), poem.form, arguments.font)
    say(f"    {path}")


def _suitable(requests: Sequence[ComposeConfig], vocabulary: Vocabulary) -> list[ComposeConfig]:
    """The requests whose constraints can be met. The others are reported; with a single request its error is raised."""
    suitable, refused = [], set()
    for request in requests:
        try:
            check_request(request, vocabulary)
        except ComposeError as error:
            if len(requests) == 1:
                raise
            if request.begin not in refused:
                say(f"{request.begin}: {worded(str(error))}")
            refused.add(request.begin)
        else:
            suitable.append(request)
    return suitable


def _requests(arguments: argparse.Namespace, preferred: dict[str, Any]) -> list[ComposeConfig]:
    """One request for each begin text, which options of `REPLACES_BEGIN` make optional. Raises UsageError."""
    values = given(arguments, ComposeConfig)
    begins = values.pop("begin")
    for name in WORDS:
        if name in values:
            values[name] = " ".join(values[name])
    if not begins and any(values.get(name) for name in REPLACES_BEGIN):
        begins = [""]
    elif not begins or not all(begin.strip() for begin in begins):
        raise UsageError(
            "There is no character to begin with.", "Give one or more, such as `poetry-tui compose 日 红 山`."
        )
    check_count("-n", arguments.n_poems, MAX_POEMS)
    if values.get("keep") or values.get("couplet"):
        preferred.pop("form", None)
    else:
        preferred.setdefault("form", DEFAULT_FORM)
    values = {**preferred, **values}
    seed = values.pop("seed", None)
    if seed is None:
        seed = random.randrange(MAX_SEED - arguments.n_poems)
    return [ComposeConfig(begin=begin, seed=seed, **values) for begin in begins]


def _describe(poem: "Composition", vocabulary: Vocabulary) -> None:
    """Report form, rhyme, model and seed of a poem on stderr, and its characters outside the vocabulary."""
    unknown = " ".join(dict.fromkeys(one for one in poem.text if is_han(one) and one not in vocabulary))
    template = "{model}, seed {seed} --n-particles 1" if poem.n_particles == 1 else "{model}, seed {seed}"
    made = [
        "" if poem.tone_pattern is None else form_called(poem.form).name,
        poem.rhyme or "",
        worded(template, model=poem.model, seed=poem.seed),
        worded("cut at the limit") if poem.finish == "limit" else "",
        worded("unknown to the model: {characters}", characters=unknown) if unknown else "",
    ]
    say(f"    {listed(filter(None, made))}")


def _print_as_it_comes(loaded: "LoadedModel", request: ComposeConfig) -> "Composition":
    from engine.composing.composer import compose, finish

    rows = RowBreaks()

    def printed(tokens: Iterator[Token]) -> Iterator[Token]:
        at_row_start = True
        for token in tokens:
            at_row_start = rows.ends_row(token.character)
            print(token.character, end="\n" if at_row_start else "", flush=True)
            yield token
        if not at_row_start:
            print(flush=True)

    return finish(printed(compose(loaded, request)), loaded, request)
