"""The vocabulary: characters and their indices (`word_int_map` of the course experiment), most frequent first."""

from collections.abc import Iterable, Mapping, Sequence

from engine.prosody.text import is_han

PAD, UNKNOWN, BEGIN, END = range(4)
SPECIAL_TOKENS = ("<pad>", "<unknown>", "<G>", "<E>")
# Displayed for an unknown character; it is neither a Han character nor punctuation of verse.
UNKNOWN_GLYPH = "□"

# Size of the first Unicode block of Han characters, U+4E00..U+9FFF, as perplexity counts it: the characters that UNKNOWN
# may stand for.
N_HAN_CHARACTERS = 20_992

# The first block of Han characters without later additions; it is ordered by radical.
FIRST_BLOCK = (0x4E00, 0x9FA5)
# Suggestions are among the most frequent characters, which are easy to type.
N_WELL_KNOWN = 4000


class Vocabulary:
    """A mapping between characters and indices.

    Indices 0 to 3 are the special tokens pad, unknown, G (before a poem) and E (after it). Characters follow,
    most frequent first, so that index order is frequency order. The tags of control codes (`engine.corpus.tokens.control_codes`) are
    last; a tag is an input, never a target: only indices below `n_predictable` occur in poems.
    """

    def __init__(self, characters: Iterable[str], tags: Iterable[str] = ()) -> None:
        self.characters: tuple[str, ...] = tuple(characters)
        self.tags: tuple[str, ...] = tuple(tags)
        # The number of indices that can occur in a poem: all except the tags.
        self.n_predictable = len(SPECIAL_TOKENS) + len(self.characters)
        self.word_int_map: Mapping[str, int] = {
            character: index for index, character in enumerate(self.characters, start=len(SPECIAL_TOKENS))
        }
        if len(self.word_int_map) != len(self.characters) or any(len(c) != 1 for c in self.characters):
            raise ValueError("a vocabulary lists single characters, each of them once")
        self._tag_map: Mapping[str, int] = {tag: index for index, tag in enumerate(self.tags, start=self.n_predictable)}
        # The text of each index.
        self._written = ("", UNKNOWN_GLYPH, "", "", *self.characters, *("" for _ in self.tags))
        if len(self._tag_map) != len(self.tags):
            raise ValueError("a vocabulary lists each tag once")
        self._hash = hash((self.characters, self.tags))  # computed once: caches look vocabularies up for every poem

    @classmethod
    def from_counts(cls, counts: Mapping[str, int], min_freq: int = 1) -> "Vocabulary":
        """Keep the characters with at least `min_freq` occurrences; ties are in code point order, so that the result is deterministic."""
        kept = [character for character, count in counts.items() if count >= min_freq]
        return cls(sorted(kept, key=lambda character: (-counts[character], character)))

    def __len__(self) -> int:
        return self.n_predictable + len(self.tags)

    def tag(self, name: str) -> int | None:
        """The index of a control code's tag; None if the vocabulary lacks it."""
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
        """The text of some indices; pad, G, E and tags give no text."""
        return "".join(map(self._written.__getitem__, indices))

    @property
    def n_han(self) -> int:
        """The number of Han characters."""
        return sum(map(is_han, self.characters))
