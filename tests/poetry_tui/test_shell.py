"""The frame around the screens: modes, themes, language, palette, help, small terminals."""

from collections.abc import Iterable
from typing import Any

import pytest
from textual.binding import Binding
from textual.command import CommandList, CommandPalette
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode
from textual.widgets import Input, Select

from poetry_tui.app import PoetryApp
from poetry_tui.compose.screen import ComposeScreen
from poetry_tui.preferences.i18n import Language, tr, tr_label
from poetry_tui.preferences.settings import Settings, load_settings, settings_file
from poetry_tui.preferences.themes import INK, PAPER
from poetry_tui.train.screen import TrainScreen
from poetry_tui.widgets.shell.footer import StudioFooter
from poetry_tui.widgets.shell.header import StudioHeader
from poetry_tui.widgets.shell.help_screen import HelpScreen, KeyList
from poetry_tui.widgets.shell.palette import best_match, named_commands
from poetry_tui.widgets.shell.studio_screen import TooSmall
from tests.poetry_tui.conftest import Until


async def test_the_number_keys_open_the_three_screens() -> None:
    app = PoetryApp(Settings())
    async with app.run_test() as pilot:
        for key, mode in (("2", "train"), ("3", "favourites"), ("1", "compose")):
            await pilot.press(key)
            assert app.current_mode == mode


async def test_a_click_on_a_tab_opens_its_screen() -> None:
    app = PoetryApp(Settings())
    async with app.run_test(size=(120, 40)) as pilot:
        header = app.screen.query_one(StudioHeader)
        columns = header._columns["favourites"]
        await pilot.click(StudioHeader, offset=(columns.start + 3, 0))
        await pilot.pause()
        assert app.current_mode == "favourites"


async def test_the_header_names_the_model_when_it_is_there(until: Until) -> None:
    app = PoetryApp(Settings())
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.screen.query_one(StudioHeader).status == "model studio-lstm · cpu")
        await pilot.press("3")
        await until(pilot, lambda: app.screen.query_one(StudioHeader).status == "model studio-lstm · cpu")


@pytest.mark.parametrize(
    ("size", "is_too_small"), [((40, 10), True), ((59, 24), True), ((80, 15), True), ((80, 24), False)]
)
async def test_a_small_terminal_gets_one_sentence_instead_of_a_mess(size: tuple[int, int], is_too_small: bool) -> None:
    app = PoetryApp(Settings())
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        shown = [widget for widget in app.screen.children if widget.display and widget.region]
        assert (shown == [app.screen.query_one(TooSmall)]) == is_too_small


async def test_the_screen_knows_its_size_before_it_is_laid_out(monkeypatch: pytest.MonkeyPatch) -> None:
    laid_out: list[bool] = []
    lay_out = ComposeScreen._refresh_layout

    def watched(screen: ComposeScreen, *given: Any, **named: Any) -> None:
        laid_out.append(screen.has_class("-wide") and screen.has_class("-tall"))
        lay_out(screen, *given, **named)

    monkeypatch.setattr(ComposeScreen, "_refresh_layout", watched)
    app = PoetryApp(Settings())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
    assert laid_out
    assert all(laid_out)


async def test_a_screen_is_styled_as_a_whole_only_where_it_was_hidden(
    no_engine: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("poetry_tui.train.screen.installed_corpora", lambda: ["tang"])
    styled: list[type] = []
    update = Stylesheet.update_nodes

    def watched(sheet: Stylesheet, nodes: Iterable[DOMNode], animate: bool = False) -> None:
        nodes = list(nodes)
        if StudioHeader in map(type, nodes):
            styled.append(type(nodes[0]))
        update(sheet, nodes, animate)

    app = PoetryApp(Settings())
    async with app.run_test(size=(120, 40)) as pilot:
        monkeypatch.setattr(Stylesheet, "update_nodes", watched)
        await pilot.press("2")
        await pilot.pause()
        assert TrainScreen not in styled
        await pilot.press("1")
        await pilot.pause()
        assert styled[-1] is ComposeScreen


async def test_a_terminal_that_grows_shows_the_screen_again(until: Until) -> None:
    app = PoetryApp(Settings())
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.resize_terminal(100, 30)
        await until(pilot, lambda: not app.screen.query_one(TooSmall).display)
        assert app.screen.query_one(StudioHeader).display


async def test_help_lists_every_key_of_the_screen_and_closes() -> None:
    app = PoetryApp(Settings())
    async with app.run_test(size=(120, 50)) as pilot:
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpScreen)
        text = str(app.screen.query_one("#help-keys").render())
        assert "1.7 % → 1.9 %" in str(app.screen.query_one("#help-figures").render())
        for part in ("Step through the poem", "Raise the sampling temperature", "Find any command", "^q"):
            assert part in text
        await pilot.press("escape")
        assert not isinstance(app.screen, HelpScreen)


