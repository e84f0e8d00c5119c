"""What the studio remembers."""

from pathlib import Path

import pytest

from engine.system.paths import config_file
from engine.system.translations import LANGUAGE_VARIABLE
from poetry_tui.app import PoetryApp
from poetry_tui.preferences import i18n
from poetry_tui.preferences.settings import Settings, load_settings, save_settings, settings_file
from poetry_tui.preferences.themes import INK


def test_what_was_remembered_comes_back() -> None:
    settings = Settings(language="zh", theme="studio-paper", model="mine", temperature=1.2, pace=3)
    save_settings(settings, settings_file())
    assert load_settings(settings_file()) == settings


@pytest.mark.parametrize(
    "content", ["", "{", "[1]", "\x00\xff", '{"language": "fr", "pace": -1, "temperature": "hot"}']
)
def test_a_damaged_file_gives_the_defaults(tmp_path: Path, content: str) -> None:
    path = tmp_path / "settings.json"
    path.write_bytes(content.encode("latin-1"))
    assert load_settings(path) == Settings()


def test_what_makes_sense_in_a_damaged_file_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"language": "en", "pace": "fast", "from_the_future": 1}', encoding="utf-8")
    assert load_settings(path) == Settings(language="en")


def test_a_setting_is_read_under_its_old_name(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"form": "qijue", "tone_order": "aBbA"}', encoding="utf-8")
    assert load_settings(path) == Settings(form="qijue", tone_pattern="aBbA")


@pytest.mark.parametrize(
    ("locale", "flag", "remembered", "expected"),
    [
        ("zh_CN.UTF-8", None, None, "zh"),
        ("de_DE.UTF-8", None, None, "both"),
        ("zh_CN.UTF-8", None, "en", "en"),
        ("zh_CN.UTF-8", "en", None, "en"),
        ("C", "zh", "both", "zh"),
    ],
)
def test_the_studio_speaks_the_language_of_the_flag_or_the_remembered_one_or_that_of_the_locale(
    locale: str, flag: str | None, remembered: i18n.Language | None, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", locale)
    if flag is not None:
        monkeypatch.setenv(LANGUAGE_VARIABLE, flag)
    if remembered is not None:
        save_settings(Settings(language=remembered), settings_file())
    PoetryApp()
    try:
        assert i18n.language() == expected
        # A flag is of one start: it is not remembered.
        assert remembered in (None, load_settings(settings_file()).language)
    finally:
        i18n.set_language("both")


async def test_an_unknown_theme_is_told_of_and_the_usual_one_is_taken() -> None:
    config_file().parent.mkdir(parents=True, exist_ok=True)
    config_file().write_text('[studio]\ntheme = "nope"\n', encoding="utf-8")
    app = PoetryApp()
    async with app.run_test(size=(100, 30)):
        assert app.theme == INK
        assert [one.message for one in app._notifications] == [
            "There is no theme called nope; choose another in the palette."
        ]
