"""`python -m benchmarks.ranking MODEL`: fit the ranker of a model to readers' marks and write it into the model's folder.

`marks.tsv`: poems that the studio composed, each with a mark of 1 to 10 that a reader gave for its sense, without knowing where
it came from. Poems of one request are compared with each other only, so the means of each request are taken away. A ridge
regression from the statistics of ln p and the mean features (`engine.model.ranker`) predicts the mark; printed are its
correlation with the marks within requests that it has not seen, and that of the mean ln p alone. A ranker of other statistics
is removed by hand before.

Shapes: N poems, D inputs.
"""

import argparse
import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from engine.composing.results import judge
from engine.corpus.tokens.control_codes import ControlCodes, control_code_indices
from engine.corpus.tokens.vocabulary import BEGIN, PAD
from engine.model.checkpoint import LoadedModel, load_model
from engine.model.ranker import STATISTICS, Ranker, ScoredText, read_texts, statistics_of
from engine.model.registry import find_model
from engine.prosody.forms.definitions import form_called

MARKS = Path(__file__).with_name("marks.tsv")
N_FOLDS = 10
BATCH_POEMS = 128
# The penalty on the squared weights of inputs of unit variance; the statistics, few and telling, have a ninth of it.
RIDGE = 1500.0
STATISTICS_SCALE = 3.0

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Marked:
    """A poem that was read: `request` numbers what it was composed for."""

    request: int
    form: str
    title: str
    mark: float
    text: str


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ranking", description=__doc__)
    parser.add_argument("model", metavar="MODEL", help="a model by name, or its folder")
    parser.add_argument("--dry-run", action="store_true", help="print the correlations, write nothing")
    arguments = parser.parse_args()
    folder = find_model(arguments.model)
    loaded = load_model(folder, torch.device("cpu"))
    poems = read_marks()
    statistics, features = inputs_of(loaded, poems)
    requests = np.unique([poem.request for poem in poems], return_inverse=True)[1]
    marks = centred(np.array([[poem.mark] for poem in poems]), requests)[:, 0]
    scale = np.concatenate([np.full(len(STATISTICS), STATISTICS_SCALE), np.ones(features.shape[1])])
    inputs = centred(np.concatenate([statistics, features], axis=1), requests)
    spread = inputs.std(0) + 1e-9
    inputs *= scale / spread
    predicted = cross_validated(inputs, marks, requests)
    print(f"{len(poems)} poems of {requests.max() + 1} requests; correlation with the mark within requests")
    for name, values in (("mean ln p", inputs[:, 0]), ("ranker", predicted)):
        print(f"  {name:<10} {np.corrcoef(values, marks)[0, 1]:.3f}")
    if not arguments.dry_run:
        weights = ridge(inputs, marks) * scale / spread
        Ranker(weights[: len(STATISTICS)], weights[len(STATISTICS) :]).save(folder)


def read_marks() -> list[Marked]:
    with MARKS.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t")
        return [Marked(int(r["request"]), r["form"], r["title"], float(r["mark"]), r["text"]) for r in rows]


def inputs_of(loaded: LoadedModel, poems: Sequence[Marked]) -> tuple[Floats, Floats]:
    """The statistics (N, K) and mean features (N, F) of poems, ln p after the control codes that they were composed with."""
    statistics, features = [], []
    for start in range(0, len(poems), BATCH_POEMS):
        batch = poems[start : start + BATCH_POEMS]
        scored = scored_texts(loaded, batch)
        statistics += [statistics_of(one, loaded.vocabulary) for one in scored]
        (reading,) = read_texts(loaded.model, loaded.vocabulary, [[BEGIN]], [poem.text for poem in batch])
        features.append(reading.mean_features())
    return np.array(statistics), np.concatenate(features)


@torch.inference_mode()
def scored_texts(loaded: LoadedModel, poems: Sequence[Marked]) -> list[ScoredText]:
    """Each poem with ln p of its characters after its form, rhyme and title."""
    vocabulary = loaded.vocabulary
    codes = [control_code_indices(vocabulary, _codes_of(poem)) for poem in poems]
    rows = [[BEGIN, *code, *vocabulary.encode(poem.text)] for code, poem in zip(codes, poems, strict=True)]
    tokens = torch.full((len(rows), max(map(len, rows))), PAD)
    for number, row in enumerate(rows):
        tokens[number, : len(row)] = torch.tensor(row)
    features, _ = loaded.model.features(tokens[:, :-1])
    scored = []
    for number, (code, poem) in enumerate(zip(codes, poems, strict=True)):
        first, last = len(code), len(code) + len(poem.text)
        log_probs = loaded.model.logits(features[number, first:last]).log_softmax(-1)  # (T, V)
        of_text = log_probs.gather(1, tokens[number, first + 1 : last + 1, None])[:, 0]
        scored.append(ScoredText(poem.text, of_text.tolist()))
    return scored


def _codes_of(poem: Marked) -> ControlCodes:
    form = form_called(poem.form)
    return ControlCodes(form=form.key, rhyme=judge(poem.text, form, None, None)[1], title=poem.title)


def centred(values: Floats, requests: NDArray[np.int64]) -> Floats:
    """Values (N, D) less the mean of their request."""
    sums = np.zeros((requests.max() + 1, values.shape[1]))
    np.add.at(sums, requests, values)
    return values - (sums / np.bincount(requests)[:, None])[requests]


def ridge(inputs: Floats, marks: Floats) -> Floats:
    """The weights (D,) of the ridge regression from inputs (N, D) to marks (N,)."""
    penalty = RIDGE * np.eye(inputs.shape[1])
    return np.linalg.solve(inputs.T @ inputs + penalty, inputs.T @ marks).astype(np.float64)


def cross_validated(inputs: Floats, marks: Floats, requests: NDArray[np.int64]) -> Floats:
    """The predicted marks (N,), each request by weights that were fitted without it."""
    folds = np.random.default_rng(0).integers(0, N_FOLDS, requests.max() + 1)[requests]
    predicted = np.zeros(len(marks))
    for fold in range(N_FOLDS):
        is_held_out = folds == fold
        predicted[is_held_out] = inputs[is_held_out] @ ridge(inputs[~is_held_out], marks[~is_held_out])
    return predicted


if __name__ == "__main__":
    main()
