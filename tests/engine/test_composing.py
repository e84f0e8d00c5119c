"""Composing in a form: whatever is wished for, the poem keeps the rules, or one sentence says why there is none."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.checkpoint import LoadedModel
from engine.composer import Composition, compose, compose_many, compose_poem
from engine.composing.book import LEVEL_BIT, OBLIQUE_BIT, read_book
from engine.composing.layout import lay_out_steps
from engine.config import ComposeConfig
from engine.errors import ComposeError, StudioError
from engine.novelty.bloom import CodePoints
from engine.novelty.lines import TrainingLines
from engine.prosody.check import check
from engine.prosody.forms import form_called, forms
from engine.prosody.rhymes import masks_of
from engine.vocabulary import BEGIN, Vocabulary, is_han
from tests.engine.rhyming_model import rhyming_model
from tests.engine.verse_judge import SHAPES, faults, repeated

REGULATED = tuple(SHAPES)
TUNES = tuple(form.key for form in forms() if not form.is_regulated)
HAN = "".join(filter(is_han, rhyming_model().vocabulary.characters))


class Lines:
    """Training lines of the test's own."""

    def __init__(self, lines: set[str] | None = None, doubled: str = "") -> None:
        self._lines, self._doubled = lines, doubled

    def contains(self, lines: list[str]) -> np.ndarray[Any, np.dtype[np.bool_]]:
        return np.array([self._lines is None or line in self._lines for line in lines], np.bool_)

    def ends(self, beginnings: CodePoints) -> np.ndarray[Any, np.dtype[np.bool_]]:
        known, texts = self._lines, ["".join(map(chr, one)) for one in beginnings]
        return np.array([known is None or any(map(one.endswith, known)) for one in texts], np.bool_)

    def reduplicates(self, character: str) -> bool:
        return character in self._doubled


@pytest.fixture(scope="module")
def loaded() -> LoadedModel:
    return rhyming_model()


def with_lines(loaded: LoadedModel, lines: Lines) -> LoadedModel:
    return replace(loaded, lines=cast(TrainingLines, lines))


def again(loaded: LoadedModel, wish: ComposeConfig, poem: Composition) -> Composition:
    """A candidate composed alone."""
    return compose_poem(loaded, wish.replace(seed=poem.seed, n_particles=poem.n_particles))


def lines_of(poem: Composition) -> list[str]:
    return ["".join(filter(is_han, line)) for line in cast(list[str], poem.to_dict()["lines"])]


@pytest.mark.parametrize("form", REGULATED)
def test_regulated_verse_passes_an_independent_judge(loaded: LoadedModel, form: str) -> None:
    poems = compose_many(loaded, ComposeConfig(form=form, temperature=1.0, top_p=1.0), 40)
    assert len({poem.text for poem in poems}) == 40
    for poem in poems:
        assert faults(poem.text, form, poem.rhyme) == []
        assert poem.verdicts == (True, True, True)
    assert len({poem.order for poem in poems}) > 1
    assert len({poem.rhyme for poem in poems}) > 1


@pytest.mark.parametrize("form", TUNES)
def test_every_tune_passes_the_checker(loaded: LoadedModel, form: str) -> None:
    for poem in compose_many(loaded, ComposeConfig(form=form), 3, n_tried=3):
        report = check(poem.text, form)
        assert report.verdicts.overall == "ok"
        assert not report.unknown
        assert poem.verdicts == (True, True, True)


@pytest.mark.parametrize(
    ("character", "tones", "groups"),
    [
        ("不", OBLIQUE_BIT, ["五物"]),
        ("平", LEVEL_BIT, ["八庚"]),
        ("看", LEVEL_BIT | OBLIQUE_BIT, ["十四寒", "十五翰"]),
        ("啼", 0, []),
        ("，", 0, []),
    ],
)
def test_characters_are_drawn_with_the_readings_that_poets_use(character: str, tones: int, groups: list[str]) -> None:
    vocabulary = Vocabulary("，" + "不平看啼")
    book = read_book(vocabulary, "pingshui")
    (index,) = vocabulary.encode(character)
    assert book.tones[index] == tones
    names = masks_of("pingshui").names
    members = book.level[:, index] | book.oblique[:, index]
    assert set(groups) <= {name for name, is_own in zip(names, members, strict=True) if is_own}
    assert bool(members.any()) == bool(groups)
    assert not (character == "平" and members[names.index("一先")])


