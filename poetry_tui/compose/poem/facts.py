"""The facts about a poem: form, tones and rhyme, novelty, how it was composed; the widget that shows them below it."""

import asyncio
import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from engine.composing.replies import Novelty
from engine.prosody.text import FREE_VERSE, RHYME_BOOKS, shown_nats
from engine.system.errors import StudioError
from poetry_tui.compose.session.generation import Spawn
from poetry_tui.compose.session.state import Composition
from poetry_tui.preferences.i18n import tr, tr_error, tr_label

if TYPE_CHECKING:
    from engine.prosody.text import RhymeBook
    from poetry_tui.widgets.poem.annotations import PoemAnnotations

    # Text, form, rhyme book, and whether with pinyin, decide the annotations.
    Key = tuple[str, str | None, RhymeBook | None, bool]

_MAX_FAULTS = 4
_MAX_COUPLETS = 6
_BETWEEN = " · "


def poem_heading(composition: Composition) -> str:
    """The heading of the poem pane: the requested form; the requested rhyme, else that of the poem; title, keywords and style."""
    form, title, keywords, style = (
        str(composition.config.get(name) or "") for name in ("form", "title", "keywords", "style")
    )
    in_marks = f"《{title}》" if title else ""
    if composition.is_own:
        return " · ".join(filter(None, (tr("compose.own_poem"), in_marks)))
    if form in ("", FREE_VERSE):
        return tr_label("compose.poem")
    # Imported here because it reads the table of forms.
    from engine.prosody.forms.definitions import form_or_none

    found = form_or_none(form)
    rhyme = composition.config.get("rhyme") or (composition.done.rhyme if composition.done else None)
    parts = (
        found.name if found else "",
        tr("compose.in_rhyme", rhyme=rhyme) if rhyme else "",
        in_marks,
        keywords,
        tr("compose.in_style", style=style) if style else "",
    )
    return " · ".join(filter(None, parts))


def tone_facts(tones: "PoemAnnotations") -> list[Content]:
    """Form, tone pattern and rhyme; violations, licences (拗救) and notes with line and position."""
    report, form = tones.report, tones.form
    groups = [Content(tr("compose.in_rhyme", rhyme=group)) for group in tones.rhyme_groups]
    if report.style:
        return [Content(tr("compose.old_style", style=report.style)), *groups]
    if form is None:
        return [Content(tr("compose.no_form"))]
    parts = [Content(" ".join(tones.names)), *groups]
    if report.rhyme_book != form.rhyme_system:
        parts.append(Content(RHYME_BOOKS[report.rhyme_book]))
    style = {"ok": "", "violation": "bold $error", "undecidable": "$warning"}
    for name, said in (("tones", report.verdicts.tones), ("rhyme", report.verdicts.rhyme)):
        parts.append(Content.styled(tr(f"compose.{name}_{said}"), style[said]))
    faults = tones.faults
    for line, position, what in faults[:_MAX_FAULTS]:
        key = "compose.fault_at" if position else "compose.fault_in"
        parts.append(Content.styled(tr(key, line=line, position=position, what=what), "$error"))
    if len(faults) > _MAX_FAULTS:
        parts.append(Content.styled("…", "$error"))
    for one in report.licences:
        parts.append(Content.styled(tr("compose.licence_in", line=one.line, what=one.name), "$success"))
    if report.couplets:
        scores = " ".join(f"{couplet.score:.2f}" for couplet in report.couplets[:_MAX_COUPLETS])
        more = " …" if len(report.couplets) > _MAX_COUPLETS else ""
        parts.append(Content(tr("compose.parallelism", scores=scores + more)))
    for doubt in report.doubtful[:_MAX_FAULTS]:
        doubted = tr("compose.doubtful_at", line=doubt.line, position=doubt.position, what=doubt.character)
        parts.append(Content.styled(doubted, "$warning"))
    for note in report.notes[:_MAX_FAULTS]:
        position, what = next(iter(note.positions), 0), f"{note.name} {note.characters}"
        parts.append(Content(tr("compose.fault_at", line=note.line, position=position, what=what)))
    if len(report.notes) > _MAX_FAULTS:
        parts.append(Content("…"))
    return parts


