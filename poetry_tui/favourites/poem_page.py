"""One favourite: the poem, typeset as on the Compose screen, and how it was made."""

from collections.abc import Iterator

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from engine.composing.replies import Token
from engine.prosody.text import FREE_VERSE, nats_per_han, shown_nats
from engine.prosody.tunes import stanza_starts_of
from poetry_tui.favourites import OWN
from poetry_tui.favourites.export import date_of
from poetry_tui.favourites.store import Favourite, form_key_of, name_of_form
from poetry_tui.preferences.i18n import TRANSLATIONS, tr, tr_error, tr_label
from poetry_tui.preferences.themes import FAINT
from poetry_tui.widgets.poem.poem_view import PoemView, PoemViewState

LONG_TITLE_CHARS = 16
# Settings that are shown elsewhere, or do not interest a reader.
_HIDDEN_SETTINGS = ("begin", "seed", "max_chars", "n_particles", "keep")


class PoemPage(Vertical):
    """The verse in the middle, the facts about it below."""

    DEFAULT_CSS = """
    PoemPage {
        overflow-y: auto; scrollbar-size-vertical: 1;
        & PoemView { min-height: 8; }
        & #page-made { height: auto; padding: 0 2; border-top: solid $panel; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._verse, self._made = PoemView(), Static(id="page-made")
        self._verse.can_focus = False

    def compose(self) -> ComposeResult:
        yield self._verse
        yield self._made

    def show(self, poem: Favourite | None, *, display_chars: str = "", is_upright: bool = False) -> None:
        """Show a poem, or nothing, in the current language. `display_chars` and `is_upright` are those of `PoemViewState`."""
        self._made.display = poem is not None
        tokens = [] if poem is None else _tokens(poem)
        title = poem.title if poem else ""
        starts = stanza_starts_of(poem.text, form_key_of(poem)) if poem else ()
        self._verse.show(
            PoemViewState(tokens, display_chars=display_chars, is_upright=is_upright, title=title, stanza_starts=starts)
        )
        if poem is not None:
            self._made.update(_table(list(_facts(poem))))

    @property
    def text_as_shown(self) -> str:
        """The displayed text, see `PoemView.text_as_shown`."""
        return self._verse.text_as_shown


def _tokens(poem: Favourite) -> list[Token]:
    """The poem as tokens; the probabilities of its characters are not stored, and are 0."""
    n_given = len(poem.begin) if poem.text.startswith(poem.begin) else 0
    return [Token(index, character, 0.0, 0.0, index < n_given, ()) for index, character in enumerate(poem.text)]


def _facts(poem: Favourite) -> Iterator[tuple[str, Content]]:
    """The facts about a poem, as labels and values."""
    if poem.problem:
        yield tr_label("favourites.problem"), Content.styled(tr_error(poem.problem), "$text-error")
    # Above the verse a long title is cut on a narrow page, so list it here too.
    if len(poem.title) >= LONG_TITLE_CHARS:
        yield tr_label("favourites.title"), Content(poem.title)
    is_own = bool(poem.settings.get(OWN))
    if is_own:
        yield tr_label("favourites.model"), Content(tr("compose.own_poem"))
    else:
        yield tr_label("favourites.model"), Content(poem.model)
        yield tr_label("favourites.seed"), Content(str(poem.seed))
    for name, value in () if is_own else poem.settings.items():
        if name not in _HIDDEN_SETTINGS and value not in (None, "", FREE_VERSE):
            value = name_of_form(poem) or value if name == "form" else value
            label = tr_label(f"favourites.{name}") if f"favourites.{name}" in TRANSLATIONS else name
            yield label, Content(f"{value:.2f}" if isinstance(value, float) else str(value))
    if (nats := nats_per_han(poem.logprob, poem.text)) is not None:
        yield tr_label("favourites.likelihood"), Content(tr("favourites.nats", nats=shown_nats(nats)))
    yield tr_label("favourites.saved_at"), Content(date_of(poem))
    if poem.collection:
        yield tr_label("favourites.collection"), Content.styled(f"@{poem.collection}", "$accent")
    if poem.tags:
        yield tr_label("favourites.tags"), Content.styled(" ".join(f"#{tag}" for tag in poem.tags), "$accent")
    if poem.note:
        yield tr_label("favourites.note"), Content(poem.note)


def _table(facts: list[tuple[str, Content]]) -> Content:
    width = max(cell_len(label) for label, _ in facts)
    rows = (Content.styled(label + " " * (width - cell_len(label) + 2), FAINT) + value for label, value in facts)
    return Content("\n").join(rows)
