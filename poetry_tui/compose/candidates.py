"""Candidates come as whole texts: which of their characters were forced, so that they can be revised like any other poem."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from engine.prosody.text import LINE_MARKS
from engine.service.protocol import Poem, Token
from poetry_tui.compose.revision_request import OPEN, line_ranges
from poetry_tui.compose.revisions import ComposeRequest
from poetry_tui.compose.session import Composition


def candidate_poem(request: ComposeRequest, done: Poem) -> Composition:
    """The composition of a candidate. The probabilities of its characters are unknown until the engine tells them."""
    forced = forced_positions(request.config, done.text)
    tokens = [Token(position, one, 0.0, 0.0, position in forced, ()) for position, one in enumerate(done.text)]
    own = dataclasses.replace(request, config={**request.config, "seed": done.seed, "n_particles": done.n_particles})
    return Composition(own, tokens, done=done, is_whole=True)


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
