"""What stands in a report, block by block, made of the histories of one run or several."""

import platform
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, TypeAlias

from engine import __version__
from engine.commands.flags import flags_between
from engine.config import TrainConfig
from engine.errors import StudioError
from engine.presets import PRESETS
from engine.prosody.text import split_lines
from engine.runs.smoothing import WINDOW_STEPS
from poetry_tui.i18n import tr, tr_label
from poetry_tui.report.history import RunHistory
from poetry_tui.report.svg import Series, chart
from poetry_tui.runs.comparison import Comparison, Row, compare
from poetry_tui.runs.wording import ABOUT


@dataclass(frozen=True, slots=True)
class Heading:
    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str


@dataclass(frozen=True, slots=True)
class Code:
    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """`marked`: the numbers of the rows to be pointed out."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    marked: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing that is kept as `file_name` too."""

    file_name: str
    svg: str
    caption: str


@dataclass(frozen=True, slots=True)
class Poem:
    caption: str
    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class Prediction:
    """A teacher-forced preview: the predicted characters, the target's, and the probability of each of the target's."""

    caption: str
    prediction: str
    target: str
    probability: Sequence[float]

    @property
    def columns(self) -> list[tuple[str, str, float]]:
        """Predicted character, target character and its probability, as long as the longest of the three."""
        columns = zip_longest(self.prediction, self.target, map(float, self.probability), fillvalue="")
        return [(str(predicted), str(target), float(share or 0)) for predicted, target, share in columns]


Block: TypeAlias = Heading | Paragraph | Code | Table | Figure | Poem | Prediction


N_COLUMNS = 240
N_ROUNDS = 5
N_EXCERPTS = 4


def blocks(histories: Sequence[RunHistory]) -> list[Block]:
    """The report on some runs, from its title to how to do it all again."""
    side_by_side = compare([(history.name, history.status, history.state) for history in histories])
    return [
        Heading(title(histories), 1),
        Paragraph(tr("report.made", version=__version__, moment=time.strftime("%Y-%m-%d %H:%M"))),
        *_figures(side_by_side),
        *_settings(side_by_side.names, side_by_side.settings),
        *_curves(histories),
        *_predictions(histories),
        *_samples(histories),
        *_machine(histories),
        *_again(histories),
    ]


def title(histories: Sequence[RunHistory]) -> str:
    return tr("report.title", runs=", ".join(history.name for history in histories))


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
    """The differing ones come first: they are what the report is about."""
    yield Heading(tr_label("report.settings"))
    marked = frozenset(number for number, row in enumerate(settings) if row.differs)
    yield Table(("", *names), [(row.name, *map(_plain, row.values)) for row in settings], marked)
    if marked:
        yield Paragraph(tr("report.differing"))


def _plain(value: str) -> str:
    """A setting's value for people who do not read Python."""
    return {"None": "–", "True": "yes", "False": "no"}.get(value, value)


def _curves(histories: Sequence[RunHistory]) -> Iterator[Block]:
    yield Heading(tr_label("report.curves"))
    validations = [
        [(float(one.step), one.val_nats_per_han) for one in history.state.validations] for history in histories
    ]
    loss = [_loss_series(history) for history in histories]
    if len(histories) == 1:
        loss.append(Series(tr("report.validation"), validations[0], is_dotted=True))
    is_per_char = any(history.state.loss_unit == "char" for history in histories)
    axis = "report.axis_loss_char" if is_per_char else "report.axis_loss"
    yield _figure("loss.svg", loss, "report.loss_by_step", "report.axis_step", axis)
    by_step = [Series(s.name, points, is_dotted=True) for s, points in zip(histories, validations, strict=True)]
    yield _figure("validation.svg", by_step, "report.val_by_step", "report.axis_step", "report.axis_val")
    by_minutes = [
        Series(
            s.name, [(s.state.position_of(int(step), "minutes") / 1000, nats) for step, nats in points], is_dotted=True
        )
        for s, points in zip(histories, validations, strict=True)
    ]
    caption = ("report.val_by_minutes", "report.axis_minutes", "report.axis_val")
    yield _figure("validation-by-time.svg", by_minutes, *caption)


