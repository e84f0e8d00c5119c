"""A run in words: its status, its figures, what to do next. Plain text; knows no Textual."""

import time

from engine.events import RunFailed
from poetry_tui.run_follower import RunFollower
from poetry_tui.run_replay import RunReplay
from poetry_tui.run_state import RunState, Status
from poetry_tui.run_summary import RunSummary
from poetry_tui.words import sentence, word

# So many validations without a better one are worth a remark.
MANY_WORSE = 3
# One cell each, and told apart without colour.
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
# The theme's colour for each state.
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
    """Seconds as 42 s, 7:05 min or 3:20 h; `?` when nobody knows."""
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


def what_next(follower: RunFollower) -> str:
    """One sentence: what the run was asked for, why it ended, what to do."""
    status, state = follower.status, follower.state
    if follower.problem:
        return sentence(str(follower.problem))
    if not follower.is_settled:
        return ""  # the badge says it
    if isinstance(follower, RunReplay) and status is Status.REPLAYING:
        key = "over" if follower.is_over else "held" if follower.is_held else "at"
        return word(f"train.replay_{key}", speed=f"{follower.speed:,.4g}")
    if status is Status.STALLED:
        return _stalled(follower)
    if status.is_live:
        if "stop" in follower.wishes:
            return word("train.asked.stop")
        if "pause" in follower.wishes and status is Status.RUNNING:
            return word("train.asked.pause")
        if "pause" not in follower.wishes and status is Status.PAUSED:
            return word("train.asked.resume")
    reason = _reason(follower) if status is Status.FAILED else ""
    # What nothing was kept of cannot go on.
    kept = ".kept" if status in (Status.FAILED, Status.LOST) and state.checkpoint is not None else ""
    return f"{reason} {word(f'train.next.{status}{kept}')}".strip() + _remarks(state)


def _stalled(follower: RunFollower) -> str:
    """How long it has been silent, and what can be done; nobody knows whether it will ever hear what it is asked."""
    pid = follower.state.started.pid if follower.state.started else "?"
    key = "train.asked.stop_stalled" if "stop" in follower.wishes else "train.next.stalled"
    return word(key, pid=pid, duration=duration(follower.silent_s))


def _reason(follower: RunFollower) -> str:
    """What a failed run said last, or the last line of its log when it never got to say anything."""
    last = follower.state.last_word
    return sentence(last.message) if isinstance(last, RunFailed) else follower.last_log_line


def _remarks(state: RunState) -> str:
    remarks = ""
    if state.n_worse >= MANY_WORSE and not isinstance(state.last_word, RunFailed):
        remarks += " " + word("train.getting_worse", count=state.n_worse)
    if state.n_not_finite:
        remarks += " " + word("train.not_finite", count=state.n_not_finite)
    if state.n_malformed:
        remarks += " " + word("train.malformed", count=state.n_malformed)
    return remarks


def figures(state: RunState) -> list[tuple[str, str]]:
    """Name and value of everything worth a number, most important first."""
    total = f" / {state.total_steps:,}" if state.total_steps else ""
    pairs = [("train.step", f"{state.step:,}{total}")]
    if state.loss.last_smooth is not None:
        pairs.append(("train.loss_now", f"{state.loss.last_smooth:.3f}"))
    if state.best is not None:
        nats = f"{state.best.val_nats_per_han:.3f}"
        pairs.append(("train.best", word("train.best_value", nats=nats)))
    if len(state.loss):
        pairs.append(("train.epoch", str(state.epoch)))
        pairs.append(("train.lr", f"{state.lr:.2g}"))
    pairs.append(("train.elapsed", duration(state.elapsed_s)))
    return [(word(name), value) for name, value in pairs]


def moment(seconds: float | None) -> str:
    """When a run began, short: 23 Nov 14:05."""
    return time.strftime("%m-%d %H:%M", time.localtime(seconds)) if seconds else ""


def summary_line(run: RunSummary) -> tuple[str, str, str]:
    """What it is, how far it is, how good it is: `nndl lstm`, `45 %`, `5.31`."""
    config = run.config or {}
    cell = (config.get("model") or {}).get("cell", "") if isinstance(config.get("model"), dict) else ""
    name = f"{config.get('preset', '')} {cell}".strip() or run.id
    share = f"{100 * run.step / run.total_steps:.0f} %" if run.total_steps else ""
    value = run.best_nats_per_han if run.best_nats_per_han is not None else run.loss_nats
    return name, share, f"{value:.2f}" if value is not None else ""
