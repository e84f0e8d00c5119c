"""The poster dialog: paper, setting, title, inscription and seal beside a preview; enter writes the file."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input, Static

from engine.commands.poster.fonts import HanFont, han_fonts
from engine.commands.poster.layout import AIDS, HEIGHT, MAX_INSCRIPTION_CHARS, MAX_TITLE_CHARS, WIDTH, PosterStyle
from engine.commands.poster.papers import PAPERS
from engine.commands.poster.render import ending_of, poster_image, write_poster
from engine.commands.poster.seal import MAX_CHARS
from engine.system.errors import StudioError
from engine.system.files import check_new_file
from engine.system.names import path_of
from poetry_tui.preferences.i18n import tr, tr_error, tr_label, tr_os_error
from poetry_tui.preferences.settings import SettingsStore
from poetry_tui.widgets.cards import Card
from poetry_tui.widgets.fields import LineInput, Stepper

if TYPE_CHECKING:
    from PIL.Image import Image

PAUSE_S = 0.15
# Width of the preview image in pixels, before it is scaled to the cells: enough for strokes to show as shades.
_DRAWN_WIDTH = 360


class PosterDialog(Card[Path | None]):
    """Dismissed with the written file, or with None. Paper and seal are saved in the settings."""

    DEFAULT_CSS = """
    PosterDialog {
        & > Horizontal { width: 92; height: 36; }
        #poster-fields { width: 1fr; min-width: 36; padding-right: 2; overflow-y: auto; scrollbar-size-vertical: 1; }
        #poster-fields Static { height: auto; color: $text-muted; }
        #poster-fields #poster-problem { color: $text-error; margin-top: 1; }
        Stepper:focus { background: $panel; }
        Input { height: 1; border: none; padding: 0; background: $background; }
        Input:focus { border: none; background: $panel; }
        PosterPreview { width: 1fr; height: 1fr; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "write", show=False),
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
    ]

    def __init__(self, text: str, settings: SettingsStore, *, title: str = "", form: str | None = None) -> None:
        """`text`: the poem in the displayed characters. `form`: its key if known."""
        super().__init__()
        self._text, self._form, self._settings = text, form, settings
        now = settings.current
        papers = list(PAPERS)
        paper = papers.index(now.poster_paper) if now.poster_paper in papers else 0
        self._fonts: Sequence[HanFont] = ()
        self.paper = Stepper("poster.paper", [PAPERS[key].name_zh for key in papers], paper, id="poster-paper")
        self.manner = Stepper("poster.manner", _said("poster.columns", "poster.lines"), id="poster-manner")
        self.aid = Stepper("poster.aid", _said(*(f"poster.aid_{aid}" for aid in AIDS)), id="poster-aid")
        self.seal_kind = Stepper(
            "poster.seal_kind", _said("poster.white_on_red", "poster.red_on_white"), id="poster-kind"
        )
        self.font = Stepper("poster.font", [], id="poster-font")
        self.title_field = LineInput(title[:MAX_TITLE_CHARS], max_length=MAX_TITLE_CHARS, id="poster-title")
        self.inscription = LineInput(
            max_length=MAX_INSCRIPTION_CHARS, placeholder=tr("poster.example", text="赠友人"), id="poster-inscription"
        )
        self.seal = LineInput(
            now.poster_seal, max_length=MAX_CHARS, placeholder=tr("poster.example", text="李白"), id="poster-seal"
        )
        self.file = LineInput(_suggested(title or text[:7]), select_on_focus=False, id="poster-file")
        self.preview = PosterPreview()
        self.problem = Static(id="poster-problem", markup=False)
        # The file that the next enter replaces.
        self._existing: Path | None = None

    def compose(self) -> ComposeResult:
        with Horizontal() as card:
            card.border_title = Content(tr_label("poster.dialog"))
            card.border_subtitle = tr("poster.keys")
            with Vertical(id="poster-fields"):
                yield from (self.paper, self.manner, self.aid, self.seal_kind, self.font)
                for field in (self.title_field, self.inscription, self.seal, self.file):
                    yield Static(Content(tr((field.id or "").replace("poster-", "poster."))))
                    yield field
                yield self.problem
            yield self.preview

    def on_mount(self) -> None:
        self.paper.focus()
        self.draw()

    @property
    def style(self) -> PosterStyle:
        return PosterStyle(
            paper=list(PAPERS)[self.paper.index],
            is_vertical=self.manner.index == 0,
            aid=AIDS[self.aid.index],
            title=self.title_field.value.strip(),
            inscription=self.inscription.value.strip(),
            seal=self.seal.value.strip(),
            is_seal_red_on_white=self.seal_kind.index == 1,
        )

    @property
    def _font_file(self) -> Path | None:
        return self._fonts[self.font.index].path if self._fonts else None

    @on(Stepper.Stepped)
    @on(Input.Changed)
    def draw_again(self, event: Stepper.Stepped | Input.Changed) -> None:
        # The preview does not depend on the file name.
        if event.control is not self.file:
            self.draw()

    @work(group="poster", exclusive=True, exit_on_error=False)
    async def draw(self) -> None:
        """Draw the preview, or show the error."""
        await asyncio.sleep(PAUSE_S)
        try:
            if not self._fonts:
                self._fonts = await asyncio.to_thread(han_fonts)
                self.font.offer([font.family for font in self._fonts], 0)
            image = await asyncio.to_thread(
                poster_image, self._text, self.style, self._form, self._font_file, _DRAWN_WIDTH
            )
        except StudioError as error:
            self.problem.update(tr_error(str(error)))
            return
        self.problem.update("")
        self.preview.show(image)

    @on(Input.Submitted)
    def write_from_field(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_write()

    @work(group="write", exclusive=True, exit_on_error=False)
    async def action_write(self) -> None:
        """Write the file and close the dialog; on failure show the error."""
        style = self.style
        try:
            path = path_of(self.file.value.strip())
            ending_of(path)
            if path != self._existing and path.is_file():
                self._existing = path
                self.problem.update(tr("shell.replace", path=path))
                return
            await asyncio.to_thread(check_new_file, path, replaces=path == self._existing or None)
            self.problem.update(tr("poster.drawing"))
            await asyncio.to_thread(write_poster, path, self._text, style, self._form, self._font_file)
        except StudioError as error:
            self.problem.update(tr_error(str(error)))
        except OSError as error:
            self.problem.update(tr("favourites.file_failed", path=path, why=tr_os_error(error)))
        else:
            self._settings.change(poster_paper=style.paper, poster_seal=style.seal)
            self.app.notify(tr("poster.written", path=path.absolute()), markup=False)
            self.dismiss(path)


class PosterPreview(Widget):
    """An image in half blocks: each cell shows two pixels, one above the other."""

    def __init__(self) -> None:
        super().__init__(id="poster-preview")
        self._image: Image | None = None
        self._rows: list[list[tuple[int, int, int]]] = []

    def show(self, image: "Image") -> None:
        self._image = image
        self._scale()
        self.refresh()

    def on_resize(self) -> None:
        self._scale()

    def _scale(self) -> None:
        """Scale the image to the size of the widget."""
        width = min(self.size.width, self.size.height * 2 * WIDTH // HEIGHT)
        if self._image is None or width < 2:
            return
        from PIL.Image import Resampling

        height = min(width * HEIGHT // WIDTH // 2, self.size.height) * 2
        small = self._image.resize((width, height), Resampling.LANCZOS)
        self._rows = [[small.getpixel((x, y)) for x in range(width)] for y in range(height)]  # type: ignore[misc]

    def render_line(self, y: int) -> Strip:
        above, below = self._rows[2 * y : 2 * y + 1], self._rows[2 * y + 1 : 2 * y + 2]
        if not above or not below:
            return Strip.blank(self.size.width, self.rich_style)
        left = (self.size.width - len(above[0])) // 2
        cells = [
            Segment("▀", Style(color=_hex(one), bgcolor=_hex(other)))
            for one, other in zip(above[0][:-1], below[0], strict=False)
        ]
        # The last cell is a blank: Han fonts have a wide half block, which would extend beyond the paper in a screenshot.
        cells.append(Segment(" ", Style(bgcolor=_hex(above[0][-1]))))
        return Strip([Segment(" " * left, self.rich_style), *cells]).adjust_cell_length(
            self.size.width, self.rich_style
        )


def _hex(pixel: tuple[int, int, int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*pixel)


def _said(*keys: str) -> list[str]:
    return [tr(key) for key in keys]


def _suggested(name: str) -> str:
    """A file name in the current folder, from the title or the first characters of the poem."""
    name = name.strip("，。？！；：、 ")
    name = "".join("·" if one in '/\\:*?"<>|' else one for one in name) or "poster"
    return f"{name}.png"
