"""`rates`: rule compliance of a model's verse, with and without constraints, compared with real poems."""

import argparse
import dataclasses
import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from engine.commands.flags import add_setting_flags, check_count, given
from engine.commands.front import say
from engine.commands.parser import new_parser
from engine.config.schema import ComposeConfig, TrainConfig
from engine.model.registry import find_model
from engine.prosody.forms.definitions import Form, form_called, forms
from engine.system.files import check_new_file, write_atomically
from engine.system.names import padded, path_of
from engine.system.translations import is_chinese, worded

if TYPE_CHECKING:
    from engine.corpus.corpus import Corpus
    from engine.corpus.novelty.line_index import LineIndex
    from engine.evaluation.samples import Sample, SamplingMode
    from engine.evaluation.verse_quality import VerseRates
    from engine.model.checkpoint import LoadedModel

EVERY_FORM = "all"
MAX_POEMS = 1_000_000
COLUMNS: tuple[tuple[str, str], ...] = (
    ("poems", "n_poems"), ("form", "n_form_ok"), ("tones", "n_tones_ok"), ("rhyme", "n_rhyme_ok"), ("all ok", "n_ok"),
    ("unknown", "n_unknown"), ("same rhyme", "n_rhyme_again"), ("with line", "n_with_line"), ("lines", "lines_copied"),
    ("longest", "longest_runs"), ("d.poems", "distinct_poems"), ("d.lines", "distinct_lines"),
    ("d.pairs", "distinct_bigrams"), ("ln p", "mean_logprob"), ("chars/s", "chars_per_s"),
)  # fmt: skip
SHARES = ("n_form_ok", "n_tones_ok", "n_rhyme_ok", "n_ok", "n_unknown", "n_rhyme_again", "n_with_line")
LEGEND = """\
constrained: the form is enforced; acrostic: given phrases too;
conditioned: the model reads the form's control code, nothing is enforced;
unconditional: it reads none, and poems with the form's lines are judged;
real: held-out poems of its corpus. Begin characters are random.
form, tones, rhyme, all ok: share of poems that pass the checker;
unknown: with a character that the rhyme book lacks; same rhyme: a rhyme character twice;
with line: poems that hold a whole training line, or one of five characters and more within a line;
lines: share of lines that are training lines; longest: mean of the poems' longest runs shared with one
(without the corpus these three come from the filter, which takes 1 line in 120 by mistake);
d.: different poems, lines, pairs of characters; ln p: mean of a Han character."""


def add_parser(commands: Any) -> None:
    parser = new_parser(
        commands,
        "rates",
        rates,
        "Measure how often a model's verse keeps the rules, constrained and unconstrained, and compare with real poems.",
    )
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = LEGEND
    parser.add_argument("--model", metavar="NAME", help="a model by name, or its folder (default: the studio's own)")
    parser.add_argument(
        "--form",
        nargs="+",
        metavar="NAME",
        dest="form_names",
        help="forms or tunes, or `all` (default: the regulated forms)",
    )
    parser.add_argument(
        "--acrostic",
        nargs="+",
        metavar="PHRASE",
        dest="phrases",
        default=[],
        help="also compose with these as acrostics, in turn",
    )
    parser.add_argument(
        "-n", type=int, default=1000, metavar="N", dest="n_poems", help="poems of each kind (default: 1000)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--poems", type=path_of, metavar="FILE", help="write the composed poems to a file, one JSON object a line"
    )
    parser.add_argument("--force", action="store_true", help="replace an existing file")
    add_setting_flags(
        parser, ComposeConfig, only=("temperature", "top_p", "seed", "n_particles"), defaults=ComposeConfig()
    )
    add_setting_flags(parser, TrainConfig, only=("device",), defaults=TrainConfig())


