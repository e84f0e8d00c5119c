"""Keys of panes: bindings of a widget that also work while the focus is elsewhere on its screen."""

from collections.abc import Sequence

from textual.binding import BindingsMap
from textual.dom import DOMNode
from textual.keys import key_to_character
from textual.screen import Screen
from textual.widget import Widget

Chain = list[tuple[DOMNode, BindingsMap]]


def with_pane_keys(chain: Chain, screen: Screen[None], panes: Sequence[Widget]) -> Chain:
    """Textual's chain of bindings, from the focused widget to the app, with those of the panes right after the screen's.

    A key that the focused widget types, as an input does, stays its own.
    """
    nodes = [node for node, _ in chain]
    # A focused widget that is being removed has no screen.
    if screen not in nodes:
        return chain
    added: Chain = []
    for pane in panes:
        if pane in nodes:
            continue
        bindings = pane._bindings.copy()
        for key in list(bindings.key_to_bindings):
            if any(node.check_consume_key(key, key_to_character(key)) for node in nodes):
                del bindings.key_to_bindings[key]
        added.append((pane, bindings))
    after_screen = nodes.index(screen) + 1
    return [*chain[:after_screen], *added, *chain[after_screen:]]
