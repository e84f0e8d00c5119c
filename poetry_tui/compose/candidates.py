"""Poems that come whole: which of their characters were wished for, so that they can be worked on like any other."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from engine.prosody.text import LINE_MARKS
from engine.service.protocol import Poem, Token
from poetry_tui.compose.revision_request import OPEN, lines_of
from poetry_tui.compose.revisions import Wish
from poetry_tui.compose.session import Composition


def candidate_of(wish: Wish, done: Poem) -> Composition:
    """One of several poems for a wish. What the model thought of each character is not known until it is looked at."""
    given = given_places(wish.config, done.text)
    glyphs = [Token(place, one, 0.0, 0.0, place in given, ()) for place, one in enumerate(done.text)]
    own = dataclasses.replace(wish, config={**wish.config, "seed": done.seed, "n_particles": done.n_particles})
    return Composition(own, glyphs, done=done, is_whole=True)


def given_places(config: Mapping[str, Any], text: str) -> frozenset[int]:
    """The places of a poem that its wish had said: its beginning, acrostics, kept characters."""
    n_begin = len("".join(str(config.get("begin") or "").split()))
    places = set(range(min(n_begin, len(text))))
    for name, end in (("acrostic", 0), ("acrostic_tail", -1)):
        for line, asked in zip(lines_of(text), str(config.get(name) or ""), strict=False):
            han = [place for place in line if text[place] not in LINE_MARKS]
            if han and asked != OPEN:
                places.add(han[end])
    kept = [one for one in str(config.get("keep") or "") if one not in LINE_MARKS and one not in "/ \n"]
    han = [place for place, one in enumerate(text) if one not in LINE_MARKS]
    places |= {place for place, one in zip(han, kept, strict=False) if one != OPEN}
    return frozenset(places)
