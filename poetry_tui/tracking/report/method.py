"""Question and method of a report on runs, worded from their settings."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from poetry_tui.preferences.i18n import tr, tr_label
from poetry_tui.tracking.comparison import aligned, differing
from poetry_tui.tracking.report.blocks import Block, Heading, Paragraph
from poetry_tui.tracking.report.history import RunHistory

# Settings that decide where and how often something is done, not what is learnt.
NOT_ASKED = frozenset({"preset", "device", "n_threads", "precision", "checkpoint_every", "compare_every", "chunk_rows"})


def question_and_method(histories: Sequence[RunHistory]) -> Iterator[Block]:
    """What the runs can answer, and how they were made; nothing of runs that never told their settings."""
    configs = [history.config for history in histories]
    if not all(configs):
        return
    changed = {name: values for name, values in differing(configs).items() if name not in NOT_ASKED}
    yield Heading(tr_label("report.question"))
    yield Paragraph(_question(changed))
    yield Heading(tr_label("report.method"))
    shared = {name: " / ".join(dict.fromkeys(map(str, values))) for name, values in aligned(configs).items()}
    yield Paragraph(tr("report.method_network", n=len(histories), **shared))
    yield Paragraph(tr("report.method_data", poems=_poems(histories), **shared))
    steps = " / ".join(dict.fromkeys(f"{one.state.step:,}" for one in histories))
    yield Paragraph(tr("report.method_runs", steps=steps, **shared))
    if changed and "seed" not in changed:
        yield Paragraph(tr("report.method_one_seed"))


def _question(changed: Mapping[str, Sequence[Any]]) -> str:
    if not changed:
        return tr("report.question_one")
    if set(changed) == {"seed"}:
        return tr("report.question_seed")
    named = [f"{name} ({', '.join(dict.fromkeys(map(str, values)))})" for name, values in changed.items()]
    return tr("report.question_several", settings=", ".join(named))


def _poems(histories: Sequence[RunHistory]) -> str:
    """The corpora, with number of poems and licence where a checkpoint tells them."""
    found = []
    for history in histories:
        corpus: Mapping[str, Any] = history.about.get("corpus", {})
        name = str(history.config.get("corpus", "–"))
        found.append(f"{name} ({corpus['n_poems']:,}; {corpus['licence']})" if corpus else name)
    return ", ".join(dict.fromkeys(found))
