"""A report in its templates: what a run or a model wrote is text, never markup."""

from poetry_tui.tracking.report.blocks import Block, Figure, Heading, Paragraph, Poem, Prediction, Table
from poetry_tui.tracking.report.render import to_html, to_markdown
from poetry_tui.tracking.report.svg import chart

HOSTILE = "<b>日</b> & [月](x) *山*"


def test_what_a_model_wrote_is_text_in_the_html_page() -> None:
    blocks: list[Block] = [
        Heading(HOSTILE, 1),
        Paragraph(HOSTILE),
        Poem(HOSTILE, [HOSTILE]),
        Table([HOSTILE], [[HOSTILE]]),
    ]
    page = to_html(blocks, HOSTILE, "en")
    assert "<b>" not in page
    # The title, the heading, the paragraph, caption and line of the poem, two cells of the table.
    assert page.count("&lt;b&gt;日&lt;/b&gt; &amp; [月](x) *山*") == 7


def test_what_a_model_wrote_is_text_in_markdown() -> None:
    text = to_markdown([Paragraph(HOSTILE), Table(["run"], [[HOSTILE]], frozenset([0]))])
    plain = r"\<b\>日\</b\> & \[月\](x) \*山\*"
    assert text == f"{plain}\n\n| run |\n| --- |\n| **{plain}** |\n"


def test_poems_that_follow_one_another_stand_side_by_side_and_figures_as_they_were_drawn() -> None:
    figure = Figure("loss.svg", chart([], "steps", "nats"), "the loss")
    page = to_html(
        [Poem("日", ["日出东方。"]), Poem("月", ["月落乌啼。"]), figure, Poem("山", ["山高水长。"])], "report", "zh"
    )
    assert page.count('<div class="poems">') == 2
    assert figure.svg in page
    assert page.startswith('<!doctype html>\n<html lang="zh">')


def test_a_prediction_is_tinted_by_the_probability_of_each_target_character() -> None:
    page = to_html([Prediction("step 50", "日月山", "日明", [1.0, 0.5])], "report", "en")
    assert page.count('class="pair"') == 3
    assert [share for share in ("0.75", "0.38", "0.00") if f"rgba(var(--sure), {share})" in page] == [
        "0.75",
        "0.38",
        "0.00",
    ]
