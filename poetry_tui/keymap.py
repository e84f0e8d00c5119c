"""Key bindings: footer, help and key map are all made from the same `Binding` objects.

A binding's id names its words: `compose.again` for the footer, `compose.again.tip` for tooltip and help. The words are
looked up when they are shown, so that a change of language needs no new bindings.
"""

import dataclasses

from textual.binding import ActiveBinding, Binding

from poetry_tui.i18n import WORDS, word


def bind(
    key: str, action: str, words: str, *, show: bool = True, display: str | None = None, priority: bool = False
) -> Binding:
    """A binding whose description and tooltip are the words `words` and `words`.tip."""
    return Binding(key, action, words, show=show, key_display=display, priority=priority, id=words)


def words_of(binding: Binding) -> str | None:
    """The key of a binding's words; None for a foreign binding (a widget's own)."""
    # Textual makes the palette's binding itself.
    key = "shell.palette" if binding.action in ("command_palette", "app.command_palette") else binding.id
    return key if key in WORDS else None


def in_words(active: ActiveBinding) -> ActiveBinding:
    """The same binding, described in the current language; foreign bindings (a widget's own) stay as they are."""
    key = words_of(active.binding)
    if key is None:
        return active
    tip = word(f"{key}.tip")
    binding = dataclasses.replace(active.binding, description=word(key), tooltip=tip)
    return active._replace(binding=binding, tooltip=tip)
