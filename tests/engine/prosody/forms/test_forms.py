"""The forms: their templates obey the rules that they stand for."""

import pytest

from engine.prosody.forms import definitions as module
from engine.prosody.forms.definitions import Form, form_called, forms, forms_of_lengths
from engine.prosody.tones import must_be
from engine.system.errors import StudioError, UsageError

REGULATED = [form for form in forms() if form.is_regulated]
TUNES = [form for form in forms() if not form.is_regulated]


def test_the_regulated_forms_have_their_tone_patterns() -> None:
    assert [(form.key, form.name, len(form.tone_patterns)) for form in REGULATED] == [
        ("wujue", "五绝", 4),
        ("qijue", "七绝", 4),
        ("wulv", "五律", 4),
        ("qilv", "七律", 4),
        ("zewujue", "仄韵五绝", 8),
        ("zeqijue", "仄韵七绝", 8),
        ("wupai", "五排", 4),
        ("qipai", "七排", 4),
    ]
    assert len(TUNES) >= 8


@pytest.mark.parametrize("form", REGULATED, ids=lambda form: form.key)
def test_couplets_oppose_and_neighbours_adhere_in_every_order(form: Form) -> None:
    for order in form.tone_patterns:
        seconds = [template[1] if len(template) == 5 else template[3] for template in order.templates]
        for number in range(1, len(seconds)):
            differs = seconds[number] != seconds[number - 1]
            # A couplet of oblique rhyme may repeat as well as join.
            assert differs == (number % 2 == 1) or (number == 2 and not form.rhymes_level), (order.name, number)
            assert seconds[number] in "平仄"


@pytest.mark.parametrize("form", REGULATED, ids=lambda form: form.key)
def test_even_lines_rhyme_in_one_tone_and_the_first_where_it_ends_in_it(form: Form) -> None:
    own, other, types = ("平", "仄", "AB") if form.rhymes_level else ("仄", "平", "ab")
    for order in form.tone_patterns:
        n_lines = len(form.line_lengths)
        expected = [line for line in range(n_lines) if line % 2 == 1 or (line == 0 and order.name[0] in types)]
        assert [place.line for place in order.rhymes] == expected
        assert {place.is_level for place in order.rhymes} == {form.rhymes_level}
        for line, template in enumerate(order.templates):
            assert template[-1] == (own if line in expected else other)


def test_a_pailu_has_as_many_lines_as_its_name_says() -> None:
    assert len(form_called("五排").line_lengths) == 12
    assert form_called("五排20").line_lengths == (5,) * 20
    assert form_called("qipai10").line_lengths == (7,) * 10
    assert form_called("五排20").key == "wupai"
    assert [form.key for form in forms_of_lengths((7,) * 16)] == ["qipai"]
    for name in ("五排11", "五排8", "五排0", "五排2000", "七律10"):
        with pytest.raises(UsageError):
            form_called(name)


def test_a_form_rhymes_by_another_book_of_its_kind() -> None:
    assert form_called("七律").in_book("xinyun").rhyme_system == "xinyun"
    assert form_called("七律").in_book("cilin").rhyme_system == "cilin"
    assert form_called("浣溪沙").in_book("pingshui").rhyme_system == "cilin"
    assert form_called("七律").in_book(None) == form_called("七律")


@pytest.mark.parametrize("form", REGULATED, ids=lambda form: form.key)
def test_no_template_has_three_level_tones_at_the_end_or_a_lonely_one(form: Form) -> None:
    for order in form.tone_patterns:
        for segment in order.segments:
            for pattern in segment.options:
                for template in pattern.templates:
                    assert not template.endswith("平平平")
                    if template.endswith("平"):
                        inner = template[-5:-1] + template[-7:-5]
                        assert inner.count("平") >= 2 or "仄仄平平" in template


@pytest.mark.parametrize("form", forms(), ids=lambda form: form.key)
def test_every_pattern_has_the_length_of_its_lines_and_only_the_three_signs(form: Form) -> None:
    for order in form.tone_patterns:
        assert tuple(map(len, order.templates)) == form.line_lengths
        for segment in order.segments:
            for pattern in segment.options:
                lengths = form.line_lengths[segment.first_line : segment.first_line + len(pattern.templates)]
                assert tuple(map(len, pattern.templates)) == lengths
                assert set("".join(pattern.templates)) <= set("平仄中")
                demanded = "".join(pattern.templates)
                must_level, must_oblique = must_be(demanded)
                assert not must_level & must_oblique
                assert must_level.bit_count() == demanded.count("平")
                assert must_oblique.bit_count() == demanded.count("仄")


@pytest.mark.parametrize("form", TUNES, ids=lambda form: form.key)
def test_a_tune_rhymes_where_its_template_says_its_tone(form: Form) -> None:
    (order,) = form.tone_patterns
    labels = [place.label for place in order.rhymes]
    assert all(labels.count(label) >= 2 for label in labels)
    for place in order.rhymes:
        assert order.templates[place.line][-1] == ("平" if place.is_level else "仄")
    for repeat in form.repeats:
        assert repeat.length <= form.line_lengths[repeat.line - 1]


def test_a_form_is_found_by_key_name_other_name_and_lengths() -> None:
    assert form_called("wujue") is form_called("五绝")
    assert form_called("鹊踏枝").name == "蝶恋花"
    assert [form.key for form in forms_of_lengths((7, 7, 7, 7))] == ["qijue", "zeqijue"]
    assert forms_of_lengths([3, 3]) == ()
    with pytest.raises(UsageError) as caught:
        form_called("十四行")
    assert "poetry-tui forms" in caught.value.hint


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"lines": None}, "lines"),
        ({"key": None}, "key"),
        ({"lines": "平中仄\n中仄仄平X A\n"}, "lines"),
        ({"lines": "平中仄\n中仄仄平平 a\n"}, "lines"),
        ({"lines": "平中仄\n中仄仄平平 A 重\n"}, "lines"),
        ({"variants": ["平中仄 A 叠三\n"]}, "variants"),
        ({"also": "望江南"}, "also"),
        ({"rime": "A"}, "rime"),
    ],
)
def test_a_malformed_tune_is_named_in_a_sentence(
    change: dict[str, object], problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = {"key": "yijiangnan", "name": "忆江南", "lines": "平中仄\n中仄仄平平 A\n"} | change
    tables = {"regulated": [], "tunes": [{name: value for name, value in entry.items() if value is not None}]}
    monkeypatch.setattr(module, "form_tables", lambda: tables)
    with pytest.raises(StudioError, match=r"The form '忆江南' of forms\.toml cannot be read: ") as caught:
        forms.__wrapped__()
    assert problem in str(caught.value)
