"""Key bindings. Footer, help and `docs/keys.md` are made from the same `Binding` objects.

The id of a binding is its translation key: `compose.again` for the footer, `compose.again.tip` for tooltip and help. It is
translated when it is displayed, so that a change of language needs no new bindings.
"""

import dataclasses
import time
from collections.abc import Mapping, Sequence

from textual.binding import ActiveBinding, Binding, BindingType

from engine.config.user_file import config_section
from engine.system.errors import UsageError
from engine.system.names import shown
from engine.system.paths import config_file
from poetry_tui.preferences.i18n import TRANSLATIONS, tr


def bind(
    key: str, action: str, label: str, *, show: bool = True, display: str | None = None, priority: bool = False
) -> Binding:
    """Make a binding whose description and tooltip are the translations of `label` and `label`.tip."""
    return Binding(key, action, label, show=show, key_display=display, priority=priority, id=label)


def configured_keys() -> dict[str, str]:
    """The keys of `config.toml` by binding id; several keys of one action are separated by commas. Raises UsageError for an unknown id."""
    keys = config_section("keys", TRANSLATIONS)
    for name, value in keys.items():
        if not isinstance(value, str) or not value.strip() or f"{name}.tip" not in TRANSLATIONS:
            raise UsageError(
                "{name} cannot be {value}.", "Correct {path}.", name=name, value=shown(value), path=config_file()
            )
    return keys


def translation_key(binding: Binding) -> str | None:
    """The translation key of a binding; None for a binding of a Textual widget."""
    # Textual makes these bindings itself.
    if binding.action in ("command_palette", "app.command_palette"):
        return "shell.palette"
    if binding.description == "Dismiss menu":
        return "shell.close_menu"
    return binding.id if binding.id in TRANSLATIONS else None


def translated(active: ActiveBinding) -> ActiveBinding:
    """The binding with description and tooltip in the current language; bindings of Textual widgets stay as they are."""
    key = translation_key(active.binding)
    if key is None:
        return active
    tip = tr(f"{key}.tip")
    binding = dataclasses.replace(active.binding, description=tr(key), tooltip=tip)
    return active._replace(binding=binding, tooltip=tip)


def next_with(values: Sequence[str], character: str | None, index: int) -> int | None:
    """The index of the next value after `index` (wrapping around) that contains the typed Han character; None if there is none, or
    for an ASCII character."""
    if character is None or character.isascii():
        return None
    after = [*range(index + 1, len(values)), *range(min(index + 1, len(values)))]
    return next((position for position in after if character in values[position]), None)


class TypeAhead:
    """Finds an entry of a list by its typed name; characters typed within `MAX_PAUSE_S` of one another are one name."""

    MAX_PAUSE_S = 1.0

    def __init__(self) -> None:
        self._typed = ""
        self._last_s = 0.0

    def find(self, values: Sequence[str], character: str | None, index: int) -> int | None:
        """The index of an entry that begins with the typed text, else of one that contains it; None without any. A single character
        goes on to the next such entry."""
        if character is None or not character.isprintable() or character.isspace():
            return None
        now_s = time.monotonic()
        typed = (self._typed if now_s - self._last_s < self.MAX_PAUSE_S else "") + character.casefold()
        self._last_s = now_s
        found = _entry_with(values, typed, index)
        if found is None:
            typed = character.casefold()
            found = _entry_with(values, typed, index)
        self._typed = typed
        return found


def _entry_with(values: Sequence[str], typed: str, index: int) -> int | None:
    start = index + (len(typed) == 1)
    order = [*range(start, len(values)), *range(min(start, len(values)))]
    names = [value.casefold() for value in values]
    begins = (at for at in order if names[at].startswith(typed))
    return next(begins, next((at for at in order if typed in names[at]), None))


def _labels(mode: str, names: str) -> tuple[str, ...]:
    return tuple(name if "." in name else f"{mode}.{name}" for name in names.split())


# The groups of the help: by screen and by i18n key of the heading, the labels of the keys.
KEY_GROUPS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "compose": {
        "shell.keys_write": _labels(
            "compose", "go again stop recompose own_prompt options warmer cooler write_poem rhyme_dictionary"
        ),
        "shell.keys_revise": _labels(
            "compose", "lock lock_line undo redo step pick line earlier later history clear_session"
        ),
        "shell.keys_keep": _labels("compose", "favourite copy poster.draw"),
        "shell.keys_view": _labels(
            "compose",
            """
            tones pinyin upright traditional compare quotations panel inspector.next_layer inspector.unit_before
            inspector.unit_after inspector.states shading leave
            """,
        ),
    },
    "train": {
        "shell.keys_run": _labels(
            "train", "start new new_alike list pause stop continue save_now rate sample_now compose_with rename"
        ),
        "shell.keys_replay": _labels("train", "earlier later now replay faster slower"),
        "shell.keys_chart": _labels(
            "train",
            "chart chart_before compare report log system zoom zoom_in pan_left pan_right axis log_axis smoothing overlay back",
        ),
    },
    "favourites": {
        "shell.keys_list": _labels("favourites", "search next_collection deleted_ones back"),
        "shell.keys_poem": _labels("favourites", "recreate tags collection note title delete undo"),
        "shell.keys_keep": _labels("favourites", "copy poster.draw export"),
        "shell.keys_view": _labels("compose", "upright traditional compare"),
    },
}
# The labels by screen in the order of footer, help and palette; unlisted keys come last.
KEY_ORDER: Mapping[str, Sequence[str]] = {
    mode: [label for labels in groups.values() for label in labels] for mode, groups in KEY_GROUPS.items()
}
# By screen, the keys that fill free room in the footer, in this order; unlisted keys follow.
FOOTER_FILLERS: Mapping[str, Sequence[str]] = {
    "compose": _labels(
        "compose",
        """
        options own_prompt step copy poster.draw inspector.states upright earlier later history undo pick write_poem rhyme_dictionary
        traditional
        """,
    ),
    "train": _labels(
        "train",
        """
        chart new_alike list overlay save_now sample_now compose_with rate report earlier later replay
        """,
    ),
    "favourites": _labels("favourites", "collection export title note"),
}
# For a pane that scrolls only vertically, because left and right are keys of another widget.
VERTICAL_SCROLLING: list[BindingType] = [
    Binding("up", "scroll_up", show=False),
    Binding("down", "scroll_down", show=False),
    Binding("home", "scroll_home", show=False),
    Binding("end", "scroll_end", show=False),
    Binding("pageup", "page_up", show=False),
    Binding("pagedown", "page_down", show=False),
]
