"""The poem beside the shelf: in columns, in traditional characters, with what was kept of it."""

from textual.widgets import Static

from poetry_tui.favourites.poem_page import PoemPage
from poetry_tui.favourites.store import Favourite, FavouriteStore
from poetry_tui.widgets.poem.poem_view import PoemView
from tests.poetry_tui.favourites.shelf import POEMS, Shelf, loaded, until


async def test_a_kept_poem_stands_in_columns_and_in_traditional_characters(kept: FavouriteStore) -> None:
    app = Shelf()
    async with app.run_test(size=(120, 40)) as pilot:
        verse = app.screen.query_one(PoemView)
        await until(pilot, lambda: bool(verse.view_state.tokens))
        await pilot.press("v", "z")
        await until(pilot, lambda: verse.view_state.is_upright and verse.view_state.display_chars != "")
        assert len(verse.view_state.display_chars) == len(verse.view_state.tokens)
    assert all(poem.text in POEMS for poem in kept.list())


async def test_a_tune_is_shown_with_its_title_and_its_stanzas_apart_and_copied_so(kept: FavouriteStore) -> None:
    verse = "汴水流，泗水流。流到瓜洲古渡头，吴山点点愁。思悠悠，恨悠悠。恨到归时方始休，月明人倚楼。"
    kept.add(Favourite(0, verse, "汴", "m", 1, {"form": "free"}, created_s=4e9, title="长相思"))
    app = Shelf()
    async with app.run_test() as pilot:
        await loaded(pilot)
        await pilot.press("home", "y")
        await until(pilot, lambda: bool(app.clipboard))
    first, second = app.clipboard.split("\n\n")
    assert first.startswith("长相思\n汴水流，")
    assert second.startswith("思悠悠，")
    assert "".join((first, second)).replace("\n", "") == "长相思" + verse


async def test_a_long_title_is_cut_with_a_sign_and_told_whole_below(kept: FavouriteStore) -> None:
    title = "送友人自长安西归太原兼寄诸公因题驿壁三十韵并序"
    kept.set_title(kept.list()[0].id, title)
    app = Shelf()
    async with app.run_test(size=(80, 24)) as pilot:
        await loaded(pilot)
        rows = [strip.text for strip in app.screen._compositor.render_strips()]
        assert next(row for row in rows if title[:16] in row).rstrip(" │").endswith("…")
        assert title in str(app.screen.query_one("#page-made", Static).content)


async def test_a_long_note_leaves_the_poem_its_room_on_a_small_terminal(kept: FavouriteStore) -> None:
    kept.set_note(kept.list()[0].id, "赠小明，生日快乐。" * 12)
    app = Shelf()
    async with app.run_test(size=(60, 20)) as pilot:
        await loaded(pilot)
        shown = "".join(strip.text for strip in app.screen._compositor.render_strips())
        assert "湖上春来似画图" in shown.replace(" ", "")
        page = app.screen.query_one(PoemPage)
        page.scroll_end(animate=False)
        await until(pilot, lambda: page.scroll_y > 0)
        assert page.query_one("#page-made").region.bottom <= page.region.bottom
