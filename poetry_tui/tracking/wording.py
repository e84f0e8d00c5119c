"""Text about a run: its status, its figures, the next step. Plain text; knows no Textual."""

import math
import time

from engine.runs.events import RunFailed
from poetry_tui.preferences.i18n import tr, tr_error
from poetry_tui.tracking.reader import RunFollower
from poetry_tui.tracking.replay import RunReplay
from poetry_tui.tracking.run_state.state import RunState
from poetry_tui.tracking.run_state.status import Status
from poetry_tui.tracking.summary import RunSummary

# Prefix of an estimated figure.
ABOUT = "~"
_SENTENCE_ENDS = (".", "!", "?", "…", "。", "！", "？")
# One cell each, distinct without colour.
SYMBOLS = {
    Status.STARTING: "~",
    Status.RUNNING: ">",
    Status.PAUSED: "=",
    Status.STALLED: "z",
    Status.COMPLETED: "+",
    Status.STOPPED: "-",
    Status.DIVERGED: "!",
    Status.FAILED: "x",
    Status.LOST: "?",
    Status.REPLAYING: "@",
}
# The theme's style for each status.
COLOURS = {
    Status.STARTING: "$text-secondary",
    Status.RUNNING: "$text-success",
    Status.PAUSED: "$text-warning",
    Status.STALLED: "reverse $text-warning",
    Status.COMPLETED: "$text-success",
    Status.STOPPED: "$text-muted",
    Status.DIVERGED: "$text-error",
    Status.FAILED: "$text-error",
    Status.LOST: "$text-error",
    Status.REPLAYING: "$text-accent",
}


def duration(seconds: float | None) -> str:
    """Seconds as 42 s, 7:05 min or 3:20 h; `?` for None, NaN and 1e8 s or more."""
    if seconds is None or not seconds < 1e8:
        return "?"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02} min"
    return f"{whole // 3600}:{whole % 3600 // 60:02} h"


def count(number: float) -> str:
    """A number as 950, 24.1k or 1.3M."""
    for least, unit, letter in ((1e9, 1e9, "G"), (1e6, 1e6, "M"), (1e4, 1e3, "k")):
        if number >= least:
            return f"{number / unit:.1f}{letter}"
    return f"{number:.0f}"


def status_sentence(follower: RunFollower) -> str:
    """One or two sentences: the pending command, the reason of a failure, the next step, remarks."""
    status, state = follower.status, follower.state
    if follower.problem:
        return tr_error(str(follower.problem))
    if not follower.is_settled:
        return ""  # the status badge shows it
    if isinstance(follower, RunReplay) and status is Status.REPLAYING:
        key = "over" if follower.is_over else "held" if follower.is_held else "at"
        return tr(f"train.replay_{key}", speed=f"{follower.speed:,.4g}")
    if status is Status.STALLED:
        return _stalled(follower)
    if status.is_live:
        if "stop" in follower.pending_commands:
            return tr("train.asked.stop")
        if "pause" in follower.pending_commands and status is Status.RUNNING:
            return tr("train.asked.pause")
        if "pause" not in follower.pending_commands and status is Status.PAUSED:
            return tr("train.asked.resume")
    reason = _reason(follower) if status is Status.FAILED else ""
    # A run without a checkpoint cannot be resumed.
    kept = ".kept" if status in (Status.FAILED, Status.LOST) and state.checkpoint is not None else ""
    return f"{reason} {tr(f'train.next.{status}{kept}')}".strip() + _remarks(state, status)


def _stalled(follower: RunFollower) -> str:
    """How long a stalled run has been silent, and how to end it; it may never read a command."""
    pid = follower.state.started.pid if follower.state.started else "?"
    key = "train.asked.stop_stalled" if "stop" in follower.pending_commands else "train.next.stalled"
    return tr(key, pid=pid, duration=duration(follower.silent_s))


def _reason(follower: RunFollower) -> str:
    """The message of a failed run, or the last line of its log when it wrote no `run_failed`."""
    last = follower.state.final_event
    reason = tr_error(last.worded) if isinstance(last, RunFailed) else follower.last_log_line
    # A library's message often ends without a full stop, and a sentence of ours follows it.
    return reason if not reason or reason.endswith(_SENTENCE_ENDS) else f"{reason}."


def _remarks(state: RunState, status: Status) -> str:
    remarks = ""
    if (n_epochs := state.epochs_overfitting) is not None and state.best is not None:
        key = "train.overfitting" if status.is_live else "train.has_overfitted"
        remarks += " " + tr(key, epochs=f"{n_epochs:.1f}", step=f"{state.best.step:,}")
    if state.n_not_finite:
        remarks += " " + tr("train.not_finite", count=state.n_not_finite)
    if state.n_malformed:
        remarks += " " + tr("train.malformed", count=state.n_malformed)
    return remarks


def figures(state: RunState) -> list[tuple[str, str]]:
    """Label and value of each figure of the run, most important first."""
    total = f" / {state.total_steps:,}" if state.total_steps else ""
    pairs = [("train.step", f"{state.step:,}{total}")]
    if loss := training_nats(state):
        pairs.append(("train.loss_now", loss + _in_perplexity(state)))
    if state.best is not None:
        nats = state.best.val_nats_per_han
        pairs.append(("train.best", f"{nats:.3f} ({perplexity(nats)})"))
    if len(state.loss):
        pairs.append(("train.lr", f"{state.lr:.2g}"))
    pairs.append(("train.elapsed", duration(state.elapsed_s)))
    return [(tr(name), value) for name, value in pairs]


def training_nats(state: RunState) -> str:
    """The smoothed training loss in nats per Han character: `5.307`; `~5.307` if converted from nats per character (a run written by
    an older version); in nats per character if it cannot be converted. Empty before the first step."""
    nats = state.loss.last_smooth
    if nats is None:
        return ""
    match state.loss_unit:
        case "han":
            return f"{nats:.3f}"
        case "about_han":
            return f"{ABOUT}{nats:.3f}"
    return tr("train.per_char", nats=f"{nats:.3f}")


def _in_perplexity(state: RunState) -> str:
    """The training loss as a perplexity, in brackets; empty if the loss is not per Han character."""
    nats = state.loss.last_smooth
    return f" ({perplexity(nats)})" if nats is not None and state.loss_unit != "char" else ""


def epochs_read(state: RunState) -> str:
    """Epochs read, and the total: `0.08 / 2`. Empty before the first step."""
    if state.epochs_done is None:
        return ""
    total = f" / {_epochs(state.total_epochs).removesuffix('.00')}" if state.total_epochs else ""
    return f"{ABOUT if state.axes.is_estimate else ''}{_epochs(state.epochs_done)}{total}"


def _epochs(number: float) -> str:
    return f"{number:.2f}" if number >= 0.1 else f"{number:.2g}"


def perplexity(nats: float) -> str:
    """exp of a loss in nats, with one decimal up to 100, none above."""
    return f"{math.exp(min(nats, 700)):,.0f}" if nats > math.log(100) else f"{math.exp(nats):,.1f}"


def moment(seconds: float | None) -> str:
    """A time as `11-23 14:05`; empty for None."""
    return time.strftime("%m-%d %H:%M", time.localtime(seconds)) if seconds else ""


def summary_figures(run: RunSummary) -> tuple[str, str]:
    """Progress, `45 %`, and the best validation in nats per Han character, `5.31`; each empty if unknown."""
    share = f"{100 * run.step / run.total_steps:.0f} %" if run.total_steps else ""
    value = run.best_nats_per_han
    return share, f"{value:.2f}" if value is not None else ""
