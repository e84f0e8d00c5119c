"""`poetry-tui check`: files, stdin, forms, JSON, and verse with its tones below it."""

import io
import json
from pathlib import Path

import pytest
from rich.cells import cell_len

from engine.prosody.report import Report
from poetry_tui.commands.cli import main

GUANQUE = "白日依山尽，黄河入海流。欲穷千里目，更上一层楼。"
SPOILT = GUANQUE.replace("海", "山")


@pytest.fixture
def poems(tmp_path: Path) -> Path:
    path = tmp_path / "poems.txt"
    path.write_text(f"{GUANQUE}\n{SPOILT}\n", encoding="utf-8")
    return path


def test_a_file_of_poems_becomes_one_json_object_a_poem(poems: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(poems), "--json"]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["verdict"] for one in found] == ["ok", "violation"]
    assert found[0]["text"] == GUANQUE
    assert found[1]["violations"] == [
        {"line": 2, "position": 4, "character": "山", "expected": "仄", "found": "平", "name": ""}
    ]
    assert Report.from_dict(found[1]).form == "wujue"


def test_tones_stand_below_the_verse_and_faults_are_marked_without_colour(
    poems: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", str(poems)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "白日依山尽，黄河入海流。"
    assert lines[1] == "仄仄平平仄　平平仄仄平韵"
    assert lines[4].startswith("ok: 五绝 aBbA · form ok · tones ok · rhyme ok 十一尤")
    start = next(index for index, line in enumerate(lines) if "黄河入山流" in line)
    column = cell_len(lines[start].split("山流")[0])
    assert cell_len(lines[start + 2].split("＾")[0]) == column
    assert any("line 2, position 4: 山 is 平, 仄 is wanted" in line for line in lines)
    assert "\x1b" not in "".join(lines)


def test_a_poem_comes_through_a_pipe(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(GUANQUE.encode()), encoding="utf-8"))
    assert main(["check", "-", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["verdicts"] == {"form": "ok", "tones": "ok", "rhyme": "ok"}


NO_POEMS = {
    "an empty list": "[]",
    "poems without a text": '[{"title": "登高", "author": "杜甫", "paragraphs": []}]',
    "no Han character": "hello, world\n",
    "punctuation": "，。\n？！\n",
}


@pytest.mark.parametrize("text", NO_POEMS.values(), ids=NO_POEMS.keys())
@pytest.mark.parametrize("words", [("check",), ("check", "--json"), ("novelty",), ("novelty", "--json")], ids=" ".join)
def test_a_file_without_a_poem_is_one_sentence_and_fails(
    words: tuple[str, ...], text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "none.txt"
    path.write_text(text, encoding="utf-8")
    assert main([words[0], str(path), *words[1:]]) == 1
    out, narration = capsys.readouterr()
    assert out == ""
    assert narration.splitlines()[-1].startswith("poetry-tui: No poem ")
    assert "none.txt" in narration.splitlines()[-1]


def test_a_poem_beside_what_is_none_is_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "some.txt"
    path.write_text(f"hello\n{GUANQUE}\n", encoding="utf-8")
    assert main(["check", str(path), "--format", "one-a-line", "--json"]) == 0
    out, narration = capsys.readouterr()
    assert len(out.splitlines()) == 1
    assert "poem 1 is left out: it holds no Han character" in narration


def test_with_exit_code_a_violation_is_the_exit_status(poems: Path, tmp_path: Path) -> None:
    good = tmp_path / "good.txt"
    good.write_text(GUANQUE + "\n", encoding="utf-8")
    for more in ((), ("--json",)):
        assert main(["check", str(poems), *more]) == 0
        assert main(["check", str(poems), "--exit-code", *more]) == 1
        assert main(["check", str(good), "--exit-code", *more]) == 0


def test_a_form_can_be_asked_for_by_either_name(poems: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(poems), "--form", "七律"]) == 0
    assert "not 七律" in capsys.readouterr().out
    assert main(["check", str(poems), "--form", "wujue"]) == 0


def test_a_form_that_there_is_not_is_wrong_use(poems: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(poems), "--form", "sonnet"]) == 2
    assert "There is no form called 'sonnet'. `poetry-tui forms` lists the forms." in capsys.readouterr().err
    assert main(["check", str(poems), "--form", "浣溪纱令"]) == 2
    assert "Did you mean 浣溪纱?" in (near := capsys.readouterr().err)
    assert len(near) < 120


def test_the_forms_are_listed_by_any_part_of_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["forms", "--json"]) == 0
    whole = json.loads(capsys.readouterr().out)
    assert {form["name"]: form["line_lengths"] for form in whole}["如梦令"] == [6, 6, 5, 6, 2, 2, 6]
    assert main(["forms", "忆仙"]) == 0
    _header, row = capsys.readouterr().out.splitlines()
    assert row.split() == ["如梦令", "rumengling", "6×2", "5", "6", "2×2", "6", "忆仙姿"]
    assert main(["forms", "sonnet"]) == 0
    assert capsys.readouterr().out == ""


def test_a_file_that_is_not_there_is_told_in_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tmp_path / "nothing.txt")]) == 1
    assert "There is no file" in capsys.readouterr().err


def test_checking_a_corpus_prints_the_pass_rates_of_its_poems(poems: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["corpus", "check", str(poems), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["prosody"] == [
        {
            "form": "wujue",
            "name": "五绝",
            "n_poems": 2,
            "n_tones_ok": 1,
            "n_rhyme_ok": 2,
            "n_ok": 1,
            "n_undecidable": 0,
        }
    ]
    assert main(["corpus", "check", str(poems)]) == 0
    assert "50.0 %" in capsys.readouterr().out


def test_another_rhyme_book_and_strictness_can_be_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "poem.txt"
    path.write_text(GUANQUE.replace("千里", "万里") + "\n", encoding="utf-8")
    assert main(["check", str(path), "--json"]) == 0
    plain = json.loads(capsys.readouterr().out)
    assert (plain["verdict"], plain["rhyme_book"], plain["style"], plain["doubtful"]) == ("ok", "pingshui", "", [])
    assert [(one["name"], one["line"], one["positions"]) for one in plain["notes"]] == [("三仄尾", 3, [3])]
    assert main(["check", str(path), "--json", "--strict"]) == 0
    strict = json.loads(capsys.readouterr().out)
    assert [(one["name"], one["line"], one["position"]) for one in strict["violations"]] == [("三仄尾", 3, 3)]
    for name in ("xinyun", "中华新韵"):
        assert main(["check", str(path), "--rhyme-book", name]) == 0
        assert "by 中华新韵" in capsys.readouterr().out
    assert main(["check", str(path), "--rhyme-book", "none"]) == 2
    assert "There is no rhyme book called 'none'" in capsys.readouterr().err


def test_licences_and_old_style_verse_are_told_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "poems.txt"
    weicheng = "渭城朝雨浥轻尘，客舍青青柳色新。劝君更尽一杯酒，西出阳关无故人。"
    path.write_text(f"{weicheng}\n床前明月光，疑是地上霜。举头望明月，低头思故乡。\n", encoding="utf-8")
    assert main(["check", str(path)]) == 0
    told = capsys.readouterr().out
    assert "line 3, allowed: 折腰体, a quatrain whose couplets do not adhere" in told
    assert "失黏" not in told
    assert "undecidable: 古绝, old-style verse, which no rule of tones binds" in told
