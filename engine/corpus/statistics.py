"""What `corpus check` tells about an installed corpus: whether it is whole, and what is in it."""

import dataclasses
import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import Any

from engine.corpus.cleaning import CleaningReport
from engine.corpus.poem import SPLITS, is_even, split_of
from engine.corpus.store import Corpus, reporting_read_errors
from engine.prosody.text import lines_of

# Name of a form, lines, characters a line.
FORMS = (("wujue", 4, 5), ("qijue", 4, 7), ("wulv", 8, 5), ("qilv", 8, 7))


@dataclass(frozen=True, slots=True)
class CorpusCheck:
    """`intact`: the poems are those that were written. Lengths are in Han characters; `forms` counts by line lengths alone."""

    name: str
    intact: bool
    n_poems: int
    n_han: int
    n_distinct_han: int
    longest_han: int
    splits: dict[str, int]
    forms: dict[str, int]
    cleaning: CleaningReport

    def to_dict(self) -> dict[str, Any]:
        data = {item.name: getattr(self, item.name) for item in dataclasses.fields(self)}
        return {**data, "cleaning": self.cleaning.to_dict()}


def check(corpus: Corpus) -> CorpusCheck:
    """Read the whole corpus and count; CorpusError where a line of it is damaged."""
    with reporting_read_errors(corpus.folder), (corpus.folder / "poems.jsonl").open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    splits, forms, characters = Counter[str](), Counter[str](), Counter[str]()
    n_poems = longest = 0
    for poem in corpus.poems():
        lines = lines_of(poem.text)
        n_poems += 1
        longest = max(longest, sum(map(len, lines)))
        characters.update("".join(lines))
        splits[split_of(poem)] += 1
        forms.update(name for name, n_lines, n_han in FORMS if is_even(poem, n_lines, n_han))
    return CorpusCheck(
        corpus.name,
        sha256 == corpus.sha256,
        n_poems,
        characters.total(),
        len(characters),
        longest,
        {split: splits[split] for split in SPLITS},
        {name: forms[name] for name, _, _ in FORMS},
        corpus.cleaning,
    )