@pytest.mark.parametrize("rhyme", ["东", "一东", "阳"])
def test_a_wished_rhyme_is_kept(loaded: LoadedModel, rhyme: str) -> None:
    for poem in compose_many(loaded, ComposeConfig(form="七律", rhyme=rhyme), 8, n_tried=8):
        assert poem.rhyme is not None
        assert poem.rhyme.endswith(rhyme)
        assert faults(poem.text, "qilv", poem.rhyme) == []


@pytest.mark.parametrize("form", REGULATED)
def test_a_wished_tone_order_is_kept(loaded: LoadedModel, form: str) -> None:
    for order in form_called(form).orders:
        wish = ComposeConfig(form=form, tone_order=order.name, top_p=1.0)
        report = check(compose_poem(loaded, wish).text, form)
        assert order.name in (report.order, *(report.ties or ()))


def test_an_octaves_order_may_be_named_by_its_first_half(loaded: LoadedModel) -> None:
    poem = compose_poem(loaded, ComposeConfig(form="五律", tone_order="ABbA"))
    assert poem.order == "ABbAaBbA"


@st.composite
def wishes(draw: st.DrawFn) -> ComposeConfig:
    form = draw(st.sampled_from([*REGULATED, *TUNES]))
    n_places = sum(form_called(form).line_lengths)
    text = st.text(st.sampled_from(HAN), max_size=5)
    blanks = ["□"] * n_places
    for place, character in draw(st.lists(st.tuples(st.integers(0, n_places - 1), st.sampled_from(HAN)), max_size=3)):
        blanks[place] = character
    part = draw(st.sampled_from(["begin", "acrostic", "acrostic_tail", "keep", "none"]))
    return ComposeConfig(
        form=form,
        begin=draw(text) if part == "begin" else draw(st.sampled_from(["", "春", "日"])),
        acrostic=draw(text) if part == "acrostic" else "",
        acrostic_tail=draw(text) if part == "acrostic_tail" else "",
        keep="".join(blanks) if part == "keep" else "",
        rhyme=draw(st.sampled_from([None, None, "东", "麻"])) if form in REGULATED else None,
        tone_order=draw(st.sampled_from([None, None, "aBbA"])) if form in REGULATED else None,
        temperature=draw(st.sampled_from([0.0, 0.8, 3.0])),
        top_p=draw(st.sampled_from([0.5, 1.0])),
        n_particles=draw(st.sampled_from([0, 1, 3])),
        seed=draw(st.integers(0, 9)),
    )


@given(wishes())
@settings(max_examples=120, deadline=None)
def test_any_wish_is_kept_or_refused_in_one_sentence(wish: ComposeConfig) -> None:
    try:
        poem = compose_poem(rhyming_model(), wish)
    except ComposeError as error:
        sentence, hint = error.message, error.hint
    else:
        sentence = hint = "."
        assert_kept(wish, poem)
    assert sentence.endswith(".")
    assert hint


