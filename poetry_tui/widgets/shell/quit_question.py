"""The question at quitting: whether the trainings that this studio started go on."""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Static

from engine.system.errors import StudioError
from poetry_tui.preferences.i18n import tr, tr_error, tr_label
from poetry_tui.tracking import control as runs
from poetry_tui.widgets.cards import Card

LEAVE, STOP, CANCEL = "leave", "stop", "cancel"


def stop_all() -> str:
    """Ask every training started here to save and stop. Returns the errors as text, "" without any."""
    problems = []
    for folder in runs.started_here():
        try:
            runs.stop_run(folder)
        except StudioError as error:
            problems.append(tr_error(str(error)))
    return " ".join(problems)


class QuitQuestion(Card[str]):
    """Dismissed with `leave`, `stop` or `cancel`; the default is `leave`, which loses nothing."""

    BINDINGS: ClassVar = [Binding("escape", f"dismiss('{CANCEL}')", show=False)]
    AUTO_FOCUS = f"#{LEAVE}"
    DEFAULT_CSS = """
    QuitQuestion {
        & > Vertical { width: 64; }
        & Static { height: auto; margin: 0 0 1 0; }
        & Horizontal { height: auto; align-horizontal: center; }
        & Button { margin: 0 1; }
    }
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        super().__init__()
        self._folders = folders

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = tr_label("train.quit_title")
            names = "\n".join(folder.name for folder in self._folders)
            yield Static(Content.assemble((names, "bold"), "\n\n", tr("train.quit_text")), markup=False)
            with Horizontal():
                yield Button(tr("train.quit_leave"), id=LEAVE, variant="primary", compact=True)
                yield Button(tr("train.quit_stop"), id=STOP, compact=True)
                yield Button(tr("train.quit_cancel"), id=CANCEL, compact=True)

    @on(Button.Pressed)
    def pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.dismiss(event.button.id)


def ask_before_quitting(app: App[None], folders: Sequence[Path]) -> None:
    """Ask the question, and quit according to the answer."""

    def quit_as_answered(answer: str | None) -> None:
        if answer == STOP and (problem := stop_all()):
            app.notify(problem, severity="error", markup=False)
        elif answer in (LEAVE, STOP):
            app.exit()

    app.push_screen(QuitQuestion(folders), quit_as_answered)
