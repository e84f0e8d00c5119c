"""What stands in a report, block by block, made of the stories of one run or several."""

import math
import platform
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine import __version__
from engine.config import TrainConfig
from engine.errors import StudioError
from engine.flags import flags_between
from engine.presets import PRESETS
from engine.verse import split_lines
from poetry_tui.commands.runs import differing, flat
from poetry_tui.curve import Curve
from poetry_tui.report.document import Block, Code, Figure, Heading, Paragraph, Poem, Prediction, Table
from poetry_tui.report.story import RunStory
from poetry_tui.report.svg import Series, chart
from poetry_tui.words import heading, word

N_COLUMNS = 240
N_ROUNDS = 5
N_EXCERPTS = 4


def blocks(stories: Sequence[RunStory]) -> list[Block]:
    """The report on some runs, from its title to how to do it all again."""
    return [
        Heading(title(stories), 1),
        Paragraph(word("report.made", version=__version__, moment=time.strftime("%Y-%m-%d %H:%M"))),
        *_figures(stories),
        *_settings(stories),
        *_curves(stories),
        *_predictions(stories),
        *_samples(stories),
        *_machine(stories),
        *_again(stories),
    ]


def title(stories: Sequence[RunStory]) -> str:
    return word("report.title", runs=", ".join(story.name for story in stories))


def _figures(stories: Sequence[RunStory]) -> Iterator[Block]:
    yield Heading(heading("report.figures"))
    columns = [_figures_of(story) for story in stories]
    rows = [
        (word(key), *(column.get(key, "–") for column in columns))
        for key in dict.fromkeys(k for c in columns for k in c)
    ]
    yield Table(("", *(story.name for story in stories)), rows)
    yield Paragraph(word("report.what_nats"))


def _figures_of(story: RunStory) -> dict[str, str]:
    state = story.state
    found = {
        "report.status": str(story.status),
        "report.step": f"{state.step:,}" + (f" / {state.total_steps:,}" if state.total_steps else ""),
        "report.minutes": f"{state.elapsed_s / 60:.1f}",
    }
    if story.chars.last:
        found["report.chars"] = f"{story.chars.last:,.0f}"
    if speeds := sorted(state.speed.values):
        found["report.speed"] = f"{speeds[len(speeds) // 2]:,.0f}"
    if state.started is not None:
        found["report.params"] = f"{state.started.n_params:,}"
        found["report.vocabulary"] = f"{state.started.vocab_size:,}"
    if state.loss.last_smooth is not None:
        found["report.train_nats"] = f"{state.loss.last_smooth:.3f}"
    if state.best is not None:
        nats = state.best.val_nats_per_han
        found["report.val_nats"] = f"{nats:.3f}"
        found["report.perplexity"] = f"{math.exp(min(nats, 700)):,.1f}"
        found["report.best_step"] = f"{state.best.step:,}"
    return found


def _settings(stories: Sequence[RunStory]) -> Iterator[Block]:
    yield Heading(heading("report.settings"))
    flats = [flat(story.config) for story in stories]
    names = list(dict.fromkeys(name for settings in flats for name in settings))
    different = differing([story.config for story in stories]) if len(stories) > 1 else {}
    # The differing ones first: they are what the report is about.
    names.sort(key=lambda name: name not in different)
    rows = [(name, *(str(settings.get(name, "–")) for settings in flats)) for name in names]
    marked = frozenset(number for number, name in enumerate(names) if name in different)
    yield Table(("", *(story.name for story in stories)), rows, marked)
    if different:
        yield Paragraph(word("report.differing"))


def _curves(stories: Sequence[RunStory]) -> Iterator[Block]:
    yield Heading(heading("report.curves"))
    loss = [_loss_series(story) for story in stories]
    yield _figure("loss.svg", loss, "report.loss_by_step", "report.axis_step", "report.axis_loss")
    validations = [[(float(one.step), one.val_nats_per_han) for one in story.state.validations] for story in stories]
    by_step = [Series(s.name, points, is_dotted=True) for s, points in zip(stories, validations, strict=True)]
    yield _figure("validation.svg", by_step, "report.val_by_step", "report.axis_step", "report.axis_val")
    by_minutes = [
        Series(s.name, [(_at(s.minutes, step), nats) for step, nats in points], is_dotted=True)
        for s, points in zip(stories, validations, strict=True)
    ]
    caption = ("report.val_by_minutes", "report.axis_minutes", "report.axis_val")
    yield _figure("validation-by-time.svg", by_minutes, *caption)


