"""The forms, rhyme books and rhymes on offer, and how the fields of the Compose screen follow one another."""

from poetry_tui.compose.request.form_choices import form_choices
from tests.poetry_tui.compose.open_studio import open_studio
from tests.poetry_tui.conftest import Until


def test_a_form_offers_the_rhymes_of_its_tone_in_each_of_its_books() -> None:
    choices = {choice.key: choice for choice in form_choices()}
    assert choices["qijue"].rhymes_by_book["pingshui"][0] == "一东"
    assert choices["zewujue"].rhymes_by_book["pingshui"][0] == "一董"
    assert choices["qijue"].rhymes_by_book["xinyun"][7] == "八寒"
    assert choices["huanxisha"].books == ("cilin", "xinyun")
    assert (choices["wupai20"].name, choices["wupai20"].tone_patterns[0]) == ("五排 20 句", "aBbA")
    assert {"wupai10", "wupai", "qipai40"} <= choices.keys()


async def test_the_rhymes_on_offer_are_those_of_the_chosen_book(until: Until) -> None:
    async with open_studio(until) as studio:
        fields = studio.screen.fields
        await studio.until(lambda: len(fields.form.values) > 3)
        fields.form.step(2)
        await studio.until(lambda: len(fields.book.values) == 3)
        assert fields.options["rhyme_book"] is None
        fields.choose_rhyme("一东")
        fields.book.step(2)
        await studio.until(lambda: fields.options["rhyme_book"] == "xinyun")
        assert fields.options["rhyme"] is None
        assert fields.rhyme.values[1] == "一麻"
        assert fields.remembered["rhyme_book"] == "xinyun"
        fields.book.step(-2)
        await studio.until(lambda: fields.options["rhyme_book"] is None)
        assert fields.rhyme.values[1] == "一东"
