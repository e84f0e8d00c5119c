"""The report on an experiment: question, method, means and spread over seeds, conclusion, curves; then the single runs."""

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from poetry_tui.preferences.i18n import tr, tr_label
from poetry_tui.tracking.comparison import median_speed
from poetry_tui.tracking.report import curves
from poetry_tui.tracking.report.blocks import Block, Figure, Heading, Paragraph, Table
from poetry_tui.tracking.report.history import RunHistory
from poetry_tui.tracking.report.page import made, of_runs
from poetry_tui.tracking.report.svg import Series, strip_plot
from poetry_tui.tracking.run_state.status import Status
from poetry_tui.tracking.spread import Spread, difference
from poetry_tui.tracking.wording import perplexity


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure of each seed, worded by `report.measure.KEY`. `is_judged`: a conclusion is drawn from it."""

    key: str
    decimals: int = 3
    is_judged: bool = False
    is_lower_better: bool = True


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of an experiment. `measured`: by measure key, one value for each seed; NaN if the run diverged."""

    name: str
    measured: Mapping[str, Sequence[float]]

    def spread(self, key: str) -> Spread | None:
        """Mean and deviation over the seeds with a finite value; None without any."""
        values = [value for value in self.measured.get(key, ()) if math.isfinite(value)]
        return Spread.of(values) if values else None


TRAINING_MEASURES = (
    Measure("val_nats", is_judged=True),
    Measure("train_nats"),
    Measure("gap"),
    Measure("speed", 0, is_lower_better=False),
)


def conditions_of(histories: Mapping[str, Sequence[RunHistory]]) -> list[Condition]:
    """The measures of each condition. `histories`: by condition, one run for each seed."""
    return [
        Condition(name, {key: [_measured(run)[key] for run in runs] for key in (one.key for one in TRAINING_MEASURES)})
        for name, runs in histories.items()
    ]


def _measured(history: RunHistory) -> dict[str, float]:
    state = history.state
    best = state.best if history.status is not Status.DIVERGED else None
    if best is None:
        return dict.fromkeys((one.key for one in TRAINING_MEASURES), math.nan)
    train = math.nan if best.train_nats_per_han is None else best.train_nats_per_han
    gap = best.val_nats_per_han - train
    return {
        "val_nats": best.val_nats_per_han,
        "train_nats": train,
        "gap": gap,
        "speed": median_speed(state) or math.nan,
    }


def blocks(name: str, method: str, histories: Mapping[str, Sequence[RunHistory]]) -> list[Block]:
    """The report on an experiment of trainings. `histories`: the runs of each condition, one for each seed."""
    every = [run for runs in histories.values() for run in runs]
    first_seeds = [
        RunHistory(condition, runs[0].status, runs[0].state, runs[0].about) for condition, runs in histories.items()
    ]
    return [
        *heading(name, method),
        *results(conditions_of(histories), TRAINING_MEASURES),
        *_curves(histories),
        *curves.probes(first_seeds),
        *curves.embeddings(first_seeds),
        *of_runs(every, first_seeds),
    ]


def heading(name: str, method: str) -> list[Block]:
    """Question and method."""
    return [
        Heading(tr(f"report.question.{name}"), 1),
        made(),
        Heading(tr_label("report.method")),
        Paragraph(method),
    ]


def results(conditions: Sequence[Condition], measures: Sequence[Measure]) -> Iterator[Block]:
    """Table, plots and conclusion."""
    yield Heading(tr_label("report.results"))
    header = ("", tr("report.seeds"), *(tr(f"report.measure.{one.key}") for one in measures))
    rows = []
    for condition in conditions:
        spreads = [condition.spread(one.key) for one in measures]
        cells = [spread.text(one.decimals) if spread else "–" for spread, one in zip(spreads, measures, strict=True)]
        n_seeds = max(map(len, condition.measured.values()))
        n_ended = next((spread.n for spread in spreads if spread), 0)
        rows.append((condition.name, f"{n_ended} / {n_seeds}" if n_ended < n_seeds else str(n_seeds), *cells))
    yield Table(header, rows)
    yield Paragraph(tr("report.what_spread"))
    for one in measures:
        if one.is_judged:
            yield Figure(
                f"{one.key}.svg",
                strip_plot(
                    [(condition.name, condition.measured[one.key]) for condition in conditions],
                    tr(f"report.measure.{one.key}"),
                ),
                tr("report.seeds_by_condition"),
            )
    yield Heading(tr_label("report.conclusion"))
    for one in measures:
        if one.is_judged:
            yield Paragraph(conclusion(conditions, one))


def conclusion(conditions: Sequence[Condition], measure: Measure) -> str:
    """One sentence each: the best condition of a measure, the conditions separated from it (95 % interval), and those that are not."""
    known = [(condition.name, spread) for condition in conditions if (spread := condition.spread(measure.key))]
    words = {"measure": tr(f"report.measure.{measure.key}")}
    if len(known) < 2:
        return tr("report.conclude_nothing", **words)
    ranked = sorted(known, key=lambda one: one[1].mean, reverse=not measure.is_lower_better)
    name, best = ranked[0]
    apart = [(other, difference(spread, best)) for other, spread in ranked[1:]]
    found = [tr("report.conclude_best", **words, best=name, figure=_figure_of(best, measure))]
    for key, is_it in (("separated", True), ("together", False)):
        named = [f"{other} {gap.text(measure.decimals)}" for other, gap in apart if gap.is_separated is is_it]
        if named:
            found.append(tr(f"report.conclude_{key}", others="; ".join(named)))
    return " ".join(found)


def _figure_of(spread: Spread, measure: Measure) -> str:
    text = spread.text(measure.decimals)
    if "nats" in measure.key:
        text += f" ({tr('report.perplexity_of', perplexity=perplexity(spread.mean))})"
    return text


def _curves(histories: Mapping[str, Sequence[RunHistory]]) -> Iterator[Block]:
    """Validation loss of each condition: the mean of its seeds, and their range as a band."""
    series = []
    for name, runs in histories.items():
        by_step: dict[int, list[float]] = {}
        for run in runs:
            for item in run.state.validations:
                by_step.setdefault(item.step, []).append(item.val_nats_per_han)
        whole = [(float(step), values) for step, values in by_step.items() if len(values) == len(runs)]
        band = [(step, min(values), max(values)) for step, values in whole]
        series.append(Series(name, [(step, sum(values) / len(values)) for step, values in whole], band, is_dotted=True))
    yield curves.figure("validation-by-seed.svg", series, "report.val_by_seed", "report.axis_step", "report.axis_val")


def as_csv(conditions: Sequence[Condition], measures: Sequence[Measure], first_seed: int) -> str:
    """CSV with a row for each training or sample: condition, seed, measures."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["condition", "seed", *(one.key for one in measures)])
    for condition in conditions:
        for number, row in enumerate(zip(*(condition.measured[one.key] for one in measures), strict=True)):
            table.writerow([condition.name, first_seed + number, *row])
    return text.getvalue()
