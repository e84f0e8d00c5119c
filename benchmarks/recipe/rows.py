"""The rows of the experiment: the `studio` preset without residual connections, each with one change as flags of `poetry-tui train`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One training; rows of one `group` answer one question."""

    name: str
    group: str
    flags: tuple[str, ...] = ()


# The flags of all rows; one thread, so that processor time means the same on every machine.
COMMON = (
    "--preset", "studio", "--no-residual", "--corpus", "tang-song-ci", "--n-threads", "1", "--warmup-steps", "50",
    "--precision", "float32",
)  # fmt: skip
BASELINE = "studio"


def _row(group: str, name: str, flags: str = "") -> Row:
    return Row(name, group, tuple(flags.split()))


ROWS = (
    _row("baseline", BASELINE),
    _row("baseline", "another seed", "--seed 2"),
    _row("batch and learning rate", "batch size 12", "--batch-size 12"),
    _row("batch and learning rate", "batch size 48", "--batch-size 48"),
    _row("batch and learning rate", "learning rate 0.0015", "--learning-rate 0.0015"),
    _row("batch and learning rate", "learning rate 0.006", "--learning-rate 0.006"),
    _row("cell and size", "GRU", "--cell gru"),
    _row("cell and size", "RNN", "--cell rnn --learning-rate 0.001"),
    _row("cell and size", "hidden size 256", "--hidden-size 256"),
    _row("cell and size", "hidden size 768", "--hidden-size 768"),
    _row("cell and size", "1 layer", "--n-layers 1"),
    _row("cell and size", "embedding size 128", "--embedding-size 128"),
    _row("between the layers", "residual connections", "--residual"),
    _row("between the layers", "layer normalisation", "--layer-norm"),
    _row("between the layers", "residual and layer normalisation", "--residual --layer-norm"),
    _row("output layer", "untied output layer", "--no-tied"),
    _row("optimiser", "RMSprop", "--optimizer rmsprop --learning-rate 0.001"),
    _row("regularisation", "dropout 0.1", "--dropout 0.1"),
    _row("regularisation", "weight decay 0.1", "--weight-decay 0.1"),
    _row("initialisation", "xavier (the course experiment's)", "--init xavier"),
    _row("control codes", "no control codes", "--conditioning-prob 0"),
    _row("control codes", "control codes before every poem", "--conditioning-prob 1"),
    _row("data", "Tang only", "--corpus tang"),
    _row("data", "Tang and Song poems without 词", "--corpus tang-song"),
    _row("data", "quatrains at the end", "--anneal-fraction 0.25 --anneal-max-chars 32"),
    _row("data", "poems of any length", "--max-poem-chars 1000"),
    _row("together", "GRU, residual and layer normalisation", "--cell gru --residual --layer-norm"),
    _row("together", "GRU, learning rate 0.006", "--cell gru --learning-rate 0.006"),
    _row("together", "GRU, batch size 12", "--cell gru --batch-size 12"),
    _row("together", "GRU, residual connections", "--cell gru --residual"),
    _row("together", "all three with the GRU", "--cell gru --residual --learning-rate 0.006 --batch-size 12"),
    _row("together", "residual connections, xavier", "--residual --init xavier"),
)