@pytest.mark.parametrize("mode", ["compose", "train", "favourites"])
async def test_help_groups_the_keys_and_leaves_no_key_of_a_screen_to_the_common_ones(
    mode: str, no_engine: None
) -> None:
    app = PoetryApp(Settings(language="en"))
    async with app.run_test(size=(120, 50)) as pilot:
        app.action_mode(mode)
        await pilot.pause()
        await pilot.press("question_mark")
        groups = app.screen.query_one("#help-keys", KeyList).groups
        assert all(groups.values())
        assert list(groups)[-1] == "Everywhere"
        common = {
            tr("shell.palette.tip"),
            *(tr(f"{one.id}.tip") for one in PoetryApp.BINDINGS if isinstance(one, Binding)),
        }
        assert {tip for _, tip in groups["Everywhere"]} <= common, "put it into KEY_GROUPS"


async def test_the_theme_is_remembered() -> None:
    app = PoetryApp(Settings())
    async with app.run_test() as pilot:
        assert app.theme == INK
        app.action_toggle_theme()
        await pilot.pause()
        assert app.theme == PAPER
    assert load_settings(settings_file()).theme == PAPER
    assert PoetryApp().theme == PAPER


async def test_a_theme_that_is_no_more_is_ours_instead() -> None:
    assert PoetryApp(Settings(theme="gone")).theme == INK


async def test_any_theme_of_textual_can_be_worn(until: Until) -> None:
    app = PoetryApp(Settings(pace=3, n_candidates=1))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("enter")
        for theme in ("textual-light", "nord", "ansi-dark", "textual-dark"):
            if theme in app.available_themes:
                app.theme = theme
                await pilot.pause()
        assert app.is_running


async def test_the_language_changes_at_once_and_everywhere() -> None:
    app = PoetryApp(Settings())
    async with app.run_test(size=(120, 40)) as pilot:
        app.action_language("zh")
        await pilot.pause()
        assert app.screen.active_bindings["q"].binding.description == "退出"
        assert "起" in str(app.screen.query_one("RequestForm").border_title)
        assert "Begin" not in str(app.screen.query_one("RequestForm").border_title)
    assert load_settings(settings_file()).language == "zh"


async def test_settings_that_cannot_be_written_are_said_and_nothing_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError("read-only [/folder]")

    monkeypatch.setattr("poetry_tui.preferences.settings.save_settings", refuse)
    app = PoetryApp(Settings())
    async with app.run_test() as pilot:
        app.action_toggle_theme()
        await pilot.pause()
        assert any("read-only" in notice.message for notice in app._notifications)


async def test_the_palette_has_every_screen_language_and_theme() -> None:
    app = PoetryApp(Settings())
    async with app.run_test():
        titles = [command.title for command in app.get_system_commands(app.screen)]
    for part in ("作诗 Compose", "训练 Train", "诗集 Favourites", "English", "Light or dark", "quit"):
        assert any(part in title for title in titles), part


ASKED = {
    "compose.upright": ["vertical", "竖排", "竖"],
    "compose.tones": ["tones", "平仄"],
    "shell.quit": ["quit", "退出", "QUIT "],
    "shell.help": ["help", "帮助"],
    "shell.screenshot": ["screensh", "存屏幕"],
    "compose.warmer": ["warm"],
}


@pytest.mark.parametrize("language", ["both", "zh", "en"])
async def test_a_command_is_found_by_its_words_in_either_language_and_an_exact_match_comes_first(
    language: Language, no_engine: None
) -> None:
    app = PoetryApp(Settings(language=language))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        for first, queries in ASKED.items():
            for asked in queries:
                scores = {one.command.title: best_match(asked, one)[0] for one in named_commands(app, app.screen)}
                best = max(scores, key=scores.__getitem__)
                assert best in (tr_label(first), tr(first)), asked
                assert list(scores.values()).count(scores[best]) == 1


async def test_the_palette_shows_the_name_by_which_a_command_was_found(until: Until) -> None:
    app = PoetryApp(Settings(language="zh"))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(app.screen, CommandPalette))
        await pilot.press(*"quit")
        options = app.screen.query_one(CommandList)
        await until(pilot, lambda: options.option_count and "退出  quit" in str(options.get_option_at_index(0).prompt))
        await pilot.press("enter")
        await until(pilot, lambda: not app.is_running)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    ("width", "keys"),
    [
        (80, {"⏎", "t", "?"}),
        (120, {"w", "b", "← →", "y", "?"}),
        (200, {"w", "b", "← →", "v", "[", "]", "h", "y", "e", "?"}),
    ],
)
async def test_the_footer_is_filled_with_what_fits(
    width: int, keys: set[str], language: Language, until: Until
) -> None:
    app = PoetryApp(Settings(language=language, pace=3, n_candidates=1, form="free"))
    async with app.run_test(size=(width, 40)) as pilot:
        screen = app.screen
        assert isinstance(screen, ComposeScreen)
        for n in (1, 2):
            await pilot.press("enter")
            await until(pilot, lambda n=n: len(screen.session.compositions) == n and screen.session.current.is_over)  # type: ignore[misc, union-attr]
        footer = screen.query_one(StudioFooter)

        def shown() -> set[str]:
            return {item.display for item in footer._columns.values()}

        await until(pilot, lambda: keys <= shown())
        line = screen._compositor.render_strips()[-1]
        assert line.cell_length == width
        assert tr("shell.palette") in line.text


