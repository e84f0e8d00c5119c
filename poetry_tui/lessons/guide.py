"""The lesson guide: opens a lesson, displays its steps on the front screen, and goes on when a step is done."""

import time
from typing import Any

from textual.app import App
from textual.timer import Timer

from poetry_tui.lessons.facts import Facts, facts_of
from poetry_tui.lessons.lesson import Lesson, LessonProgress, Step, lessons, load_progress, save_progress
from poetry_tui.lessons.panel import LessonPanel, PanelText
from poetry_tui.preferences.i18n import tr, tr_label, tr_os_error, with_keys
from poetry_tui.terminal.compat import open_screens
from poetry_tui.train.screen import TrainScreen
from poetry_tui.train.settings.form import RunSettings
from poetry_tui.train.settings.questions import answers_of_preset
from poetry_tui.widgets.cards import Choose
from poetry_tui.widgets.shell.footer import StudioFooter
from poetry_tui.widgets.shell.header import TABS
from poetry_tui.widgets.shell.studio_screen import StudioScreen

# Interval of checks; the next step is shown at most this long after a step is done. A check reads memory only.
PERIOD_S = 0.3


class LessonGuide:
    """One lesson at a time. It reads facts of the studio, and changes only its panel and the form of the Train screen."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._progress = load_progress()
        self._timer: Timer | None = None
        # The facts when the step began, or when the studio was started during it.
        self._at_first: Facts | None = None
        self._is_form_filled = False

    @property
    def lesson(self) -> Lesson | None:
        return next((one for one in lessons() if one.name == self._progress.open), None)

    @property
    def _mark(self) -> LessonProgress:
        return self._progress.lessons[self._progress.open]

    @property
    def step(self) -> Step | None:
        """The current step; None without an open lesson."""
        lesson = self.lesson
        return lesson.step[min(self._mark.step, len(lesson.step) - 1)] if lesson is not None else None

    # Opening and leaving

    def resume(self) -> None:
        """Open the lesson that was open when the studio was left."""
        if self.lesson is not None and self._progress.open in self._progress.lessons:
            self.open(self.lesson)

    def open_number(self, number: int) -> None:
        """Open a lesson by its number from 1; 0 opens the list."""
        if number:
            self.open(lessons()[number - 1])
        else:
            self.choose()

    def press(self, what: str) -> None:
        """Handle a button of the panel."""
        if what == "leave":
            self.choose()
        else:
            self.turn(1 if what == "next" else -1)

    def open(self, lesson: Lesson) -> None:
        """Open a lesson at its current step; a completed lesson begins again."""
        self._progress.open = lesson.name
        mark = self._progress.lessons.get(lesson.name)
        if mark is None or mark.is_done:
            self._progress.lessons[lesson.name] = LessonProgress(began_s=time.time())
        self._begin_step()
        if self._timer is None:
            self._timer = self._app.set_interval(PERIOD_S, self.check)

    def leave(self) -> None:
        """Close the lesson; when opened again, it goes on from this step."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        self._progress.open = ""
        self._save()
        for screen in open_screens(self._app):
            screen.query(LessonPanel).remove()

    def choose(self) -> None:
        """Open the list of lessons, which also offers to leave the open one."""
        rows = [
            tr("lessons.row", number=number, title=_title(one), state=self._state_of(one))
            for number, one in _numbered()
        ]
        here = next((number - 1 for number, one in _numbered() if one is self.lesson), self._first_open())
        if self.lesson is not None:
            rows.append(tr("lessons.leave_this"))

        def take(index: int | None) -> None:
            if index is not None and index < len(lessons()):
                self.open(lessons()[index])
            elif index is not None:
                self.leave()

        self._app.push_screen(Choose(tr_label("lessons.open"), rows, here), take)

    def _first_open(self) -> int:
        """The index of the first lesson that is not done, for the cursor; 0 if all are."""
        undone = (index for index, one in enumerate(lessons()) if not self._is_done(one))
        return next(undone, 0)

    def _is_done(self, lesson: Lesson) -> bool:
        mark = self._progress.lessons.get(lesson.name)
        return mark is not None and mark.is_done

    def _state_of(self, lesson: Lesson) -> str:
        mark = self._progress.lessons.get(lesson.name)
        if mark is None:
            return ""
        return tr("lessons.is_done") if mark.is_done else tr("lessons.at", step=mark.step + 1, n=len(lesson.step))

    # Steps

    def turn(self, by: int) -> None:
        """Go to the next or the previous step, whether the current one is done or not; after the last step the lesson is done."""
        lesson = self.lesson
        if lesson is None:
            return
        if self._mark.step + by >= len(lesson.step):
            self._mark.is_done = True
            self._app.notify(tr("lessons.finished", title=_title(lesson)), markup=False)
            self.leave()
            return
        self._mark.step = max(self._mark.step + by, 0)
        self._begin_step()

    def _begin_step(self) -> None:
        self._at_first = None
        self._is_form_filled = False
        self._save()
        self.check()

    def check(self) -> None:
        """Check the facts: if the step is done go on to the next, else display it."""
        step = self.step
        # The timer may tick once more while the studio quits and has no screen.
        if step is None or not self._app.screen_stack:
            return
        facts = facts_of(self._app, self._mark.began_s)
        if self._at_first is None:
            self._at_first = facts
        self._fill_form(step)
        if step.is_done(facts, self._at_first):
            self.turn(1)
        else:
            self._display(step, facts)

    def _fill_form(self, step: Step) -> None:
        """Fill the settings of a step into the form of the Train screen, once, when that is mounted."""
        screen = self._app.screen
        if not step.settings or self._is_form_filled or not isinstance(screen, TrainScreen) or not screen.is_whole:
            return
        self._is_form_filled = True
        screen.query_one(RunSettings).fill({**answers_of_preset(step.settings["preset"]), **step.settings})

    def _display(self, step: Step, facts: Facts) -> None:
        screen, lesson = self._app.screen, self.lesson
        if lesson is None or not isinstance(screen, StudioScreen) or not screen.is_whole:
            return
        panels = screen.query(LessonPanel)
        if not panels:
            screen.mount(LessonPanel(), before=screen.query_one(StudioFooter))
            screen.call_after_refresh(self.check)
            return
        number = lessons().index(lesson) + 1
        place = f"{self._mark.step + 1}/{len(lesson.step)}"
        title = tr("lessons.title", number=number, title=_title(lesson), place=place)
        panels.first().show(PanelText(title, self._text(lesson, step, facts), self._hint(step)))

    def _text(self, lesson: Lesson, step: Step, facts: Facts) -> str:
        """The text of the step. If facts are missing, it names the earlier step that gives them: before the text of a step to do, in
        place of a text to read."""
        unknown = step.unknown(facts)
        earlier = [(number, one) for number, one in enumerate(lesson.step[: self._mark.step], start=1) if one.is_to_do]
        if any(name.startswith("run_") for name in unknown):
            earlier = [(number, one) for number, one in earlier if one.settings]
        text = step.worded(facts)
        if unknown and step.mode != self._app.current_mode:
            # The screen that provides them may not have been opened.
            return ""
        if not unknown or not earlier:
            return text
        skipped = tr("lessons.skipped", step=earlier[-1][0])
        return f"{skipped} {text}" if step.is_to_do else skipped

    def _hint(self, step: Step) -> str:
        """The hint how to go on: open another screen, do the step, or press the key."""
        if step.mode != self._app.current_mode:
            tab = with_keys(f"<shell.{step.mode}:{TABS.index(step.mode) + 1}>")
            return tr("lessons.elsewhere", tab=tab, name=tr_label(f"shell.{step.mode}"))
        return tr("lessons.goes_on" if step.is_to_do else "lessons.read_on")

    def _save(self) -> None:
        try:
            save_progress(self._progress)
        except OSError as error:
            self._app.notify(tr("lessons.unsaved", why=tr_os_error(error)), severity="warning", markup=False)


def _title(lesson: Lesson) -> str:
    return lesson.title.worded({})


def _numbered() -> list[tuple[int, Lesson]]:
    return list(enumerate(lessons(), start=1))
