"""The checker beside a reader: 200 real octaves, where they disagree and why; and the pass rates of the whole corpus.

Why real poems fail: old-style verse (古风) 13, most of it told as such; lines that do not adhere or oppose (失黏失对) 11; neighbouring
groups in other lines than the first (通韵) 5; 孤平 1, 大拗 without rescue 1, another 拗 1; a misprint in the corpus (苏北 for 蓟北)
1; a rhyme used twice that stood for two words before simplification 1; a character that the book lacks 1. No poem passed that
should not have.
"""

import json
from collections import Counter
from pathlib import Path

import pytest

from engine.corpus.poem import Poem, han_digest
from engine.prosody.checker import check
from engine.prosody.pass_rates import pass_rates
from engine.prosody.report import Report
from engine.prosody.text import is_han
from engine.prosody.tones import reading_of
from engine.system import paths

CAUSES = {
    "古风": "",  # told as old-style verse, which is undecidable, or violations
    "失黏失对": "violation",
    "大拗未救": "violation",
    "孤平": "violation",
    "拗句": "violation",
    "通韵": "violation",
    "本子有误": "violation",
    "疑重韵": "undecidable",
    "字书未收": "undecidable",
}
# Eight lines of five or seven, with their marks.
_LENGTHS_OF_OCTAVES = (48, 64)
_READ = Path(__file__).with_name("real_poems.tsv")
# Looked up before `studio_home` gives every test a home of its own.
_CHECKOUT = Path(__file__).parents[3]
_INSTALLED = [home / "corpora" / "tang" / "poems.jsonl" for home in (paths.home(), _CHECKOUT / ".studio")]


def rows() -> list[list[str]]:
    lines = _READ.read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if not line.startswith("#")]


@pytest.fixture(scope="module")
def tang() -> list[Poem]:
    """The poems of the installed corpus; skips where there is none."""
    found = next((path for path in _INSTALLED if path.is_file()), None)
    if found is None:
        pytest.skip("the corpus tang is not installed")
    with found.open(encoding="utf-8") as file:
        return [Poem(**json.loads(line)) for line in file]


def places_of(report: Report) -> str:
    """Where a report says that something is wrong or unknown, in the words of the table."""
    places = [f"{one.line}.{one.position}{one.name}" for one in report.violations]
    places += [f"{one.line}{one.name}" for one in report.faults]
    places += [f"{one.line}{one.reason or '韵'}" for one in report.rhymes if one.verdict != "ok"]
    if report.verdicts.overall == "undecidable":
        places += [f"{one.line}.{one.position}未收" for one in report.unknown]
    return " ".join(places)


def test_every_disagreement_of_the_two_hundred_has_a_cause() -> None:
    assert Counter({"五言古诗": "wulv", "七言古诗": "qilv"}.get(form, form) for _, form, *_ in rows()) == {
        "wulv": 100,
        "qilv": 100,
    }
    for digest, _, verdict, causes, _ in rows():
        assert (verdict == "ok") == (causes == ""), digest
        if causes:
            assert {CAUSES[cause] or verdict for cause in causes.split()} == {verdict}, digest


def test_the_checker_says_of_two_hundred_real_octaves_what_a_reader_found(tang: list[Poem]) -> None:
    expected = {digest: (form, verdict, causes, places) for digest, form, verdict, causes, places in rows()}
    n_found = 0
    for poem in tang:
        if len(poem.text) not in _LENGTHS_OF_OCTAVES:
            continue
        digest = han_digest(poem.text).hex()[:16]
        if digest not in expected:
            continue
        form, verdict, causes, places = expected[digest]
        report = check(poem.text)
        n_found += 1
        assert (report.form or report.style, report.verdicts.overall) == (form, verdict), poem.text
        if "古风" not in causes:
            assert places_of(report) == places, poem.text
    # Cleaning may come to drop one of them or another.
    assert n_found > 180


def test_most_real_poems_pass_and_the_tables_cover_the_corpus(tang: list[Poem]) -> None:
    # An eighth of it is enough to tell.
    poems = tang[::8]
    rates = {rate.form: rate for rate in pass_rates(poems)}
    assert rates["qilv"].n_rhyme_ok > 0.8 * rates["qilv"].n_poems
    assert rates["qijue"].n_tones_ok > 0.85 * rates["qijue"].n_poems
    assert rates["qilv"].n_ok > 0.78 * rates["qilv"].n_poems
    assert rates["wulv"].n_ok > 0.7 * rates["wulv"].n_poems
    counts = Counter("".join(poem.text for poem in poems))
    n_han = sum(count for character, count in counts.items() if is_han(character))
    n_known = sum(count for character, count in counts.items() if reading_of(character) != "unknown")
    assert n_known > 0.998 * n_han
