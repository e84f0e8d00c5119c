"""Key bindings: footer, help and key map are all made from the same `Binding` objects.

A binding's id names its words: `compose.again` for the footer, `compose.again.tip` for tooltip and help. The words are
looked up when they are shown, so that a change of language needs no new bindings.
"""

import dataclasses

from textual.binding import ActiveBinding, Binding

from poetry_tui.words import WORDS, word

# Textual makes this one itself.
_PALETTE_ID = "command_palette"


def bind(
    key: str, action: str, words: str, *, show: bool = True, display: str | None = None, priority: bool = False
) -> Binding:
    """A binding whose description and tooltip are the words `words` and `words`.tip."""
    return Binding(key, action, words, show=show, key_display=display, priority=priority, id=words)


def in_words(active: ActiveBinding) -> ActiveBinding:
    """The same binding, described in the current language; foreign bindings (a widget's own) stay as they are."""
    key = "shell.palette" if active.binding.id == _PALETTE_ID else active.binding.id
    if key is None or key not in WORDS:
        return active
    tip = word(f"{key}.tip")
    binding = dataclasses.replace(active.binding, description=word(key), tooltip=tip)
    return active._replace(binding=binding, tooltip=tip)
