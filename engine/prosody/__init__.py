"""The rules of verse: tones, rhymes, forms, and the checker that applies them to a poem. Free of torch."""

from collections.abc import Mapping
from typing import Literal

RhymeBook = Literal["pingshui", "cilin", "xinyun"]
# The books by name. 中华新韵 assigns tones and rhymes by modern Mandarin.
RHYME_BOOKS: Mapping[RhymeBook, str] = {"pingshui": "平水韵", "cilin": "词林正韵", "xinyun": "中华新韵"}
