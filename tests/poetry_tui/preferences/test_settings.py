"""What the studio remembers."""

from pathlib import Path

import pytest

from poetry_tui.preferences.settings import Settings, load_settings, save_settings, settings_file


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
