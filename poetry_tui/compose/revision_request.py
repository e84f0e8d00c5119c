"""How to ask the engine for a poem of which some characters are there already: the fields of its ComposeConfig."""

from collections.abc import Collection, Mapping
from typing import Any

from engine.prosody.text import LINE_MARKS, split_lines

# In `keep`: a place that the machine shall write.
OPEN = "□"
FREE = "free"


def lines_of(text: str) -> list[range]:
    """The places of each line of verse, its closing mark with it."""
    lines, start = [], 0
    for line in split_lines(text):
        lines.append(range(start, start + len(line)))
        start += len(line)
    return lines


def is_for_the_form(config: Mapping[str, Any], text: str, place: int, character: str) -> bool:
    """Whether a form alone decides of such a choice: it puts the marks, and wants none elsewhere."""
    return config.get("form", FREE) != FREE and (text[place] in LINE_MARKS or character in LINE_MARKS)


def tied_to(config: Mapping[str, Any], text: str, place: int) -> frozenset[int]:
    """The places that must hold the same character as one of them, because the form repeats them (叠); that one is among them."""
    if config.get("form", FREE) == FREE:
        return frozenset({place})
    # Its tables take a moment to load.
    from engine.prosody.forms import form_called

    lines = [[at for at in line if text[at] not in LINE_MARKS] for line in lines_of(text)]
    tied = {place}
    for repeat in form_called(str(config["form"])).repeats:
        if repeat.line < len(lines):
            for pair in zip(
                lines[repeat.line - 1][-repeat.length :], lines[repeat.line][: repeat.length], strict=False
            ):
                if tied & set(pair):
                    tied |= set(pair)
    return frozenset(tied)


def config_to_keep(
    config: Mapping[str, Any], text: str, kept: Collection[int], changed: int | None = None
) -> dict[str, Any]:
    """The config of a poem that shall have the characters of `text` at the places `kept`.

    Args:
        config: that of the poem which `text` comes from.
        changed: the place where `text` is not what that poem said: an acrostic that said otherwise follows it.
    """
    n_leading = next((place for place in range(len(text)) if place not in kept), len(text))
    n_begin = min(len("".join(str(config.get("begin", "")).split())), n_leading)
    is_open_ended = config.get("form", FREE) == FREE and OPEN not in str(config.get("keep", ""))
    if is_open_ended and n_leading == len(kept):
        # What the poem begins with stays what was wished for; without □ the rest has any shape.
        return {**config, "begin": text[:n_begin], "keep": text[:n_leading] if n_leading > n_begin else ""}
    agreed = _acrostics(config, text, changed) if changed is not None else {}
    return {**config, **agreed, "begin": text[:n_begin], "keep": _pattern(config, text, kept)}


def _pattern(config: Mapping[str, Any], text: str, kept: Collection[int]) -> str:
    """The text with □ for what is not kept; marks stay, and what a form still lacks is open."""
    pattern = "".join(
        character if place in kept or character in LINE_MARKS else OPEN for place, character in enumerate(text)
    )
    if config.get("form", FREE) == FREE:
        return pattern
    # Its tables are not needed before somebody writes in a form, and the first paint is sooner without them.
    from engine.prosody.forms import form_called

    n_places = sum(form_called(str(config["form"])).line_lengths)
    return pattern + OPEN * (n_places - sum(character not in LINE_MARKS for character in text))


def _acrostics(config: Mapping[str, Any], text: str, changed: int) -> dict[str, str]:
    """The acrostics of a config, with the changed character in place of the one that they asked for there."""
    agreed = {}
    for line_number, line in enumerate(lines_of(text)):
        places = [place for place in line if text[place] not in LINE_MARKS]
        for name, end in (("acrostic", 0), ("acrostic_tail", -1)):
            asked = "".join(str(config.get(name, "")).split())
            if places and places[end] == changed and asked[line_number : line_number + 1] not in ("", OPEN):
                agreed[name] = asked[:line_number] + text[changed] + asked[line_number + 1 :]
    return agreed
