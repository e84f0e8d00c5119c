"""The forms: their templates obey the rules that they stand for."""

import pytest

from engine.errors import UsageError
from engine.prosody.forms import Form, form_called, forms, forms_of_lengths

REGULATED = [form for form in forms() if form.is_regulated]
TUNES = [form for form in forms() if not form.is_regulated]


def test_the_four_regulated_forms_have_four_tone_orders_each() -> None:
    assert [(form.key, form.name, len(form.orders)) for form in REGULATED] == [
        ("wujue", "五绝", 4),
        ("qijue", "七绝", 4),
        ("wulv", "五律", 4),
        ("qilv", "七律", 4),
    ]
    assert len(TUNES) >= 8


@pytest.mark.parametrize("form", REGULATED, ids=lambda form: form.key)
def test_couplets_oppose_and_neighbours_adhere_in_every_order(form: Form) -> None:
    for order in form.orders:
        seconds = [template[1] if len(template) == 5 else template[3] for template in order.templates]
        for number in range(1, len(seconds)):
            differs = seconds[number] != seconds[number - 1]
            assert differs == (number % 2 == 1), (order.name, number)
            assert seconds[number] in "平仄"


@pytest.mark.parametrize("form", REGULATED, ids=lambda form: form.key)
def test_even_lines_rhyme_in_level_tone_and_the_first_where_it_ends_in_one(form: Form) -> None:
    for order in form.orders:
        n_lines = len(form.line_lengths)
        expected = [line for line in range(n_lines) if line % 2 == 1 or (line == 0 and order.name[0] in "AB")]
        assert [place.line for place in order.rhymes] == expected
        for line, template in enumerate(order.templates):
            assert template[-1] == ("平" if line in expected else "仄")


@pytest.mark.parametrize("form", REGULATED, ids=lambda form: form.key)
def test_no_template_has_three_level_tones_at_the_end_or_a_lonely_one(form: Form) -> None:
    for order in form.orders:
        for segment in order.segments:
            for pattern in segment.patterns:
                for template in pattern.templates:
                    assert not template.endswith("平平平")
                    if template.endswith("平"):
                        inner = template[-5:-1] + template[-7:-5]
                        assert inner.count("平") >= 2 or "仄仄平平" in template


@pytest.mark.parametrize("form", forms(), ids=lambda form: form.key)
def test_every_pattern_has_the_length_of_its_lines_and_only_the_three_signs(form: Form) -> None:
    for order in form.orders:
        assert tuple(map(len, order.templates)) == form.line_lengths
        for segment in order.segments:
            for pattern in segment.patterns:
                lengths = form.line_lengths[segment.first_line : segment.first_line + len(pattern.templates)]
                assert tuple(map(len, pattern.templates)) == lengths
                assert set("".join(pattern.templates)) <= set("平仄中")
                assert not pattern.must_level & pattern.must_oblique
                demanded = "".join(pattern.templates)
                assert pattern.must_level.bit_count() == demanded.count("平")
                assert pattern.must_oblique.bit_count() == demanded.count("仄")


@pytest.mark.parametrize("form", TUNES, ids=lambda form: form.key)
def test_a_tune_rhymes_where_its_template_says_its_tone(form: Form) -> None:
    (order,) = form.orders
    labels = [place.label for place in order.rhymes]
    assert all(labels.count(label) >= 2 for label in labels)
    for place in order.rhymes:
        assert order.templates[place.line][-1] == ("平" if place.is_level else "仄")
    for repeat in form.repeats:
        assert repeat.length <= form.line_lengths[repeat.line - 1]


def test_a_form_is_found_by_key_name_other_name_and_lengths() -> None:
    assert form_called("wujue") is form_called("五绝")
    assert form_called("鹊踏枝").name == "蝶恋花"
    assert [form.key for form in forms_of_lengths((7, 7, 7, 7))] == ["qijue"]
    assert forms_of_lengths([3, 3]) == ()
    with pytest.raises(UsageError) as caught:
        form_called("十四行")
    assert "wujue 五绝" in caught.value.hint
