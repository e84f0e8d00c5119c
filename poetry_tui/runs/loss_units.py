"""The loss of runs that told it per character only, in nats a Han character. Pure."""

from dataclasses import dataclass

from engine.corpus.vocabulary import UNKNOWN_GLYPH
from engine.prosody.text import is_han
from engine.runs.events import Compared

# What the first so many looks at prediction beside target show of a corpus is shown of it for good: whoever reads no more of a run
# (a list) then comes to the same figures as whoever reads all of it.
MAX_COMPARISONS = 64


@dataclass(slots=True)
class HanRatio:
    """How many characters that a run predicts come to one Han character, by the poems that it showed: 1.25 for lines of five with
    their marks and ends, 1.18 for lines of seven."""

    # Nats a Han character for each nat a character; None before anything was shown.
    value: float | None = None
    _n_comparisons: int = 0
    _n_targets: int = 0
    _n_han: int = 0

    def note(self, compared: Compared) -> float | None:
        """Take in a look. Returns what to multiply by what was converted before, where the ratio has become another one, which
        it does at the first look, the second, the fourth, the eighth …"""
        if self._n_comparisons == MAX_COMPARISONS:
            return None
        self._n_comparisons += 1
        self._n_targets += len(compared.target)
        self._n_han += sum(is_han(character) or character == UNKNOWN_GLYPH for character in compared.target)
        if self._n_comparisons.bit_count() != 1 or not self._n_han:
            return None
        before, self.value = self.value or 1.0, self._n_targets / self._n_han
        return self.value / before
