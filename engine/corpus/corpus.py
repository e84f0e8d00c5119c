"""An installed corpus: its poems, metadata, integrity check and splits, and the held-out poems.

A corpus folder holds `poems.jsonl` (one object a line: title, author, text), `corpus.json` (the fields of `Corpus`)
and `LICENSE` if the source has one.
"""

import contextlib
import dataclasses
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import msgspec

from engine.corpus.cleaning import CleaningReport
from engine.corpus.poem import Poem, han_digest, is_even
from engine.prosody.text import lines_of
from engine.system import paths
from engine.system.errors import CorpusError
from engine.system.files import folders_in, is_file

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")
PER_MILLE_VALIDATION = 10
PER_MILLE_TEST = 10

CORPUS_FORMAT = 1
# Name of a form, number of lines, characters per line.
FORMS = (("wujue", 4, 5), ("qijue", 4, 7), ("wulv", 8, 5), ("qilv", 8, 7))
Shape = Literal["all", "quatrains", "octaves"]
N_LINES: dict[Shape, int] = {"quatrains": 4, "octaves": 8}


@dataclass(frozen=True)
class Corpus:
    """A corpus in `folder`; `sha256` is that of its `poems.jsonl`."""

    folder: Path
    name: str
    licence: str
    source: str
    sha256: str
    n_poems: int
    n_han: int
    simplified: bool
    cleaning: CleaningReport = field(repr=False, compare=False)
    # The format of the file that it was imported from (`readers.formats`); "" if unknown.
    read_as: str = ""

    @property
    def poems_file(self) -> Path:
        return self.folder / "poems.jsonl"

    def poems(self) -> Iterator[Poem]:
        """Yield every poem, reading the file as a stream. Raises CorpusError with the line number if the file is damaged."""
        with self.reporting_unreadable_poems(), self.poems_file.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                try:
                    poem = poem_of(line)
                except ValueError as error:
                    raise CorpusError(
                        "Line {number} of the corpus {name} is damaged.",
                        "Install or import the corpus again.",
                        number=number,
                        name=self.name,
                    ) from error
                yield poem

    def is_intact(self) -> bool:
        """Whether the file of poems has its original checksum. Raises OSError when it cannot be read."""
        with self.poems_file.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == self.sha256

    @contextlib.contextmanager
    def reporting_unreadable_poems(self) -> Iterator[None]:
        """Turn an OSError or ValueError while the poems are read into a CorpusError."""
        try:
            yield
        except (OSError, ValueError) as error:
            raise CorpusError(
                "The poems of the corpus {name} cannot be read ({error}).",
                "Install or import it again.",
                name=self.name,
                error=error,
            ) from error

    def to_dict(self) -> dict[str, Any]:
        """The content of `corpus.json`: all fields except the folder."""
        data = {key: value for key, value in vars(self).items() if key not in ("folder", "cleaning")}
        return {"format": CORPUS_FORMAT, **data, "cleaning": self.cleaning.to_dict()}


def poem_of(line: bytes) -> Poem:
    """Decode a line of `poems.jsonl`. Raises ValueError if it is damaged."""
    return msgspec.json.decode(line, type=Poem)


def list_corpora() -> list[Corpus]:
    """The user's readable corpora, in order of name.

    Raises:
        CorpusError: when their folder cannot be read.
    """
    return [corpus for corpus in _loaded() if isinstance(corpus, Corpus)]


def damaged_corpora() -> list[CorpusError]:
    """The error of each of the user's corpora that `list_corpora` leaves out, in order of name; raises as `list_corpora`."""
    return [problem for problem in _loaded() if isinstance(problem, CorpusError)]


def _loaded() -> Iterator[Corpus | CorpusError]:
    """Yield the corpus of each folder with a `corpus.json`, or the error of reading it."""
    for folder in sorted(folders_in(paths.corpora(), CorpusError)):
        if is_file(folder / "corpus.json"):
            try:
                yield load(folder)
            except CorpusError as problem:
                yield problem


def load(folder: Path) -> Corpus:
    """Read the corpus in a folder. Raises CorpusError if its `corpus.json` is damaged or of another version."""
    try:
        data = json.loads((folder / "corpus.json").read_text(encoding="utf-8"))
        if data["format"] != CORPUS_FORMAT:
            raise CorpusError(
                "The corpus {name} was written in format {number}; this version reads {number2}.",
                "Update the studio, or install or import the corpus again.",
                name=folder.name,
                number=data["format"],
                number2=CORPUS_FORMAT,
            )
        fields = {item.name: data[item.name] for item in dataclasses.fields(Corpus) if item.name in data}
        return Corpus(folder=folder, **{**fields, "cleaning": CleaningReport.from_dict(data["cleaning"])})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CorpusError(
            "The header of the corpus {name} is damaged ({error}).",
            "Install or import the corpus again.",
            name=folder.name,
            error=error,
        ) from error


@dataclass(frozen=True, slots=True)
class CorpusCheck:
    """Counts over a corpus. `intact`: the checksum is right. Lengths are in Han characters; `forms` counts by line lengths alone."""

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
    """Read the whole corpus and count. Raises CorpusError if a line of it is damaged."""
    with corpus.reporting_unreadable_poems():
        is_intact = corpus.is_intact()
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
        is_intact,
        n_poems,
        characters.total(),
        len(characters),
        longest,
        {split: splits[split] for split in SPLITS},
        {name: forms[name] for name, _, _ in FORMS},
        corpus.cleaning,
    )


def held_out_poems(corpus: Corpus, shape: Shape = "all") -> Iterator[Poem]:
    """The poems of the test split that share no line with a training poem.

    Args:
        shape: `quatrains` have four lines, `octaves` eight, of five or of seven characters.
    """
    n_lines = N_LINES.get(shape)

    def fits(poem: Poem) -> bool:
        return n_lines is None or is_even(poem, n_lines, 5) or is_even(poem, n_lines, 7)

    candidates = [poem for poem in corpus.poems() if split_of(poem) == "test" and fits(poem)]
    training = (poem for poem in corpus.poems() if split_of(poem) == "train")
    return without_shared_lines(candidates, training)


def split_of(poem: Poem) -> Split:
    """The split of a poem: 1 % validation, 1 % test, by a hash of its Han characters alone, so that it never changes."""
    per_mille = int.from_bytes(han_digest(poem.text)[:8], "big") % 1000
    if per_mille < PER_MILLE_VALIDATION:
        return "validation"
    if per_mille < PER_MILLE_VALIDATION + PER_MILLE_TEST:
        return "test"
    return "train"


def without_shared_lines(candidates: Iterable[Poem], training: Iterable[Poem]) -> Iterator[Poem]:
    """The candidates that share no line with any training poem.

    Poems of different splits may share lines (replies, quotations, variants of one poem) and would bias an evaluation.
    Lines are compared by their Han characters; the candidates' lines are held in memory.
    """
    kept = list(candidates)
    lines = {line for poem in kept for line in lines_of(poem.text)}
    seen = {line for poem in training for line in lines_of(poem.text) if line in lines}
    return (poem for poem in kept if not any(line in seen for line in lines_of(poem.text)))