def novelty_facts(novelty: Novelty | StudioError) -> list[Content]:
    """The longest run shared with a training line, that line if known, and the number of copied lines; or the lookup's error."""
    if isinstance(novelty, StudioError):
        return [Content(tr_error(novelty.message))]
    n, is_exact = novelty.n_lines_copied, novelty.is_exact
    shared, copied = "compose.shared_run", "compose.lines_copied"
    if not is_exact:
        shared, copied = "compose.shared_run_at_most", "compose.lines_copied_at_most"
    parts = [tr(shared, n=novelty.longest_run, run=novelty.run).rstrip()]
    parts.append(tr(copied, n=n) if n else tr("compose.none_copied"))
    parts += [] if is_exact else [tr("compose.unverified")]
    if novelty.line and novelty.longest_run > 1:
        source = "".join((novelty.author or "", f"《{novelty.title}》" if novelty.title else ""))
        parts.append(f"{novelty.line}　{source}".rstrip("　"))
    return list(map(Content, parts))


def origin_facts(composition: Composition) -> list[Content]:
    """Seed, temperature, model and nats per Han character."""
    if composition.is_own:
        return [Content(tr("compose.is_favourite"))] if composition.is_favourite else []
    temperature = composition.config.get("temperature")
    # A favourite of an older version may lack it.
    parts = [tr("compose.seed", seed=composition.config.get("seed", "?"))]
    parts += [f"T {temperature:.2f}"] if isinstance(temperature, int | float) else []
    if composition.done:
        parts.append(composition.done.model)
    if (nats := composition.nats_per_han) is not None:
        parts.append(tr("compose.per_han", nats=shown_nats(nats)))
    if composition.done and composition.done.finish == "limit":
        parts.append(tr("compose.cut"))
    if composition.is_stopped:
        parts.append(tr("compose.stopped"))
    if composition.is_favourite:
        parts.insert(0, tr("compose.is_favourite"))
    return list(map(Content, parts))


class Facts(Widget):
    """Shows groups of facts, each group from a new line; on a low screen all facts are packed into the same lines."""

    DEFAULT_CSS = """
    Facts {
        width: 1fr;
        height: auto;
        max-height: 20vh;
        color: $text-muted;
        text-align: center;
        text-wrap: nowrap;
        text-overflow: ellipsis;
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._facts: tuple[tuple[Content, ...], ...] = ()

    def show(self, facts: Sequence[Sequence[Content]]) -> None:
        wanted = tuple(map(tuple, facts))
        if wanted != self._facts:
            self._facts = wanted
            self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._lines(width))

    def render(self) -> Content:
        return Content("\n").join(self._lines(self.content_size.width))

    def _lines(self, width: int) -> list[Content]:
        facts = [sum(self._facts, ())] if self.screen.has_class("-low") else self._facts
        return [line for parts in facts for line in packed(parts, width)]


def packed(parts: Sequence[Content], width: int) -> list[Content]:
    """Pack the parts, in order, into the fewest lines of `width` cells."""
    lines: list[Content] = []
    for part in parts:
        if lines and lines[-1].cell_length + len(_BETWEEN) + part.cell_length <= width:
            lines[-1] = lines[-1] + Content(_BETWEEN) + part
        else:
            lines.append(part)
    return lines


class AnnotationCache:
    """Tone annotations of the poems of a session, computed once in the background.

    `spawn` starts a coroutine function in the background; `on_change` is called when annotations have been computed.
    """

    def __init__(self, spawn: Spawn, on_change: Callable[[], None]) -> None:
        self._spawn, self._on_change = spawn, on_change
        # None while they are computed.
        self._found: dict[Key, PoemAnnotations | None] = {}

    def get(self, poem: Composition, *, with_pinyin: bool = False) -> "PoemAnnotations | None":
        """The annotations of a complete poem. Until they are computed, returns None; the first call starts that."""
        if not poem.is_over or not poem.text:
            return None
        form = poem.config.get("form")
        key = (poem.text, None if form in (None, FREE_VERSE) else str(form), poem.config.get("rhyme_book"), with_pinyin)
        if key not in self._found:
            self._found[key] = None
            self._spawn(functools.partial(self._annotate, key))
        return self._found[key]

    async def _annotate(self, key: "Key") -> None:
        # Imported here because it loads the tables of the prosody.
        from poetry_tui.widgets.poem.annotations import annotate

        try:
            self._found[key] = await asyncio.to_thread(annotate, *key[:3], with_pinyin=key[3])
        except BaseException:
            del self._found[key]
            raise
        self._on_change()
