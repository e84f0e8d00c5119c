"""config.toml, and where files lie: through the commands."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from engine.__main__ import main as engine_main
from engine.config.user_file import SECTIONS, TEMPLATE, write_template
from poetry_tui.app import PoetryApp
from tests.poetry_tui.tracking.make_run import life, write_run

POEMS = """\
春晓：春眠不觉晓，处处闻啼鸟。夜来风雨声，花落知多少。
登鹳雀楼：白日依山尽，黄河入海流。欲穷千里目，更上一层楼。
"""


def run(
    *words: str, status: int = 0, environment: Mapping[str, str] = MappingProxyType({})
) -> "subprocess.CompletedProcess[str]":
    done = subprocess.run(
        [sys.executable, "-m", "poetry_tui", *words],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "LC_ALL": "C.UTF-8", **environment},
        check=False,
    )
    assert done.returncode == status, done.stderr
    return done


def configure(home: Path, text: str) -> Path:
    home.mkdir(parents=True, exist_ok=True)
    path = home / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_flag_precedes_the_config_and_the_config_the_default(
    studio_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def composed(*flags: str) -> dict[str, object]:
        assert engine_main(["compose", "日", "--seed", "7", "--json", *flags]) == 0
        found: dict[str, object] = json.loads(capsys.readouterr().out)
        return found

    model = ("--model", "studio-small")
    assert composed(*model)["form"] == "qijue"
    configure(studio_home, '[compose]\nform = "五绝"\nmodel = "studio-small"\n')
    assert (composed()["form"], composed()["model"]) == ("wujue", "studio-small")
    assert composed("--form", "七绝")["form"] == "qijue"


def test_the_config_gives_a_training_its_defaults(studio_home: Path, tmp_path: Path) -> None:
    poems = tmp_path / "poems.txt"
    poems.write_text(POEMS, encoding="utf-8")
    configure(studio_home, '[train]\npreset = "tiny"\nhidden_size = 12\nmax_steps = 9\nn_threads = 1\n')
    run("train", "--corpus", str(poems), "--max-steps", "1", "--run", str(tmp_path / "run"))
    config = json.loads((tmp_path / "run" / "config.json").read_text(encoding="utf-8"))
    assert (config["preset"], config["model"]["hidden_size"], config["max_steps"]) == ("tiny", 12, 1)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[compose]\nfrom = 1", "There is no setting called 'from'. Did you mean form?"),
        ("[compos]", "There is no setting called 'compos'. Did you mean compose?"),
        ("[compose", "cannot be read"),
        ("compose = 3", "holds no settings"),
        ("[compose]\ntemperature = 'hot'", "temperature must be of type float"),
        ("[compose]\nform = '五觉'", "There is no form called"),
        ("\x00", "cannot be read"),
    ],
)
def test_a_mistake_in_the_config_is_said_and_the_file_stays(text: str, problem: str, studio_home: Path) -> None:
    path = configure(studio_home, text)
    done = run("compose", "日", status=2)
    assert problem in done.stderr
    assert path.read_text(encoding="utf-8") == text


def test_the_template_is_written_once_and_sets_nothing(studio_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def composed() -> str:
        assert engine_main(["compose", "日", "--seed", "7", "--model", "studio-small"]) == 0
        return capsys.readouterr().out

    write_template()
    path = studio_home / "config.toml"
    assert path.read_text(encoding="utf-8") == TEMPLATE
    commented = [line for line in TEMPLATE.splitlines() if line and not line.startswith(("#", "["))]
    assert commented == []
    before = composed()
    path.write_text(TEMPLATE.replace("# form", "form").replace("# temperature", "temperature"), encoding="utf-8")
    assert composed() == before
    write_template()
    assert "\nform =" in path.read_text(encoding="utf-8")
    assert all(f"[{name}]" in TEMPLATE for name in SECTIONS)


async def test_the_studio_takes_theme_form_and_keys_from_the_config(studio_home: Path) -> None:
    configure(
        studio_home,
        '[studio]\ntheme = "studio-paper"\nlanguage = "zh"\n[compose]\nform = "五律"\n[keys]\n"shell.help" = "f1"\n',
    )
    app = PoetryApp()
    async with app.run_test(size=(100, 30)) as pilot:
        assert app.theme == "studio-paper"
        assert (app.services.settings.current.language, app.services.settings.current.form) == ("zh", "wulv")
        await pilot.press("f1")
        await pilot.pause()
        assert type(app.screen).__name__ == "HelpScreen"


def test_files_lie_where_the_system_wants_them_and_those_of_before_are_moved_once(tmp_path: Path) -> None:
    folders = {f"XDG_{name}_HOME": str(tmp_path / name.lower()) for name in ("DATA", "CONFIG", "STATE", "CACHE")}
    home = {**folders, "POETRY_TUI_HOME": "", "HOME": str(tmp_path)}
    before = tmp_path / "data" / "poetry-tui"
    (before / "log").mkdir(parents=True)
    (before / "settings.json").write_text('{"theme": "studio-paper", "newer": 1}', encoding="utf-8")
    (before / "log" / "engine.log").write_text("said before\n", encoding="utf-8")
    (before / "favourites.db").write_bytes(b"kept")
    write_run(before / "runs" / "one", life(20))
    found = {name: Path(path) for name, path in json.loads(run("locate", "--json", environment=home).stdout).items()}
    state = tmp_path / "state" / "poetry-tui"
    assert (found["settings"], found["log"]) == (state / "settings.json", state / "log" / "engine.log")
    assert found["config"] == tmp_path / "config" / "poetry-tui" / "config.toml"
    assert found["cache"] == tmp_path / "cache" / "poetry-tui"
    assert (found["data"], found["runs"]) == (before, before / "runs")
    assert found["favourites"] == before / "favourites.db"
    assert {"models", "corpora", "bundled"} <= found.keys()
    assert found["settings"].read_text(encoding="utf-8") == '{"theme": "studio-paper", "newer": 1}'
    assert found["log"].read_text(encoding="utf-8") == "said before\n"
    assert not (before / "settings.json").exists()
    assert (before / "favourites.db").read_bytes() == b"kept"
    # What an older studio leaves there later does not replace what is newer.
    (before / "settings.json").write_text("{}", encoding="utf-8")
    assert run("locate", "settings", environment=home).stdout.strip() == str(found["settings"])
    table = run("locate", environment=home).stdout
    assert all(re.search(f"^{name} .* {re.escape(str(path))}$", table, re.MULTILINE) for name, path in found.items())
    assert "studio-paper" in found["settings"].read_text(encoding="utf-8")
    assert "one" in run("runs", environment=home).stdout
    assert list(found["cache"].iterdir())
    run("cache", "clear", environment=home)
    assert not found["cache"].exists()
    assert "one" in run("runs", environment=home).stdout


def test_clearing_the_caches_keeps_the_poems_and_waits_for_a_training(studio_home: Path, tmp_path: Path) -> None:
    poems = tmp_path / "mine.txt"
    poems.write_text(POEMS, encoding="utf-8")
    run("corpus", "import", str(poems))
    cache = studio_home / "corpora" / "mine" / "tokens-0123"
    cache.mkdir()
    (cache / "tokens.npy").write_bytes(b"0" * 1000)
    live = write_run(studio_home / "runs" / "live", life(20), alive=True)
    assert "Stop it first." in run("cache", "clear", status=1).stderr
    assert cache.exists()
    (live / "heartbeat").unlink()
    run("cache", "clear")
    assert not cache.exists()
    assert json.loads(run("corpus", "list", "--json").stdout)[0]["n_poems"] == 2
