"""What a setting may be, for those who check one without loading the settings of a training."""

from typing import Literal, get_args

RhymeBook = Literal["pingshui", "cilin", "xinyun"]
RHYME_BOOKS: tuple[RhymeBook, ...] = get_args(RhymeBook)

# A path, or a whole tune with every character given, is shorter.
MAX_TEXT_CHARS = 4096
