"""The blocks of a report on one or several runs."""

import platform
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine import __version__
from engine.commands.flags import flags_between
from engine.config.presets import PRESETS
from engine.config.schema import TrainConfig
from engine.prosody.text import split_lines
from engine.runs.smoothing import WINDOW_STEPS
from engine.system.errors import StudioError
from poetry_tui.preferences.i18n import tr, tr_label
from poetry_tui.tracking.comparison import Comparison, Row, aligned, compare, differing, format_value, with_rate_changes
from poetry_tui.tracking.report.blocks import Block, Code, Heading, Paragraph, Poem, Prediction, Table
from poetry_tui.tracking.report.curves import curves, embeddings, probes
from poetry_tui.tracking.report.history import RunHistory, spread
from poetry_tui.tracking.wording import ABOUT

N_ROUNDS = 5
N_EXCERPTS = 4
# Settings of how a training is run, not of what it learns; the report's question ignores them.
NOT_ASKED = frozenset({"preset", "device", "n_threads", "precision", "checkpoint_every", "compare_every", "chunk_rows"})


def blocks(histories: Sequence[RunHistory]) -> list[Block]:
    """The report on some runs, from its title to the commands that repeat them."""
    side_by_side = compare([(history.name, history.status, history.state) for history in histories])
    return [
        Heading(title(histories), 1),
        made(),
        *question_and_method(histories),
        *_figures(side_by_side),
        *curves(histories),
        *probes(histories),
        *embeddings(histories),
        *_predictions(histories),
        *_samples(histories),
        *_settings(side_by_side.names, side_by_side.settings),
        *_machine(histories),
        *_again(histories),
    ]


def of_runs(every: Sequence[RunHistory], first_seeds: Sequence[RunHistory]) -> Iterator[Block]:
    """The runs of an experiment: figures and settings of all runs, previews and samples of the first seed of each condition."""
    side_by_side = compare([(history.name, history.status, history.state) for history in every])
    yield from _figures(side_by_side)
    yield from _predictions(first_seeds)
    yield from _samples(first_seeds)
    yield from _settings(side_by_side.names, side_by_side.settings)
    yield from _machine(first_seeds)
    yield from _again(every)


def made() -> Paragraph:
    """A line with the version and the time of the report."""
    return Paragraph(tr("report.made", version=__version__, moment=time.strftime("%Y-%m-%d %H:%M")))


def title(histories: Sequence[RunHistory]) -> str:
    return tr("report.title", runs=", ".join(history.name for history in histories))


def question_and_method(histories: Sequence[RunHistory]) -> Iterator[Block]:
    """Question and method; nothing if a run has no settings."""
    configs = [with_rate_changes(history.config, history.state.rate_changes) for history in histories]
    if not all(configs):
        return
    changed = {name: values for name, values in differing(configs).items() if name not in NOT_ASKED}
    yield Heading(tr_label("report.question"))
    yield Paragraph(_question(changed))
    yield Heading(tr_label("report.method"))
    shared = {name: " / ".join(dict.fromkeys(map(str, values))) for name, values in aligned(configs).items()}
    yield Paragraph(tr("report.method_network", n=len(histories), **shared))
    yield Paragraph(tr("report.method_data", poems=_poems(histories), **shared))
    steps = " / ".join(dict.fromkeys(f"{one.state.step:,}" for one in histories))
    yield Paragraph(tr("report.method_runs", steps=steps, **shared))
    if changed and "seed" not in changed:
        yield Paragraph(tr("report.method_one_seed"))


def _question(changed: Mapping[str, Sequence[Any]]) -> str:
    if not changed:
        return tr("report.question_one")
    if set(changed) == {"seed"}:
        return tr("report.question_seed")
    named = [f"{name} ({', '.join(dict.fromkeys(map(str, values)))})" for name, values in changed.items()]
    return tr("report.question_several", settings=", ".join(named))


def _poems(histories: Sequence[RunHistory]) -> str:
    """The corpora, with number of poems and licence if a checkpoint has them."""
    return ", ".join(dict.fromkeys(map(_corpus, histories)))