def assert_kept(wish: ComposeConfig, poem: Composition) -> None:
    report = check(poem.text, wish.form)
    assert report.verdicts.overall == "ok"
    text = "".join(lines_of(poem))
    assert text.startswith(wish.begin)
    assert all(line[0] == wanted for line, wanted in zip(lines_of(poem), wish.acrostic, strict=False))
    assert all(line[-1] == wanted for line, wanted in zip(lines_of(poem), wish.acrostic_tail, strict=False))
    assert all(wanted in ("□", character) for character, wanted in zip(text, wish.keep, strict=False))
    drawn_freely = not (wish.begin or wish.acrostic or wish.acrostic_tail or wish.keep)
    if drawn_freely and wish.form in REGULATED:
        assert faults(poem.text, wish.form) == []


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        ({"acrostic": "春江花月夜"}, "The acrostic has 5 characters, but 五绝 has 4 lines."),
        ({"begin": "春", "acrostic": "江"}, "The beginning wants 春 and the acrostic 江 at place 1 of line 1."),
        ({"keep": "□" * 19}, "The kept text has 19 places, but 五绝 has 20."),
        ({"keep": "春人，" + "□" * 18}, "Line 1 of the kept text has 2 characters, but that of 五绝 has 5."),
        ({"begin": "春" * 21}, "The beginning has 21 characters, but 五绝 has 20 places."),
        ({"acrostic_tail": "□月"}, "月 of the acrostic of line ends is 仄, but 五绝 wants 平 at place 5 of line 2."),
        ({"acrostic_tail": "□辣"}, "The rhyme book does not tell the tone of 辣 of the acrostic of line ends"),
        ({"keep": "□月□月□" + "□" * 15, "tone_order": "aBbA"}, ""),
        ({"keep": "□春□□□□人" + "□" * 13}, "春 of the kept text (平, place 2 of line 1) and 人 of the kept text"),
        ({"begin": "□春", "tone_order": "aBbA"}, "but the order aBbA of 五绝 wants 仄 at place 2 of line 1."),
        (
            {"rhyme": "东", "acrostic_tail": "□山"},
            "The rhyme 一东 and 山 of the acrostic of line ends contradict each other",
        ),
        ({"acrostic_tail": "□山□风"}, "山 of the acrostic of line ends and 风 of the acrostic of line ends must rhyme"),
        (
            {"acrostic_tail": "□风□风"},
            "风 of the acrostic of line ends rhymes at place 5 of line 2 and again at place 5",
        ),
        ({"rhyme": "董"}, "五绝 rhymes in a level tone, but 一董 is of the 上 tone."),
        ({"rhyme": "咸"}, "The model knows too few characters of the group 十五咸 for the rhymes of 五绝."),
        ({"tone_order": "abab"}, "五绝 has no tone order called 'abab'."),
        ({"form": "浣溪沙", "tone_order": "aBbA"}, "浣溪沙 has no tone order called 'aBbA'."),
        ({"form": "浣溪沙", "rhyme": "元"}, "A tune rhymes by parts, and 十三元 is divided between 第六部 and 第七部."),
        ({"form": "浣溪沙", "rhyme": "第二十部"}, "There is no part called '第二十部'."),
        ({"form": "十绝"}, "There is no form called '十绝'."),
        ({"title": "登高"}, "This model was trained without titles."),
        ({"form": "free", "acrostic": "春"}, "An acrostic needs a form, and free verse has none."),
        ({"form": "free", "rhyme": "东"}, "A rhyme needs a form, and free verse has none."),
        ({"form": "free", "keep": "春□□月"}, "Characters can be kept behind a blank only where a form says"),
        ({"form": "free", "keep": "春风□", "begin": "春日"}, "The beginning and the kept text differ."),
        ({"begin": "鹓"}, "The model does not know 鹓."),
    ],
)
def test_a_contradiction_is_told_in_one_sentence(loaded: LoadedModel, wish: dict[str, str], sentence: str) -> None:
    if not sentence:
        assert compose_poem(loaded, ComposeConfig.from_dict({"form": "五绝", **wish})).text
        return
    with pytest.raises(StudioError) as caught:
        compose_poem(loaded, ComposeConfig.from_dict({"form": "五绝", **wish}))
    assert sentence in caught.value.message
    assert caught.value.message.endswith(".")
    assert caught.value.hint


def test_the_same_seed_gives_the_same_poem_alone_and_among_others(loaded: LoadedModel) -> None:
    for wish in (ComposeConfig(form="七绝", begin="春"), ComposeConfig(form="五绝", acrostic="山水")):
        poems = compose_many(loaded, wish, 6, n_tried=6)
        assert poems == compose_many(loaded, wish, 6, n_tried=6)
        assert len({poem.text for poem in poems}) == 6
        for poem in poems:
            assert again(loaded, wish, poem).text == poem.text


def test_candidates_come_best_first(loaded: LoadedModel) -> None:
    for n, n_tried in ((1, 8), (3, 8), (10, 32)):
        wish = ComposeConfig(form="五绝", n_particles=0)
        best = compose_many(loaded, wish, n)
        scores = [poem.score for poem in best]
        assert scores == sorted(scores, reverse=True)
        all_of_them = compose_many(loaded, wish.replace(n_particles=best[0].n_particles), n_tried)
        assert best == all_of_them[:n]


def test_a_whole_first_line_may_be_given_with_its_mark(loaded: LoadedModel) -> None:
    poem = compose_poem(
        loaded, ComposeConfig(form="五绝", begin="白日依山尽，".replace("依", "一").replace("尽", "尺"))
    )
    assert poem.text.startswith("白日一山尺，")
    assert poem.verdicts == (True, True, True)


def test_a_fixed_character_may_need_a_rescue(loaded: LoadedModel) -> None:
    """孤平救: 仄 at the first place of 平平仄仄平 calls for 平 at the third."""
    wish = ComposeConfig(form="五绝", tone_order="aBbA", keep="□□□□□月" + "□" * 14)
    report = check(compose_poem(loaded, wish).text, "五绝")
    assert report.verdicts.overall == "ok"
    assert "孤平救" in {licence.name for licence in report.licences}