def rates(arguments: argparse.Namespace) -> int:
    """Compose, check and print, form by form."""
    wanted, config = _forms(arguments.form_names), ComposeConfig(**given(arguments, ComposeConfig))
    check_count("-n", arguments.n_poems, MAX_POEMS)
    if arguments.poems:
        check_new_file(arguments.poems, replaces=arguments.force)
    folder = find_model(arguments.model)

    from engine.corpus.novelty.build import exact_lines
    from engine.corpus.novelty.novelty import corpus_of
    from engine.model.checkpoint import load_model
    from engine.model.devices import choose_device, use_threads

    use_threads(1)
    loaded = load_model(folder, choose_device(getattr(arguments, "device", "auto")))
    corpus = corpus_of(loaded.metadata)
    if corpus is None:
        say("The corpus of the model is not here: there are no real poems to compare with.")
    training = exact_lines(corpus) if corpus else loaded.lines
    found, kept = [], ""
    for form, mode, sample in _samples(loaded, config, wanted, arguments, corpus):
        figures = _figures(sample, form, training)
        found.append({"form": form.key, "mode": mode, **figures.to_dict(), "n_lost": sample.n_lost})
        if arguments.poems and mode != "real":
            kept += _as_lines(form, mode, sample)
            write_atomically(arguments.poems, kept)
        if not arguments.json:
            _print_row(form, mode, figures, is_first=len(found) == 1)
    if arguments.json:
        about = {"model": loaded.name, "n_requested": arguments.n_poems, "seed": config.seed}
        drawn = {"temperature": config.temperature, "top_p": config.top_p, "device": loaded.device.type}
        exact = {"lines_exact": corpus is not None}
        print(json.dumps({**about, **drawn, **exact, "rates": found}, ensure_ascii=False))
    return 0


def _samples(
    loaded: "LoadedModel",
    config: ComposeConfig,
    wanted: Sequence[Form],
    arguments: argparse.Namespace,
    corpus: "Corpus | None",
) -> "Iterator[tuple[Form, SamplingMode, Sample]]":
    from engine.evaluation.samples import acrostic_requests, compose_sample, random_requests, real_samples

    n_poems, phrases = arguments.n_poems, arguments.phrases
    real = real_samples(loaded, corpus, wanted, n_poems, config.seed) if corpus else {}
    say("{n_poems:,} free {n_poems:poem|poems}", n_poems=n_poems)
    free = compose_sample(loaded, random_requests(loaded.vocabulary, config, n_poems, None))
    for form in wanted:
        say("{n_poems:,} poems {key} {form}", n_poems=n_poems, key=form.key, form=form.name)
        in_form = config.replace(form=form.key)
        yield form, "constrained", compose_sample(loaded, random_requests(loaded.vocabulary, in_form, n_poems, form))
        if fitting := [phrase for phrase in phrases if len(phrase) <= len(form.line_lengths)]:
            yield form, "acrostic", compose_sample(loaded, acrostic_requests(in_form, n_poems, fitting))
        if loaded.vocabulary.tag(f"form:{form.key}") is not None:
            requests = random_requests(loaded.vocabulary, config, n_poems, form)
            yield form, "conditioned", compose_sample(loaded, requests, conditioned_on=form)
        yield form, "unconditional", free.only(form)
        if form.key in real:
            yield form, "real", real[form.key]


def _figures(sample: "Sample", form: Form, training: "LineIndex | None") -> "VerseRates":
    from engine.evaluation.verse_quality import rates_of

    figures = rates_of(sample.texts, form, training)
    return dataclasses.replace(figures, mean_logprob=sample.mean_logprob, chars_per_s=sample.chars_per_s)


def _forms(names: Sequence[str] | None) -> list[Form]:
    """The requested forms; by default the regulated ones. Raises UsageError for an unknown form."""
    if not names:
        return [form for form in forms() if form.is_regulated]
    return list(forms()) if EVERY_FORM in names else list(map(form_called, names))


def _as_lines(form: Form, mode: str, sample: "Sample") -> str:
    poems = ({"form": form.key, "mode": mode, "text": text} for text in sample.texts)
    return "".join(json.dumps(poem, ensure_ascii=False) + "\n" for poem in poems)


def _print_row(form: Form, mode: str, figures: "VerseRates", *, is_first: bool) -> None:
    values = figures.to_dict()
    heads = [worded(title) for title, _ in COLUMNS]
    rows = [(worded("form"), worded("mode"), heads)] if is_first else []
    rows.append((form.name if is_chinese() else form.key, worded(mode), [_cell(name, values) for _, name in COLUMNS]))
    for name, how, cells in rows:
        aligned = (
            padded(cell, max(len(title), 7), to_right=True) for cell, (title, _) in zip(cells, COLUMNS, strict=True)
        )
        print("  ".join([padded(name, 14), padded(how, 13), *aligned]), flush=True)


def _cell(name: str, values: dict[str, int | float | None]) -> str:
    value, n_poems = values[name], values["n_poems"]
    if value is None or not n_poems:
        return "-" if name != "n_poems" else "0"
    if name in SHARES:
        return f"{100 * value / n_poems:.1f} %"
    if name in ("n_poems", "chars_per_s"):
        return f"{value:,.0f}"
    return f"{100 * value:.1f} %" if name.startswith("distinct") or name == "lines_copied" else f"{value:.2f}"
