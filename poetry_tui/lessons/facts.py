"""The facts of the studio that a lesson may use: names and plain values, read from the open screens."""

import math
from collections.abc import Mapping
from typing import Any

from textual.app import App

from engine.prosody.forms.definitions import form_called
from engine.prosody.text import FREE_VERSE
from poetry_tui.compose.screen import ComposeScreen
from poetry_tui.preferences.i18n import tr
from poetry_tui.terminal.compat import open_screens
from poetry_tui.tracking.comparison import flat
from poetry_tui.tracking.run_state.state import RunState
from poetry_tui.train.screen import TrainScreen
from poetry_tui.widgets.shell.studio_screen import StudioScreen

Facts = Mapping[str, Any]


def facts_of(app: App[Any], since_s: float) -> Facts:
    """The current facts; those of the Compose and the Train screen only if they have been opened.

    Args:
        since_s: Unix time at which the lesson began; older runs are not part of the lesson.
    """
    found: dict[str, Any] = {"mode": app.current_mode, "dialog": ""}
    if not isinstance(app.screen, StudioScreen):
        found["dialog"] = type(app.screen).__name__
    for screen in open_screens(app):
        if isinstance(screen, ComposeScreen) and screen.is_whole:
            found |= _compose_facts(screen)
        elif isinstance(screen, TrainScreen) and screen.is_whole:
            found |= _train_facts(screen, since_s)
    return found


def _compose_facts(screen: ComposeScreen) -> dict[str, Any]:
    """Facts of the displayed poem, the cursor and the inspector. Facts of gates are means over the units of the displayed layer."""
    session, settings = screen.session, screen.services.settings.current
    current, revision = session.current, session.revision
    found: dict[str, Any] = {
        "n_poems": len(session.tree.revisions),
        "is_writing": screen.generation.is_writing,
        "tones": settings.with_tones,
        "cursor": session.cursor,
        "picking": screen.inspector_pane.is_picking,
        "n_locked": len(revision.locked) if revision else 0,
    }
    if current is not None and current.is_composed:
        form = str(current.config.get("form") or FREE_VERSE)
        found |= {
            "form": tr("compose.free") if form == FREE_VERSE else form_called(form).name,
            "poem": current.text,
            "favourite": current.is_favourite,
        }
    inspector = screen.inspector_pane.inspector
    if (inspection := inspector.inspection) is not None:
        layer = inspection.layers[inspector.layer_in_view]
        found |= {"character": inspection.character, "cell": inspection.cell, "unit": inspector.unit}
        found |= {"layer": inspector.layer_in_view + 1, "probability": inspection.probability}
        found |= {f"mean_{name}": value for name, value in layer.means.items()}
    return found


def _train_facts(screen: TrainScreen, since_s: float) -> dict[str, Any]:
    """Facts of the followed run (`run_…`), if it is part of the lesson, and of the first overlay (`other_…`)."""
    found: dict[str, Any] = {
        "n_overlays": len(screen.runs.overlays),
        "selected_step": screen.monitor.selected_step,
    }
    followed = screen.runs.followed
    if followed is not None and followed.is_settled and (followed.state.first_time_s or 0.0) >= since_s:
        found |= {"run_status": str(followed.status), "run": followed.folder.name, **_run_facts("run", followed.state)}
    for _, state in screen.runs.overlay_states[:1]:
        found |= _run_facts("other", state)
    return found


def _run_facts(name: str, state: RunState) -> dict[str, Any]:
    """Every setting of a run, and its figures, in nats per Han character; each name is prefixed with `name`."""
    found: dict[str, Any] = {"step": state.step, **flat(state.config)}
    if state.started is not None:
        found |= {"vocab_size": state.started.vocab_size, "uniform": math.log(max(state.started.vocab_size, 1))}
    if len(state.loss):
        found["first_loss"] = state.loss.values[0]
    if state.best is not None:
        first, best, last = state.validations[0], state.best, state.validations[-1]
        found |= {"first_val": first.val_nats_per_han, "last_val": last.val_nats_per_han}
        found |= {"best_val": best.val_nats_per_han, "best_step": best.step}
        found |= {"last_train": last.train_nats_per_han, "risen": last.val_nats_per_han - best.val_nats_per_han}
    return {f"{name}_{key}": value for key, value in found.items()}