def test_characters_are_not_repeated_nearby_but_for_those_that_poets_double(loaded: LoadedModel) -> None:
    doubling = with_lines(loaded, Lines(set(), doubled=HAN[::2]))
    doubled = set()
    for poem in compose_many(doubling, ComposeConfig(form="七绝", temperature=2.0, top_p=1.0), 64):
        assert repeated(poem.text) == set()
        doubled |= {character for character, after in zip(poem.text, poem.text[1:], strict=False) if character == after}
    assert doubled
    assert doubled <= set(HAN[::2])


def test_no_line_of_the_training_text_is_written(loaded: LoadedModel) -> None:
    wish = ComposeConfig(form="五绝", seed=4)
    known = set(lines_of(compose_poem(loaded, wish)))
    poem = compose_poem(with_lines(loaded, Lines(known)), wish)
    assert known.isdisjoint(lines_of(poem))
    assert faults(poem.text, "wujue") == []


def test_no_line_of_the_training_text_is_written_as_part_of_a_longer_one(loaded: LoadedModel) -> None:
    wish = ComposeConfig(form="七绝", seed=4)
    known = {line[start : start + 5] for line in lines_of(compose_poem(loaded, wish)) for start in range(3)}
    poem = compose_poem(with_lines(loaded, Lines(known)), wish)
    assert not any(part in line for line in lines_of(poem) for part in known)
    assert faults(poem.text, "qijue") == []


def test_a_line_that_leads_to_a_fixed_end_is_begun_anew_when_it_is_known(loaded: LoadedModel) -> None:
    wish = ComposeConfig(form="五绝", acrostic_tail="□山", seed=4, n_particles=1)
    known = set(lines_of(compose_poem(loaded, wish)))
    poem = compose_poem(with_lines(loaded, Lines(known)), wish)
    assert known.isdisjoint(lines_of(poem))
    assert lines_of(poem)[1].endswith("山")


def test_when_every_line_is_known_one_sentence_says_so(loaded: LoadedModel) -> None:
    with pytest.raises(ComposeError, match="No line 1 was found that keeps to all the wishes and is new"):
        compose_poem(with_lines(loaded, Lines(None)), ComposeConfig(form="五绝", acrostic_tail="□山"))
    with pytest.raises(ComposeError, match="No line 1 was found"):
        compose_poem(with_lines(loaded, Lines(None)), ComposeConfig(form="五绝"))


def test_a_line_that_was_given_whole_may_be_known(loaded: LoadedModel) -> None:
    line = lines_of(compose_poem(loaded, ComposeConfig(form="五绝", seed=4)))[0]
    poem = compose_poem(with_lines(loaded, Lines({line})), ComposeConfig(form="五绝", begin=line))
    assert lines_of(poem)[0] == line


def test_what_a_tune_repeats_is_repeated_and_fixed_in_both_places(loaded: LoadedModel) -> None:
    poem = compose_poem(loaded, ComposeConfig(form="如梦令", keep="□" * 25 + "□月" + "□" * 6))
    lines = lines_of(poem)
    assert lines[4] == lines[5]
    assert lines[4].endswith("月")


def test_marks_end_a_tunes_stanzas_and_part_its_lines(loaded: LoadedModel) -> None:
    steps = lay_out_steps(form_called("卜算子"))
    assert [step.mark for step in steps if step.mark] == [*["，。"] * 3, "。", *["，。"] * 3, "。"]
    text = compose_poem(loaded, ComposeConfig(form="卜算子")).text
    assert len([character for character in text if character in "，。"]) == 8


