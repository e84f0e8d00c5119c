"""A poem that the user typed or pasted, as a composition of the session: displayed, checked and revised like any other.

Checking reads the tables of the prosody, so `own_composition` belongs in a thread.
"""

import re

from engine.composing.replies import Token
from engine.config.schema import ComposeConfig
from engine.corpus.cleaning import to_simplified
from engine.prosody.checker import check
from engine.prosody.forms.definitions import named_with_lines
from engine.prosody.regulated.report import BROKEN_QUATRAIN
from engine.prosody.report import BORROWED_RHYME
from engine.prosody.text import FREE_VERSE, LINE_MARKS, is_han
from engine.system.errors import UsageError
from poetry_tui.compose.session.revision_request import OPEN
from poetry_tui.compose.session.revisions import ComposeRequest
from poetry_tui.compose.session.state import Composition

# Room for the longest tune, and for a 排律 of 100 lines of 7 characters with their marks.
MAX_OWN_CHARS = 800
_TITLE = re.compile(r"^\s*《([^》\n]{1,60})》\s*\n?")


def verse_of(text: str) -> tuple[str, str]:
    """Split a pasted text into (title, verse). A leading 《…》 is the title; a line without a mark of verse after it gets ， or 。.

    Characters are converted to simplified ones, which the models read. Anything other than Han characters and marks of verse
    separates lines and is dropped.
    """
    titled = _TITLE.match(text)
    title, body = (titled[1].strip(), text[titled.end() :]) if titled else ("", text)
    pieces = re.findall(r"([^\W\d_a-zA-Z]+)([^\w]*)", to_simplified(body))
    lines: list[tuple[str, str]] = []
    for run, after in pieces:
        line = "".join(filter(is_han, run))
        if line:
            lines.append((line, next((mark for mark in after if mark in LINE_MARKS), "")))
    marked = [line + (mark or ("。" if number % 2 else "，")) for number, (line, mark) in enumerate(lines)]
    return title, "".join(marked)


def check_length(verse: str) -> None:
    """Raises: UsageError: the verse has more than `MAX_OWN_CHARS` characters."""
    if len(verse) > MAX_OWN_CHARS:
        raise UsageError(
            "This text has {number} characters; a poem here has {number2} at most.",
            "Paste a single poem.",
            number=f"{len(verse):,}",
            number2=MAX_OWN_CHARS,
        )


def own_composition(text: str, model: str | None) -> Composition:
    """The composition of a typed text. No character is locked, so the model may rewrite each of them in a revision.

    Revisions of correct verse are constrained to its form; those of other verse only to its line lengths, so that a fault can be
    corrected while another remains.

    Raises:
        UsageError: the text has no line of verse, or more than `MAX_OWN_CHARS` characters.
    """
    title, verse = verse_of(text)
    if not verse:
        raise UsageError("There is no line of verse in this text.", "Type or paste Chinese verse, a line or more.")
    check_length(verse)
    report = check(verse)
    # The form's constraints do not allow these licences of rhyme and joining.
    is_plain = not any(one.name in (BROKEN_QUATRAIN, BORROWED_RHYME) for one in report.licences)
    is_right = report.form is not None and report.verdicts.overall == "ok" and is_plain
    form = named_with_lines(report.form, len(report.lines)) if report.form is not None and is_right else None
    shape = "" if form else "".join(one if one in LINE_MARKS else OPEN for one in verse)
    config = ComposeConfig(form=form or FREE_VERSE, title=title, keep=shape)
    tokens = [Token(position, one, 0.0, 0.0, False, ()) for position, one in enumerate(verse)]
    composition = Composition(ComposeRequest(config.to_dict(), model), tokens, is_whole=True, is_own=True)
    composition.reveal_all()
    return composition
