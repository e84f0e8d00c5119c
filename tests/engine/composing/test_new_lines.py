"""What is composed is new: no line of the training text, no character again nearby, unless it was asked for."""

import pytest

from engine.composing.composer import compose_many, compose_poem
from engine.composing.decoding import decoder
from engine.config.schema import ComposeConfig
from engine.corpus.usage import LINE_TAILS
from engine.model.checkpoint import LoadedModel
from engine.system.errors import ComposeError
from engine.system.paths import bundled_rows
from tests.engine.composing.composing_lines import HAN, Lines, lines_of, with_lines
from tests.engine.composing.rhyming_model import rhyming_model
from tests.engine.prosody.verse_judge import faults, repeated


@pytest.fixture(scope="module")
def loaded() -> LoadedModel:
    return rhyming_model()


def test_characters_are_not_repeated_nearby_but_for_those_that_poets_double(loaded: LoadedModel) -> None:
    doubling = with_lines(loaded, Lines(set(), doubled=HAN[::2]))
    doubled = set()
    for poem in compose_many(doubling, ComposeConfig(form="七绝", temperature=2.0, top_p=1.0), 64):
        assert repeated(poem.text) == set()
        doubled |= {character for character, after in zip(poem.text, poem.text[1:], strict=False) if character == after}
    assert doubled
    assert doubled <= set(HAN[::2])


def test_no_line_of_the_training_text_is_written(loaded: LoadedModel) -> None:
    constraint = ComposeConfig(form="五绝", seed=4)
    known = set(lines_of(compose_poem(loaded, constraint)))
    poem = compose_poem(with_lines(loaded, Lines(known)), constraint)
    assert known.isdisjoint(lines_of(poem))
    assert faults(poem.text, "wujue") == []


def test_no_line_of_the_training_text_is_written_as_part_of_a_longer_one(loaded: LoadedModel) -> None:
    constraint = ComposeConfig(form="七绝", seed=4)
    known = {line[start : start + 5] for line in lines_of(compose_poem(loaded, constraint)) for start in range(3)}
    poem = compose_poem(with_lines(loaded, Lines(known)), constraint)
    assert not any(part in line for line in lines_of(poem) for part in known)
    assert faults(poem.text, "qijue") == []


def test_a_line_that_leads_to_a_fixed_end_is_begun_anew_when_it_is_known(loaded: LoadedModel) -> None:
    constraint = ComposeConfig(form="五绝", acrostic_tail="□山", seed=4, n_particles=1)
    known = set(lines_of(compose_poem(loaded, constraint)))
    poem = compose_poem(with_lines(loaded, Lines(known)), constraint)
    assert known.isdisjoint(lines_of(poem))
    assert lines_of(poem)[1].endswith("山")


def test_when_every_line_is_known_one_sentence_says_so(loaded: LoadedModel) -> None:
    with pytest.raises(ComposeError, match="No line 1 was found that satisfies all constraints and is new"):
        compose_poem(with_lines(loaded, Lines(None)), ComposeConfig(form="五绝", acrostic_tail="□山"))
    with pytest.raises(ComposeError, match="No line 1 was found"):
        compose_poem(with_lines(loaded, Lines(None)), ComposeConfig(form="五绝"))


def test_a_line_that_was_given_whole_may_be_known(loaded: LoadedModel) -> None:
    line = lines_of(compose_poem(loaded, ComposeConfig(form="五绝", seed=4)))[0]
    poem = compose_poem(with_lines(loaded, Lines({line})), ComposeConfig(form="五绝", begin=line))
    assert lines_of(poem)[0] == line


def test_of_free_candidates_those_that_copy_a_line_come_last(loaded: LoadedModel) -> None:
    constraint = ComposeConfig(begin="春", max_chars=30, temperature=1.0)
    best, *others = compose_many(loaded, constraint, 5, pool_size=5)
    copied = max(lines_of(best), key=len)
    reading = with_lines(loaded, Lines({copied}))
    *new, last = compose_many(reading, constraint, 5, pool_size=5)
    assert last.text == best.text
    assert [poem.text for poem in new] == [poem.text for poem in others]


def test_lines_end_in_three_characters_that_poets_end_lines_with_more_often_than_by_the_model_alone(
    loaded: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    tails = {before + after for before, afters in bundled_rows(LINE_TAILS) for after in afters}

    def n_attested() -> int:
        poems = compose_many(loaded, ComposeConfig(form="五绝", n_particles=1), 24)
        assert all(faults(poem.text, "wujue") == [] for poem in poems)
        return sum(line[-3:] in tails for poem in poems for line in lines_of(poem))

    n_penalised = n_attested()
    monkeypatch.setattr(decoder, "RARE_TAIL_NATS", 0.0)
    assert n_penalised > 2 * n_attested()