def counted(loaded: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of rows of every step of the network from now on."""
    rows: list[int] = []
    step = loaded.model.step

    def counting(x: Any, state: Any = None) -> Any:
        rows.append(len(x))
        return step(x, state)

    monkeypatch.setattr(loaded.model, "step", counting)
    return rows


def indices_read(loaded: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What the network reads in its first row from now on."""
    read: list[int] = []
    step = loaded.model.step

    def reading(x: Any, state: Any = None) -> Any:
        read.append(int(x[0]))
        return step(x, state)

    monkeypatch.setattr(loaded.model, "step", reading)
    return read


def test_a_poem_comes_character_by_character_where_nothing_is_fixed_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = rhyming_model()
    rows = counted(loaded, monkeypatch)
    glyphs = compose(loaded, ComposeConfig(form="五绝", begin="春"))
    assert [next(glyphs).character, len(rows)] == ["春", 1]
    next(glyphs)
    assert rows == [1, 1]


def test_a_poem_comes_line_by_line_where_something_is(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = rhyming_model()
    rows = counted(loaded, monkeypatch)
    glyphs = compose(loaded, ComposeConfig(form="五绝", acrostic="春月", n_particles=5))
    assert next(glyphs).character == "春"
    # A line, its mark, and what is fixed at the beginning of the next one.
    assert rows == [5] * 7


def glyphs_of(loaded: LoadedModel, **wish: Any) -> Iterator[Any]:
    return compose(loaded, ComposeConfig(form="七绝", **wish), n_alternatives=500)


@pytest.mark.parametrize("wish", [{"begin": "春"}, {"acrostic": "春月"}])
def test_glyphs_tell_their_place_and_what_the_wishes_leave(loaded: LoadedModel, wish: dict[str, str]) -> None:
    places = []
    for glyph in glyphs_of(loaded, **wish):
        places.append((glyph.line, glyph.position))
        assert glyph.allowed_probability >= glyph.probability * 0.999
        allowed = {character: p_allowed for character, _, p_allowed in glyph.alternatives if p_allowed}
        if glyph.character:
            assert allowed[glyph.character] == pytest.approx(glyph.allowed_probability, rel=1e-3)
            assert sum(allowed.values()) == pytest.approx(1, rel=1e-3)
    assert places == [(line, position) for line in range(1, 5) for position in (1, 2, 3, 4, 5, 6, 7, 0)] + [(4, 0)]


def test_a_title_is_read_before_the_poem_and_never_written() -> None:
    loaded = rhyming_model(tags=True)
    wish = ComposeConfig(form="五绝", begin="日", temperature=3.0, top_p=1.0)
    about_moon = compose_poem(loaded, wish.replace(title="夜月"))
    assert about_moon.text != compose_poem(loaded, wish).text
    assert faults(about_moon.text, "wujue") == []
    for seed in range(5):
        free = compose_poem(loaded, wish.replace(form="free", title="夜月", seed=seed))
        assert set(free.text) <= set(loaded.vocabulary.characters)
    with pytest.raises(ComposeError, match="knows no character of the title '鹓雏'"):
        compose_poem(loaded, wish.replace(title="鹓雏"))


def test_a_model_that_reads_headers_is_told_the_rhyme_that_the_seed_settles(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = rhyming_model(tags=True)
    wish = ComposeConfig(form="五绝", top_p=1.0)
    poems = compose_many(loaded, wish, 24, n_tried=24)
    assert len({poem.rhyme for poem in poems}) > 4
    read = indices_read(loaded, monkeypatch)
    for poem in poems:
        assert faults(poem.text, "wujue", poem.rhyme) == []
        read.clear()
        assert again(loaded, wish, poem).text == poem.text
        assert read[:3] == [BEGIN, loaded.vocabulary.tag("form:wujue"), loaded.vocabulary.tag(f"rhyme:{poem.rhyme}")]


def test_poems_of_one_seed_that_begin_differently_rhyme_differently() -> None:
    loaded = rhyming_model(tags=True)
    beginnings = [character for character in loaded.vocabulary.characters[:40] if character not in "，。"]
    rhymes = {compose_poem(loaded, ComposeConfig(form="五绝", begin=one, top_p=1.0)).rhyme for one in beginnings}
    assert len(rhymes) > 4


def test_free_candidates_are_the_poems_of_their_seeds(loaded: LoadedModel) -> None:
    wish = ComposeConfig(begin="春", max_chars=30, temperature=1.0)
    poems = compose_many(loaded, wish, 5)
    assert len(poems) == 5
    for poem in poems:
        assert again(loaded, wish, poem).text == poem.text


def test_of_free_candidates_those_that_copy_a_line_come_last(loaded: LoadedModel) -> None:
    wish = ComposeConfig(begin="春", max_chars=30, temperature=1.0)
    best, *others = compose_many(loaded, wish, 5)
    copied = max(lines_of(best), key=len)
    reading = with_lines(loaded, Lines({copied}))
    *new, last = compose_many(reading, wish, 5)
    assert last.text == best.text
    assert [poem.text for poem in new] == [poem.text for poem in others]


def test_a_kept_beginning_is_kept_in_free_verse(loaded: LoadedModel) -> None:
    poem = compose_poem(loaded, ComposeConfig(keep="春风不一，月□□□□", max_chars=12))
    assert poem.text.startswith("春风不一，月")


def test_a_poem_that_is_kept_whole_is_only_read(loaded: LoadedModel) -> None:
    text = compose_poem(loaded, ComposeConfig(form="五绝", seed=2)).text
    poem = compose_poem(loaded, ComposeConfig(form="五绝", keep=text, seed=9))
    assert poem.text == text
