"""The curves of a report: losses, validations, and the measurements of the probes."""

from collections.abc import Iterator, Sequence

from engine.runs.events import Probed
from poetry_tui.preferences.i18n import tr, tr_label
from poetry_tui.tracking.report.blocks import Block, Figure, Heading, Paragraph, Table
from poetry_tui.tracking.report.history import RunHistory, spread
from poetry_tui.tracking.report.svg import Series, chart, scatter
from poetry_tui.tracking.run_state.curve import Curve

N_COLUMNS = 240
# Number of probes of one run that are drawn, evenly from the first to the last.
N_TIMES = 4
# Distances of the table of gradients, in characters.
DISTANCES = (0, 1, 2, 5, 10, 20)


def curves(histories: Sequence[RunHistory]) -> Iterator[Block]:
    yield Heading(tr_label("report.curves"))
    validations = [
        [(float(one.step), one.val_nats_per_han) for one in history.state.validations] for history in histories
    ]
    loss = [_smoothed(history.name, history.state.loss) for history in histories]
    if len(histories) == 1:
        loss.append(Series(tr("report.validation"), validations[0], is_dotted=True))
    is_per_char = any(history.state.loss_unit == "char" for history in histories)
    axis = "report.axis_loss_char" if is_per_char else "report.axis_loss"
    yield figure("loss.svg", loss, "report.loss_by_step", "report.axis_step", axis)
    by_step = [Series(s.name, points, is_dotted=True) for s, points in zip(histories, validations, strict=True)]
    yield figure("validation.svg", by_step, "report.val_by_step", "report.axis_step", "report.axis_val")
    by_minutes = [
        Series(
            s.name, [(s.state.position_of(int(step), "minutes") / 1000, nats) for step, nats in points], is_dotted=True
        )
        for s, points in zip(histories, validations, strict=True)
    ]
    caption = ("report.val_by_minutes", "report.axis_minutes", "report.axis_val")
    yield figure("validation-by-time.svg", by_minutes, *caption)
    gaps = [
        Series(history.name, list(zip(curve.steps, curve.values, strict=True)), is_dotted=True)
        for history in histories
        if len(curve := history.state.gap)
    ]
    if gaps:
        yield figure("gap.svg", gaps, "report.gap_by_step", "report.axis_step", "report.axis_gap")
    norms = [_smoothed(history.name, history.state.grad_norm) for history in histories]
    yield figure("gradient-norm.svg", norms, "report.norm_by_step", "report.axis_step", "report.axis_norm")
    rates = [_smoothed(history.name, history.state.rate) for history in histories]
    yield figure("learning-rate.svg", rates, "report.rate_by_step", "report.axis_step", "report.axis_rate")


def _smoothed(name: str, curve: Curve) -> Series:
    """The smoothed line of a curve, and the range of its points as a band."""
    if not len(curve):
        return Series(name, ())
    first, last = float(curve.steps[0]), float(curve.steps[-1])
    width = (last - first) / N_COLUMNS
    columns = [
        (first + (index + 0.5) * width, column)
        for index, column in enumerate(curve.columns(first, last, N_COLUMNS))
        if column is not None
    ]
    band = [(x, column.low, column.high) for x, column in columns]
    return Series(name, [(x, column.smooth) for x, column in columns], band)


def figure(
    file_name: str, series: Sequence[Series], caption: str, x_label: str, y_label: str, *, is_log: bool = False
) -> Figure:
    """A chart; caption and axis labels are i18n keys."""
    return Figure(file_name, chart(series, tr(x_label), tr(y_label), is_log=is_log), tr(caption))


def probes(histories: Sequence[RunHistory]) -> Iterator[Block]:
    """Gradient norm by distance, and accuracy by position; nothing for runs of an older version, which have no probes."""
    probed = [(history.name, history.state.probes) for history in histories if history.state.probes]
    if not probed:
        return
    yield Heading(tr_label("report.gradients"))
    yield Paragraph(tr("report.what_gradients"))
    distance = ("report.axis_distance", "report.axis_grad_norm")
    if len(probed) == 1:
        times = [(tr("report.step_n", step=f"{one.step:,}"), one) for one in spread(probed[0][1], N_TIMES)]
        yield figure("gradients.svg", _reaches(times), "report.gradients_by_time", *distance, is_log=True)
    else:
        starts, ends = ([(name, series[at]) for name, series in probed] for at in (0, -1))
        yield figure("gradients-first.svg", _reaches(starts), "report.gradients_first", *distance, is_log=True)
        yield figure("gradients-last.svg", _reaches(ends), "report.gradients_last", *distance, is_log=True)
    header = ("", tr("report.step"), *(f"k = {k}" for k in DISTANCES), tr("report.per_char"))
    yield Table(header, [row for name, series in probed for row in _reach_rows(name, series)])
    yield Heading(tr_label("report.accuracy"))
    yield Paragraph(tr("report.what_accuracy"))
    by_position = [Series(name, list(enumerate(series[-1].accuracy, 1))) for name, series in probed]
    yield figure("accuracy.svg", by_position, "report.accuracy_last", "report.axis_position", "report.axis_accuracy")


def _reaches(named: Sequence[tuple[str, Probed]]) -> list[Series]:
    """Gradient norms by distance as lines; those of the memory cell of the last run as dots."""
    series = [Series(name, list(enumerate(one.hidden_grad_norms))) for name, one in named]
    memories = [(name, one.memory_grad_norms) for name, one in named if one.memory_grad_norms]
    return series + [Series(f"{name} · C", list(enumerate(norms)), is_dotted=True) for name, norms in memories[-1:]]


def _reach_rows(name: str, series: Sequence[Probed]) -> Iterator[tuple[str, ...]]:
    """Gradient norms of the first and the last probe at `DISTANCES`, and the mean factor from one distance to the next."""
    for one in dict.fromkeys((series[0], series[-1])):
        for kind, norms in (("H", one.hidden_grad_norms), ("C", one.memory_grad_norms)):
            if norms:
                cells = [f"{norms[k]:.2g}" if k < len(norms) else "–" for k in DISTANCES]
                is_usable = len(norms) > 2 and norms[1] > 0
                factor = f"× {(norms[-1] / norms[1]) ** (1 / (len(norms) - 2)):.2f}" if is_usable else "–"
                yield (f"{name} · {kind}", f"{one.step:,}", *cells, factor)


def embeddings(histories: Sequence[RunHistory]) -> Iterator[Block]:
    """Nearest neighbours through the training, and the commonest characters on two principal components at the first and the last
    probe."""
    probed = [(history.name, history.state.probes) for history in histories if history.state.probes]
    if not any(one.neighbours for _, series in probed for one in series):
        return
    yield Heading(tr_label("report.embedding"))
    yield Paragraph(tr("report.what_embedding"))
    for number, (name, series) in enumerate(probed, 1):
        times = spread(series, N_TIMES)
        header = (name, *(tr("report.step_n", step=f"{one.step:,}") for one in times))
        nearest = [{line[:1]: " ".join(line[1:]) for line in one.neighbours} for one in times]
        yield Table(header, [(one, *(row.get(one, "–") for row in nearest)) for one in nearest[-1]])
        for one in dict.fromkeys((series[0], series[-1])):
            points = list(zip(one.coordinates[::2], one.coordinates[1::2], one.projected, strict=False))
            caption = tr("report.projection", run=name, step=f"{one.step:,}")
            yield Figure(f"embedding-{number}-{one.step}.svg", scatter(points, caption), caption)
