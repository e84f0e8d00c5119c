"""Two poems side by side: the characters that a revision changed are marked, those of another poem are not."""

import pytest
from textual.app import App
from textual.widgets import Static

from poetry_tui.preferences.i18n import set_language
from poetry_tui.widgets.poem.comparison import ComparedPoem, ComparisonScreen, differing

FIRST = "孤山绝顶暮云重，古寺深山半夜钟。一夜东风吹不尽，万年松柏有高峰。"
REVISED = "孤山绝顶晓云重，古寺深林半夜钟。一夜秋风吹不尽，万年松柏有高峰。"
OTHER = "日暮江头一笛风，满船明月照归篷。扁舟不系无人管，自逐寒潮到海东。"


def test_a_revision_differs_where_characters_were_changed() -> None:
    assert [FIRST[index] for index in sorted(differing(FIRST, REVISED))] == ["暮", "山", "东"]
    assert differing(FIRST, FIRST) == differing(FIRST, OTHER) == differing(FIRST, FIRST[:-1]) == frozenset()
    assert differing("日月，", "日，月") == frozenset()


@pytest.mark.parametrize(("second", "n"), [(REVISED, "3 characters differ · Esc close"), (OTHER, "Esc close")])
async def test_both_poems_stand_with_form_rhyme_and_tones(second: str, n: str) -> None:
    set_language("en")
    app: App[None] = App()
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(ComparisonScreen(ComparedPoem(FIRST, form="qijue"), ComparedPoem(second, "江上", about="2.1")))
        await app.workers.wait_for_complete()
        await pilot.pause()
        left, right = app.screen.query(Static)
        assert "七绝 · ABbA · 二冬" in str(left.render())
        assert "江上" in str(right.render())
        assert str(left.render()).splitlines()[4:6] == ["孤山绝顶暮云重，", "平平仄仄仄平通韵"]
        card = left.parent.parent if left.parent else None
        assert card is not None
        assert str(card.border_subtitle or "") == n  # type: ignore[attr-defined]
        assert left.region.right <= right.region.x
