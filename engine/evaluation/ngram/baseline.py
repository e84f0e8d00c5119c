"""The Kneser-Ney baseline of a network: the same training text, poems and figures."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from engine.config.options import with_current_names
from engine.corpus.corpus import Corpus, list_corpora
from engine.corpus.install import PARTS
from engine.corpus.novelty.novelty import corpus_of
from engine.corpus.poem import Poem
from engine.corpus.tokens.control_codes import ControlCodes
from engine.evaluation.likelihood import tally_poems
from engine.evaluation.ngram import DEFAULT_ORDER, check_order
from engine.evaluation.ngram.store import open_kneser_ney
from engine.model.checkpoint import LoadedModel
from engine.system.errors import CorpusError, ModelError


@dataclass(frozen=True, slots=True)
class BaselineFigures:
    """The baseline figures of `evaluate --baseline --json`. `n_chars_counted` excludes G and E."""

    model: str
    order: int
    corpus: str
    n_poems_counted: int
    n_chars_counted: int
    nats_per_han: float
    nats_per_han_text: float

    @property
    def name(self) -> str:
        return f"{self.model} {self.order}-gram"

    def to_dict(self) -> dict[str, object]:
        return asdict(self)


def evaluate_baseline(
    loaded: LoadedModel,
    poems: Sequence[Poem],
    order: int = DEFAULT_ORDER,
    log: Callable[[str], None] = lambda line: None,
) -> BaselineFigures:
    """Evaluate, on poems without control codes, an n-gram model of the network's training text and vocabulary.

    Raises:
        ModelError: when the model's metadata do not name its corpus.
        CorpusError: when the corpus is not installed, or has changed.
    """
    check_order(order)
    corpus = training_corpus(loaded.name, loaded.metadata)
    baseline = open_kneser_ney(corpus, loaded.vocabulary, _max_poem_chars(loaded.metadata), order, log)
    tally = tally_poems(baseline.nats, [(ControlCodes(), poem.text) for poem in poems], loaded.vocabulary)
    return BaselineFigures(
        model="Kneser-Ney",
        order=order,
        corpus=corpus.name,
        n_poems_counted=baseline.n_poems,
        n_chars_counted=baseline.n_tokens - 2 * baseline.n_poems,
        nats_per_han=tally.nats_per_han,
        nats_per_han_text=tally.nats_per_han_text,
    )


def training_corpus(model: str, metadata: Mapping[str, Any]) -> Corpus:
    """The installed corpus that a model was trained on, found by its checksum under any name. Raises as `evaluate_baseline`."""
    trained_on = metadata.get("corpus")
    if not isinstance(trained_on, dict) or not trained_on.get("sha256"):
        raise ModelError(
            "The model {name} does not say what it was trained on, so there is no text to count.",
            "Leave out --baseline, or name a model that was trained here.",
            name=model,
        )
    corpus = corpus_of(metadata)
    if corpus is not None:
        return corpus
    name = str(trained_on.get("name"))
    command = f"corpus install {name}" if name in PARTS else f"corpus import FILE --name {name}"
    if any(installed.name == name for installed in list_corpora()):
        raise CorpusError(
            "The corpus {name} is not the one that {model} was trained on: its poems have changed since.",
            "Bring that one back with `poetry-tui {command}`, or leave out --baseline.",
            name=name,
            model=model,
            command=command,
        )
    raise CorpusError(
        "The corpus {name}, which {model} was trained on, is not here, so there is no text to count.",
        "`poetry-tui {command}` gets it.",
        name=name,
        model=model,
        command=command,
    )


def _max_poem_chars(metadata: Mapping[str, Any]) -> int | None:
    training = metadata.get("training")
    longest = with_current_names(training).get("max_poem_chars") if isinstance(training, dict) else None
    return longest if isinstance(longest, int) else None
