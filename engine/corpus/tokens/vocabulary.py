"""Characters and their indices: the `word_int_map` of the experiment, most frequent character first."""

from collections.abc import Iterable, Mapping, Sequence

from engine.prosody.text import is_han

PAD, UNKNOWN, BEGIN, END = range(4)
SPECIAL_TOKENS = ("<pad>", "<unknown>", "<G>", "<E>")
# Shown where an unknown character stood; it is no Han character and no punctuation of verse.
UNKNOWN_GLYPH = "□"

# The CJK Unified Ideographs of the first Unicode block, U+4E00..U+9FFF less the last three places, as the
# project's perplexity counts them: the pool that an unknown character is drawn from.
N_HAN_CHARACTERS = 20_992

# The first block of Han characters without its later additions: Unicode orders it by radical.
FIRST_BLOCK = (0x4E00, 0x9FA5)
# A suggestion should be a character that one can type.
N_WELL_KNOWN = 4000


class Vocabulary:
    """A character for every index and an index for every known character.

    Indices 0 to 3 are the special tokens pad, unknown, G (before a poem) and E (after it); characters follow,
    most frequent first, so that index order is frequency order; the tags of control codes (`engine.corpus.tokens.control_codes`) come
    last. A tag is read, never predicted: only indices below `n_drawable` are a poem's own.
    """

    def __init__(self, characters: Iterable[str], tags: Iterable[str] = ()) -> None:
        self.characters: tuple[str, ...] = tuple(characters)
        self.tags: tuple[str, ...] = tuple(tags)
        # The number of indices that a poem can hold: all but the tags.
        self.n_drawable = len(SPECIAL_TOKENS) + len(self.characters)
        self.word_int_map: Mapping[str, int] = {
            character: index for index, character in enumerate(self.characters, start=len(SPECIAL_TOKENS))
        }
        if len(self.word_int_map) != len(self.characters) or any(len(c) != 1 for c in self.characters):
            raise ValueError("a vocabulary lists single characters, each of them once")
        self._tag_map: Mapping[str, int] = {tag: index for index, tag in enumerate(self.tags, start=self.n_drawable)}
        # What each index leaves in a text.
        self._written = ("", UNKNOWN_GLYPH, "", "", *self.characters, *("" for _ in self.tags))
        if len(self._tag_map) != len(self.tags):
            raise ValueError("a vocabulary lists each tag once")
        self._hash = hash((self.characters, self.tags))  # tables are looked up by it, poem after poem

    @classmethod
    def from_counts(cls, counts: Mapping[str, int], min_freq: int = 1) -> "Vocabulary":
        """Keep the characters seen at least `min_freq` times; ties in code point order, so that it never varies."""
        kept = [character for character, count in counts.items() if count >= min_freq]
        return cls(sorted(kept, key=lambda character: (-counts[character], character)))

    def __len__(self) -> int:
        return self.n_drawable + len(self.tags)

    def tag(self, name: str) -> int | None:
        """The index of a control code's tag; None where this vocabulary has no such tag."""
        return self._tag_map.get(name)

    def __contains__(self, character: object) -> bool:
        return character in self.word_int_map

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocabulary) and (self.characters, self.tags) == (other.characters, other.tags)

    def __hash__(self) -> int:
        return self._hash

    def encode(self, text: str) -> list[int]:
        """The index of each character, `UNKNOWN` for one that the vocabulary lacks."""
        return [self.word_int_map.get(character, UNKNOWN) for character in text]

    def character(self, index: int) -> str:
        """The character at an index; `□` for unknown, nothing for the other special tokens and for tags."""
        return self._written[index]

    def decode(self, indices: Sequence[int]) -> str:
        """The text of some indices; pad, G, E and tags leave no trace."""
        return "".join(map(self._written.__getitem__, indices))

    @property
    def n_han(self) -> int:
        """How many Han characters it knows."""
        return sum(map(is_han, self.characters))
