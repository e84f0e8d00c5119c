"""The forms, rhyme books and rhymes on offer, and how the fields of the Compose screen follow one another."""

from engine.config.schema import ComposeConfig
from poetry_tui.compose.request.form import RequestForm
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


async def test_the_upper_line_of_a_couplet_is_typed_where_a_poem_has_its_begin(until: Until) -> None:
    async with open_studio(until) as studio:
        form = studio.screen.query_one(RequestForm)
        await studio.until(lambda: len(form.fields.form.values) > 3)
        form.fields.form.step(-1)
        assert form.fields.form.values[form.fields.form.index] in ("对联", "couplet")
        config = form.request("海阔凭鱼跃", None).config
        assert (config["form"], config["begin"], config["couplet"]) == ("free", "", "海阔凭鱼跃")
        assert ComposeConfig.from_dict(config).couplet == "海阔凭鱼跃"