def _loss_series(story: RunStory) -> Series:
    loss = story.state.loss
    if not len(loss):
        return Series(story.name, ())
    first, last = float(loss.steps[0]), float(loss.steps[-1])
    width = (last - first) / N_COLUMNS
    columns = [
        (first + (index + 0.5) * width, column)
        for index, column in enumerate(loss.columns(first, last, N_COLUMNS))
        if column is not None
    ]
    band = [(x, column.low, column.high) for x, column in columns]
    return Series(story.name, [(x, column.smooth) for x, column in columns], band)


def _at(curve: Curve, step: float) -> float:
    """The value of a curve at the last point up to a step; its first before that."""
    if not len(curve):
        return 0.0
    at_or_before = [value for place, value in zip(curve.steps, curve.values, strict=True) if place <= step]
    return at_or_before[-1] if at_or_before else curve.values[0]


def _figure(file_name: str, series: Sequence[Series], caption: str, x_label: str, y_label: str) -> Figure:
    return Figure(file_name, chart(series, word(x_label), word(y_label)), word(caption))


def _predictions(stories: Sequence[RunStory]) -> Iterator[Block]:
    if not any(story.comparisons for story in stories):
        return
    yield Heading(heading("report.predictions"))
    yield Paragraph(word("report.what_predictions"))
    for story in stories:
        for one in story.excerpts(N_EXCERPTS):
            caption = word("report.at_step", run=story.name, step=f"{one.step:,}")
            yield Prediction(caption, one.prediction, one.target, one.probability)


def _samples(stories: Sequence[RunStory]) -> Iterator[Block]:
    """The first begin character through time, and every begin character at the end."""
    told = [story for story in stories if story.state.samples]
    if not told:
        return
    yield Heading(heading("report.samples"))
    yield Paragraph(word("report.what_samples", temperature=told[0].state.samples[0].temperature))
    for story in told:
        yield Heading(story.name, 3)
        for round_ in story.rounds(N_ROUNDS):
            for sample in round_.samples[:1]:
                yield Poem(f"{sample.begin} · {round_.step:,}", split_lines(sample.text))
    yield Heading(heading("report.last_poems"))
    for story in told:
        yield Heading(story.name, 3)
        for sample in story.state.sample_rounds(1)[0].samples:
            yield Poem(f"{sample.begin} · seed {sample.seed}", split_lines(sample.text))


def _machine(stories: Sequence[RunStory]) -> Iterator[Block]:
    yield Heading(heading("report.machine"))
    rows = []
    for story in stories:
        made_with: Mapping[str, Any] = story.about.get("made_with", {})
        device = story.state.started.device if story.state.started else "–"
        versions = ", ".join(f"{name} {version}" for name, version in made_with.items()) or "–"
        corpus: Mapping[str, Any] = story.about.get("corpus", {})
        poems = f"{corpus['name']}, {corpus['n_poems']:,} poems, {corpus['licence']}" if corpus else "–"
        rows.append((story.name, device, versions, poems))
    yield Table(("", "device", "versions", "corpus"), rows)
    yield Paragraph(f"{platform.platform()} · Python {platform.python_version()}")


def _again(stories: Sequence[RunStory]) -> Iterator[Block]:
    commands = [command for story in stories if (command := _command(story.config))]
    if commands:
        yield Heading(heading("report.again"))
        yield Code("\n".join(commands))


def _command(config: Mapping[str, Any]) -> str:
    """The command line that starts such a training; empty where the settings are of another version."""
    try:
        wanted = TrainConfig.from_dict(config)
    except (StudioError, TypeError, ValueError):
        return ""
    usual = PRESETS.get(wanted.preset, TrainConfig())
    words = ["poetry-tui", "train", "--preset", wanted.preset]
    return " ".join([*words, *flags_between(usual, wanted), *flags_between(usual.model, wanted.model)])
