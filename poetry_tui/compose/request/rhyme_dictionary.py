"""The data of the rhyme dictionary: the characters of each group by frequency, the groups and tones of a character.

Reads the tables of the prosody and a model's vocabulary, so it belongs in a thread. Knows no screen.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from engine.corpus.cleaning import to_simplified
from engine.model.metadata import read_metadata
from engine.model.registry import find_model
from engine.prosody.rhymes import masks_of
from engine.prosody.text import RhymeBook
from engine.system.errors import StudioError

LEVEL, OBLIQUE = "平", "仄"


@dataclass(frozen=True, slots=True)
class RhymeEntry:
    """A group of a rhyme book in one tone.

    Attributes:
        name: 一东, or 第三部 in a book whose parts hold both tones.
        tone: 平 or 仄.
        common: its characters in the bundled model's vocabulary, the most frequent first.
        rare: its other simplified characters, by code point.
    """

    name: str
    tone: str
    common: str
    rare: str

    @property
    def title(self) -> str:
        return f"{self.name} {self.tone}"


@functools.cache
def rhyme_entries(system: RhymeBook) -> tuple[RhymeEntry, ...]:
    """Every group of a rhyme book in the book's order; a part with both tones comes twice, 平 before 仄."""
    masks, rank = masks_of(system), frequency_rank()
    members: dict[tuple[int, str], list[str]] = {}
    for tone, groups in ((LEVEL, masks.level), (OBLIQUE, masks.oblique)):
        for character, mask in groups.items():
            for bit in range(mask.bit_length()):
                if mask >> bit & 1:
                    members.setdefault((bit, tone), []).append(character)
    entries = []
    for bit, name in enumerate(masks.names):
        for tone in (LEVEL, OBLIQUE):
            if characters := members.get((bit, tone)):
                common = sorted((one for one in characters if one in rank), key=rank.__getitem__)
                rare = sorted(one for one in characters if one not in rank and to_simplified(one) == one)
                entries.append(RhymeEntry(name, tone, "".join(common), "".join(rare)))
    return tuple(entries)


def entries_of(character: str, system: RhymeBook) -> tuple[int, ...]:
    """The indices of the entries that contain a character; empty for a character that the book lacks."""
    simplified = to_simplified(character)
    return tuple(
        number
        for number, entry in enumerate(rhyme_entries(system))
        if any(one in entry.common or one in entry.rare for one in (character, simplified))
    )


@functools.cache
def frequency_rank() -> Mapping[str, int]:
    """Frequency rank of each character in the bundled model's corpus, 0 for the most frequent; empty without the model."""
    try:
        vocabulary = read_metadata(find_model(None)).get("vocabulary")
    except StudioError:
        return {}
    return {one: rank for rank, one in enumerate(vocabulary)} if isinstance(vocabulary, str) else {}
