"""The list of runs, newest first, each with its status; selecting one follows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.cells import cell_len
from textual import events, on
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from engine.runs.labels import read_labels, rename_run
from engine.system.errors import StudioError
from poetry_tui.preferences.i18n import tr, tr_error, tr_label
from poetry_tui.preferences.keymap import bind, next_with
from poetry_tui.preferences.themes import FAINT
from poetry_tui.tracking.comparison import titles
from poetry_tui.tracking.summary import RunSummary
from poetry_tui.tracking.wording import COLOURS, SYMBOLS, moment, summary_figures
from poetry_tui.widgets.fields import AskLine
from poetry_tui.widgets.shell.studio_screen import notify_error

# Symbol and letter: a click here overlays the run, a click on the rest of the row follows it.
LETTER_CELLS = 4


class RunList(OptionList):
    """Rows of `RunSummary`, updated in place so that the cursor stays."""

    BINDINGS = [bind("f2", "rename", "train.rename", show=False)]
    DEFAULT_CSS = """
    RunList {
        background: transparent;
        &:focus > .option-list--option-highlighted { background: $accent 30%; color: $foreground; }
    }
    """

    @dataclass
    class RunChosen(Message):
        """Follow this run."""

        folder: Path

    @dataclass
    class OverlayWanted(Message):
        """Overlay the curve of this run on the followed run's, or remove it."""

        folder: Path

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._runs: list[RunSummary] = []
        self._titles: list[str] = []
        self._letters: Mapping[Path, str] = {}

    def on_mount(self) -> None:
        self.refresh_labels()
        self.show([])

    def refresh_labels(self) -> None:
        self.border_title = tr_label("train.runs")
        self.tooltip = tr("train.runs.tip")

    def show(self, runs: Sequence[RunSummary]) -> None:
        """Show these runs; only rows that have changed are drawn again."""
        runs = list(runs)
        if runs == self._runs and self.option_count:
            return
        same_rows = bool(runs) and [run.id for run in runs] == [run.id for run in self._runs]
        self._runs, self._titles = runs, titles(runs)
        if same_rows:
            self._say_again()
            return
        chosen = self.highlighted_option.id if self.highlighted_option else None
        none = Option(Content.styled(tr("train.runs_none"), FAINT), disabled=True)
        self.set_options(
            [Option(self._prompt(*one), id=one[0].id) for one in zip(runs, self._titles, strict=True)] or [none]
        )
        if chosen in {run.id for run in runs}:
            self.highlighted = self.get_option_index(str(chosen))

    def mark(self, folder: Path) -> None:
        """Put the cursor on a run, if it is in the list."""
        if folder.name in {run.id for run in self._runs}:
            self.highlighted = self.get_option_index(folder.name)

    def show_letters(self, letters: Mapping[Path, str]) -> None:
        """Show the letters of the followed run and the overlays."""
        self._letters = letters
        self.on_resize()

    @property
    def pointed_at(self) -> Path | None:
        """The run under the cursor."""
        return self._runs[self.highlighted].folder if self._runs and self.highlighted is not None else None

    def action_rename(self) -> None:
        """Ask for the name of the run under the cursor; an empty one removes it."""
        if not self._runs or self.highlighted is None:
            return
        run = self._runs[self.highlighted]

        def rename(name: str | None) -> None:
            if name is None:
                return
            try:
                rename_run(run.folder, name)
            except StudioError as error:
                notify_error(self, error)
            self.show([replace(one, labels=read_labels(one.folder)) for one in self._runs])

        self.app.push_screen(AskLine(tr("train.ask_name", run=run.id), run.labels.name), rename)

    @on(OptionList.OptionSelected)
    def choose(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.post_message(self.RunChosen(self._runs[event.option_index].folder))

    def on_key(self, event: events.Key) -> None:
        """Go to the next run whose title contains the typed Han character; Latin letters are keys of the screen."""
        found = next_with(self._titles, event.character, self.highlighted or 0)
        if found is not None:
            event.stop()
            self.highlighted = found

    async def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        index = event.style.meta.get("option")
        if index is not None and offset is not None and offset.x < LETTER_CELLS and self._runs:
            event.prevent_default()
            self.highlighted = index
            self.post_message(self.OverlayWanted(self._runs[index].folder))

    def on_resize(self) -> None:
        self._say_again()

    def _say_again(self) -> None:
        """Update the rows that have changed; replacing any prompt repaints the whole list."""
        for index, (run, title) in enumerate(zip(self._runs, self._titles, strict=True)):
            prompt, before = self._prompt(run, title), self.get_option_at_index(index).prompt
            # `==` of Content ignores styles.
            if not (isinstance(before, Content) and before.is_same(prompt)):
                self.replace_option_prompt_at_index(index, prompt)

    def _prompt(self, run: RunSummary, title: str) -> Content:
        """Symbol, letter, title and start time on the left, progress and nats on the right, as far as they fit."""
        share, nats = summary_figures(run)
        width = max(self.scrollable_content_region.width - 1, 20)
        if run.problem:
            why = Content(f" - {run.id}  {tr_error(run.problem)}").truncate(width - 1, ellipsis=True)
            symbol = (SYMBOLS[run.status], f"bold {COLOURS[run.status]}")
            return Content.assemble(symbol, (why.plain, "$text-error"))
        right = f"{share:>5} {nats:>5}"
        left = f" {self._letters.get(run.folder, '-')} {title}"
        when = moment(run.started_s)
        if cell_len(left) + len(when) + len(right) + 4 <= width:
            left += f"  {when}"
        room = width - 1 - len(right)
        left = Content(left).truncate(room, ellipsis=True, pad=True).plain
        return Content.assemble((SYMBOLS[run.status], f"bold {COLOURS[run.status]}"), left, (right, FAINT))