async def test_the_footer_offers_no_key_that_would_be_typed_into_a_field(until: Until) -> None:
    app = PoetryApp(Settings())
    async with app.run_test(size=(200, 40)) as pilot:
        footer = app.screen.query_one(StudioFooter)
        await until(pilot, lambda: "+" in {item.display for item in footer._columns.values()})
        await pilot.press("b")
        await until(pilot, lambda: "w" not in {item.display for item in footer._columns.values()})
        assert {item.display for item in footer._columns.values()} <= {"Esc", "^p"}


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("key", ["e", "n", "d", "H", "h"])
async def test_every_dialog_says_how_to_leave_it_on_a_small_terminal(
    language: Language, key: str, until: Until
) -> None:
    app = PoetryApp(Settings(language=language, pace=3, n_candidates=1))
    async with app.run_test(size=(60, 20)) as pilot:
        screen = app.screen
        await pilot.press("enter")
        await until(pilot, lambda: "f" in screen.active_bindings)
        await pilot.press("right", key)
        await until(pilot, lambda: app.screen is not screen)
        await until(pilot, lambda: any("Esc" in strip.text for strip in app.screen._compositor.render_strips()))
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is screen)


@pytest.mark.parametrize(("language", "words"), [("zh", "找一条命令"), ("en", "Search for a command")])
async def test_the_palette_asks_in_the_language_of_the_studio(
    no_engine: None, language: Language, words: str, until: Until
) -> None:
    app = PoetryApp(Settings())
    async with app.run_test() as pilot:
        app.action_language(language)
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(app.screen, CommandPalette))
        assert words in app.screen.query_one(Input).placeholder


@pytest.mark.parametrize(("language", "words"), [("zh", "没有找到"), ("en", "No matches")])
@pytest.mark.parametrize("action", ["command_palette", "change_theme"])
async def test_a_palette_says_in_the_language_of_the_studio_that_nothing_matches(
    no_engine: None, action: str, language: Language, words: str, until: Until
) -> None:
    app = PoetryApp(Settings(language=language))
    async with app.run_test() as pilot:
        app.call_later(app.run_action, f"app.{action}")
        await until(pilot, lambda: isinstance(app.screen, CommandPalette))
        assert ("找" in app.screen.query_one(Input).placeholder) == (language == "zh")
        await pilot.press(*"qqqqq")
        options = app.screen.query_one(CommandList)
        await until(pilot, lambda: options.option_count == 1 and options.get_option_at_index(0).disabled)
        assert any(words in strip.text for strip in app.screen._compositor.render_strips())


@pytest.mark.parametrize("key", ["e", "n", "d", "H", "h", "m", "question_mark"])
async def test_a_card_has_a_frame_of_ascii_where_the_terminal_has_no_other(key: str, until: Until) -> None:
    app = PoetryApp(Settings(charts="ascii", pace=3, n_candidates=3))
    async with app.run_test(size=(120, 40)) as pilot:
        screen = app.screen
        await pilot.press("enter")
        await until(pilot, lambda: "f" in screen.active_bindings)
        await pilot.press("right", key, *(("right_square_bracket", "m") if key == "m" else ()))
        await until(pilot, lambda: app.screen is not screen)
        await pilot.pause()
        assert not set("╭╮╰╯▊▎▔▁") & set("".join(strip.text for strip in app.screen._compositor.render_strips()))


@pytest.mark.parametrize(("language", "said"), [("zh", "按 q 或 Ctrl-Q 退出"), ("en", "press q or ctrl+q")])
async def test_ctrl_c_says_in_the_language_of_the_studio_how_to_quit(
    language: Language, said: str, no_engine: None
) -> None:
    app = PoetryApp(Settings(language=language))
    async with app.run_test() as pilot:
        await pilot.press("ctrl+c")
        assert any(said in notice.message for notice in app._notifications)


async def test_an_open_menu_of_choices_names_its_key_in_the_language_of_the_studio(
    train_first: None, until: Until
) -> None:
    app = PoetryApp(Settings(language="zh"))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.screen.query(Select))
        select = app.screen.query(Select).first()
        select.focus()
        await pilot.press("enter")
        await until(pilot, lambda: select.expanded)
        assert app.screen.active_bindings["escape"].binding.description == "收起"
