"""The ComposeConfig of a revision: which characters of a text are forced, and which are sampled anew."""

from collections.abc import Collection, Mapping
from typing import Any

from engine.prosody.text import FREE_VERSE, LINE_MARKS, split_lines

# A position of `keep` that the model fills.
OPEN = "□"


def line_ranges(text: str) -> list[range]:
    """The positions of each line of verse with its closing mark."""
    lines, start = [], 0
    for line in split_lines(text):
        lines.append(range(start, start + len(line)))
        start += len(line)
    return lines


def is_fixed_by_form(config: Mapping[str, Any], text: str, position: int, character: str) -> bool:
    """Whether the form forbids this character here, because its marks have fixed positions."""
    return config.get("form", FREE_VERSE) != FREE_VERSE and (text[position] in LINE_MARKS or character in LINE_MARKS)


def repeated_positions(config: Mapping[str, Any], text: str, position: int) -> frozenset[int]:
    """All positions that must hold the same character as `position`, since the form repeats them (叠); itself included."""
    if config.get("form", FREE_VERSE) == FREE_VERSE:
        return frozenset({position})
    # Imported here because it loads the table of forms.
    from engine.prosody.forms.definitions import form_called

    lines = [[at for at in line if text[at] not in LINE_MARKS] for line in line_ranges(text)]
    repeated = {position}
    for repeat in form_called(str(config["form"])).repeats:
        if repeat.line < len(lines):
            for pair in zip(
                lines[repeat.line - 1][-repeat.length :], lines[repeat.line][: repeat.length], strict=False
            ):
                if repeated & set(pair):
                    repeated |= set(pair)
    return frozenset(repeated)


def forced_positions(config: Mapping[str, Any], text: str) -> frozenset[int]:
    """The positions that the config forces: begin, acrostics, kept characters."""
    n_begin = len("".join(str(config.get("begin") or "").split()))
    positions = set(range(min(n_begin, len(text))))
    for name, end in (("acrostic", 0), ("acrostic_tail", -1)):
        for line, asked in zip(line_ranges(text), str(config.get(name) or ""), strict=False):
            han = [position for position in line if text[position] not in LINE_MARKS]
            if han and asked != OPEN:
                positions.add(han[end])
    kept = [one for one in str(config.get("keep") or "") if one not in LINE_MARKS and one not in "/ \n"]
    han = [position for position, one in enumerate(text) if one not in LINE_MARKS]
    positions |= {position for position, one in zip(han, kept, strict=False) if one != OPEN}
    return frozenset(positions)


def config_to_keep(
    config: Mapping[str, Any], text: str, kept: Collection[int], changed: int | None = None
) -> dict[str, Any]:
    """The config that forces the characters of `text` at the positions `kept`.

    Args:
        config: the one that `text` was composed with.
        changed: the position at which `text` differs from that poem; an acrostic character at this position is updated to `text`.
    """
    n_leading = next((position for position in range(len(text)) if position not in kept), len(text))
    n_begin = min(len("".join(str(config.get("begin", "")).split())), n_leading)
    is_open_ended = config.get("form", FREE_VERSE) == FREE_VERSE and OPEN not in str(config.get("keep", ""))
    if is_open_ended and n_leading == len(kept):
        # The begin keeps its length; a pattern without □ leaves the shape of the rest free.
        return {**config, "begin": text[:n_begin], "keep": text[:n_leading] if n_leading > n_begin else ""}
    agreed = _acrostics(config, text, changed) if changed is not None else {}
    return {**config, **agreed, "begin": text[:n_begin], "keep": _pattern(config, text, kept)}


def pattern_of_form(typed: str, form: str) -> str:
    """A typed pattern, padded with □ to the length of the form; unpadded for free verse."""
    pattern = "".join(typed.split())
    if not pattern or form == FREE_VERSE:
        return pattern
    from engine.prosody.forms.definitions import form_called

    n_typed = sum(one not in LINE_MARKS for one in pattern)
    return pattern + OPEN * (sum(form_called(form).line_lengths) - n_typed)


def _pattern(config: Mapping[str, Any], text: str, kept: Collection[int]) -> str:
    """The text with □ for each character that is not kept, padded with □ to the length of the form. Marks stay."""
    pattern = "".join(
        character if position in kept or character in LINE_MARKS else OPEN for position, character in enumerate(text)
    )
    if config.get("form", FREE_VERSE) == FREE_VERSE:
        return pattern
    # Imported here because it loads the table of forms, which the first paint does not need.
    from engine.prosody.forms.definitions import form_called

    n_places = sum(form_called(str(config["form"])).line_lengths)
    return pattern + OPEN * (n_places - sum(character not in LINE_MARKS for character in text))


def _acrostics(config: Mapping[str, Any], text: str, changed: int) -> dict[str, str]:
    """The acrostics that have a character at the changed position, updated to that of the text."""
    agreed = {}
    for line_number, line in enumerate(line_ranges(text)):
        positions = [position for position in line if text[position] not in LINE_MARKS]
        for name, end in (("acrostic", 0), ("acrostic_tail", -1)):
            asked = "".join(str(config.get(name, "")).split())
            if positions and positions[end] == changed and asked[line_number : line_number + 1] not in ("", OPEN):
                agreed[name] = asked[:line_number] + text[changed] + asked[line_number + 1 :]
    return agreed