def _corpus(history: RunHistory) -> str:
    corpus: Mapping[str, Any] = history.about.get("corpus", {})
    name = str(history.config.get("corpus", "–"))
    return f"{name} ({corpus['n_poems']:,}; {corpus['licence']})" if corpus else name


def _figures(side_by_side: Comparison) -> Iterator[Block]:
    figures = side_by_side.figures
    yield Heading(tr_label("report.figures"))
    yield Table(("", *side_by_side.names), [(tr(row.name), *row.values) for row in figures])
    if not side_by_side.validates_alike:
        yield Paragraph(tr("train.compare_other_poems"))
    yield Paragraph(tr("report.what_nats"))
    yield Paragraph(tr("report.what_losses", steps=WINDOW_STEPS))
    if any(value.startswith(ABOUT) for row in figures for value in row.values):
        yield Paragraph(tr("report.what_estimate"))


def _settings(names: Sequence[str], settings: Sequence[Row]) -> Iterator[Block]:
    """A table of settings; those that differ are highlighted (and come first, see `compare`)."""
    yield Heading(tr_label("report.settings"))
    marked = frozenset(number for number, row in enumerate(settings) if row.differs)
    yield Table(("", *names), [(row.name, *map(format_value, row.values)) for row in settings], marked)
    if marked:
        yield Paragraph(tr("report.differing"))


def _predictions(histories: Sequence[RunHistory]) -> Iterator[Block]:
    if not any(history.state.comparisons for history in histories):
        return
    yield Heading(tr_label("report.predictions"))
    yield Paragraph(tr("report.what_predictions"))
    for history in histories:
        for one in spread(history.state.comparisons, N_EXCERPTS):
            caption = tr("report.at_step", run=history.name, step=f"{one.step:,}")
            yield Prediction(caption, one.prediction, one.target, one.probability)


def _samples(histories: Sequence[RunHistory]) -> Iterator[Block]:
    """Samples of the first begin character through the training, and of every begin character at its end."""
    sampled = [history for history in histories if history.state.samples]
    if not sampled:
        return
    yield Heading(tr_label("report.samples"))
    yield Paragraph(tr("report.what_samples", temperature=sampled[0].state.samples[0].temperature))
    for history in sampled:
        yield Heading(history.name, 3)
        for round_ in spread(history.state.sample_rounds()[::-1], N_ROUNDS):
            for sample in round_.samples[:1]:
                yield Poem(f"{sample.begin} · {round_.step:,}", split_lines(sample.text))
    yield Heading(tr_label("report.last_poems"))
    for history in sampled:
        yield Heading(history.name, 3)
        for sample in history.state.sample_rounds(1)[0].samples:
            yield Poem(f"{sample.begin} · {tr('train.field.seed')} {sample.seed}", split_lines(sample.text))


def _machine(histories: Sequence[RunHistory]) -> Iterator[Block]:
    yield Heading(tr_label("report.machine"))
    rows = []
    for history in histories:
        made_with: Mapping[str, Any] = history.about.get("made_with", {})
        device = history.state.started.device if history.state.started else "–"
        versions = ", ".join(f"{name} {version}" for name, version in made_with.items()) or "–"
        rows.append((history.name, device, versions, _corpus(history)))
    yield Table(("", tr("train.field.device"), tr("report.versions"), tr("train.field.corpus")), rows)
    yield Paragraph(f"{platform.platform()} · Python {platform.python_version()}")


def _again(histories: Sequence[RunHistory]) -> Iterator[Block]:
    commands = [command for history in histories if (command := _command(history.config))]
    if commands:
        yield Heading(tr_label("report.again"))
        yield Code("\n".join(commands))


def _command(config: Mapping[str, Any]) -> str:
    """The command line that repeats a training; empty if this version cannot read the settings."""
    try:
        wanted = TrainConfig.from_dict(config)
    except (StudioError, TypeError, ValueError):
        return ""
    base = PRESETS.get(wanted.preset, TrainConfig())
    words = ["poetry-tui", "train", "--preset", wanted.preset]
    return " ".join([*words, *flags_between(base, wanted), *flags_between(base.model, wanted.model)])
