"""What is said of a poem's novelty: exact figures with the place, or a bound that names no characters."""

from engine.composing.replies import Novelty
from poetry_tui.compose.poem.facts import novelty_facts


def said(novelty: Novelty) -> str:
    return " · ".join(part.plain for part in novelty_facts(novelty))


def test_with_the_corpus_the_run_and_its_place_are_named() -> None:
    found = Novelty(5, "日日看山不", 4, 0, is_exact=True, line="日日看山不见人", title="山居", author="某")
    assert said(found) == "longest shared run 5 日日看山不 · no line copied · 日日看山不见人　某《山居》"


def test_without_the_corpus_a_bound_is_called_one() -> None:
    bound = Novelty(7, "", 4, 0, is_exact=False)
    assert said(bound) == ("at most 7 characters shared · no line copied · unverified: install the model's corpus")
    assert "lines copied: at most 2" in said(Novelty(7, "", 4, 2, is_exact=False))