def _loss_series(history: RunHistory) -> Series:
    loss = history.state.loss
    if not len(loss):
        return Series(history.name, ())
    first, last = float(loss.steps[0]), float(loss.steps[-1])
    width = (last - first) / N_COLUMNS
    columns = [
        (first + (index + 0.5) * width, column)
        for index, column in enumerate(loss.columns(first, last, N_COLUMNS))
        if column is not None
    ]
    band = [(x, column.low, column.high) for x, column in columns]
    return Series(history.name, [(x, column.smooth) for x, column in columns], band)


def _figure(file_name: str, series: Sequence[Series], caption: str, x_label: str, y_label: str) -> Figure:
    return Figure(file_name, chart(series, tr(x_label), tr(y_label)), tr(caption))


def _predictions(histories: Sequence[RunHistory]) -> Iterator[Block]:
    if not any(history.comparisons for history in histories):
        return
    yield Heading(tr_label("report.predictions"))
    yield Paragraph(tr("report.what_predictions"))
    for history in histories:
        for one in history.excerpts(N_EXCERPTS):
            caption = tr("report.at_step", run=history.name, step=f"{one.step:,}")
            yield Prediction(caption, one.prediction, one.target, one.probability)


def _samples(histories: Sequence[RunHistory]) -> Iterator[Block]:
    """The first begin character through time, and every begin character at the end."""
    sampled = [history for history in histories if history.state.samples]
    if not sampled:
        return
    yield Heading(tr_label("report.samples"))
    yield Paragraph(tr("report.what_samples", temperature=sampled[0].state.samples[0].temperature))
    for history in sampled:
        yield Heading(history.name, 3)
        for round_ in history.rounds(N_ROUNDS):
            for sample in round_.samples[:1]:
                yield Poem(f"{sample.begin} · {round_.step:,}", split_lines(sample.text))
    yield Heading(tr_label("report.last_poems"))
    for history in sampled:
        yield Heading(history.name, 3)
        for sample in history.state.sample_rounds(1)[0].samples:
            yield Poem(f"{sample.begin} · seed {sample.seed}", split_lines(sample.text))


def _machine(histories: Sequence[RunHistory]) -> Iterator[Block]:
    yield Heading(tr_label("report.machine"))
    rows = []
    for history in histories:
        made_with: Mapping[str, Any] = history.about.get("made_with", {})
        device = history.state.started.device if history.state.started else "–"
        versions = ", ".join(f"{name} {version}" for name, version in made_with.items()) or "–"
        corpus: Mapping[str, Any] = history.about.get("corpus", {})
        poems = f"{corpus['name']}, {corpus['n_poems']:,} poems, {corpus['licence']}" if corpus else "–"
        rows.append((history.name, device, versions, poems))
    yield Table(("", "device", "versions", "corpus"), rows)
    yield Paragraph(f"{platform.platform()} · Python {platform.python_version()}")


def _again(histories: Sequence[RunHistory]) -> Iterator[Block]:
    commands = [command for history in histories if (command := _command(history.config))]
    if commands:
        yield Heading(tr_label("report.again"))
        yield Code("\n".join(commands))


def _command(config: Mapping[str, Any]) -> str:
    """The command line that starts such a training; empty where the settings are of another version."""
    try:
        wanted = TrainConfig.from_dict(config)
    except (StudioError, TypeError, ValueError):
        return ""
    base = PRESETS.get(wanted.preset, TrainConfig())
    words = ["poetry-tui", "train", "--preset", wanted.preset]
    return " ".join([*words, *flags_between(base, wanted), *flags_between(base.model, wanted.model)])
