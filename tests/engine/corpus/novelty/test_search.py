"""How new a poem is: exactness against a brute force, the filter's bound, the command and the service."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.composing import replies as service_replies
from engine.composing.replies import Reply
from engine.composing.requests import MeasureNovelty
from engine.composing.service.handlers import Call, CancelledError, novelty
from engine.corpus.cleaning import Cleaner
from engine.corpus.corpus import Corpus, split_of
from engine.corpus.novelty import novelty as searching
from engine.corpus.novelty.build import keep_lines, open_lines
from engine.corpus.novelty.novelty import Novelty, novelty_of, search, verse_lines
from engine.corpus.poem import Poem, RawPoem
from engine.corpus.store import create
from engine.model.checkpoint import save_model
from engine.prosody.text import lines_of
from engine.system.errors import UsageError
from poetry_tui.commands.cli import main
from tests.engine.corpus.corpus_samples import JINGYESI, made_up_poems
from tests.engine.small_model import small_model

FEW = "天地玄黄宇"
few_lines = st.lists(st.text(FEW, min_size=1, max_size=7), min_size=1, max_size=6)


def make_corpus(texts: list[str], name: str = "small") -> Corpus:
    raws = [RawPoem(f"题{text[:2]}", f"人{number}", text) for number, text in enumerate(texts)]
    return create(name, raws, licence="", source="test", cleaner=Cleaner(simplify=False, lenient=True))


def longest_by_brute_force(lines: list[str], corpus: Corpus) -> int:
    training = [line for poem in corpus.poems() if split_of(poem) == "train" for line in lines_of(poem.text)]
    return max(
        (
            stop - start
            for line in lines
            for start in range(len(line))
            for stop in range(start + 1, len(line) + 1)
            if any(line[start:stop] in one for one in training)
        ),
        default=0,
    )


@given(st.lists(few_lines, min_size=1, max_size=12), few_lines, st.sampled_from([40, 300, 1 << 20]))
@settings(max_examples=60, deadline=None)
def test_the_longest_shared_run_is_that_of_a_brute_force(
    tmp_path_factory: pytest.TempPathFactory, poems: list[list[str]], lines: list[str], piece_bytes: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POETRY_TUI_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setattr(searching, "_PIECE_BYTES", piece_bytes)
        corpus = make_corpus(["，".join(poem) + "。" for poem in poems])
        expected = longest_by_brute_force(lines, corpus)
        for filter in (None, open_lines(corpus)):
            longest, _ = search(corpus, lines, filter)
            assert (len(longest.run) if longest else 0) == expected
            if longest:
                assert longest.run in longest.line
                assert any(longest.run in line for line in lines)
        bound = novelty_of("，".join(lines), open_lines(corpus), None)
        assert bound is not None
        assert bound.longest_run >= expected


def test_the_line_is_named_with_its_poem() -> None:
    corpus = make_corpus([*made_up_poems(50), JINGYESI])
    found = novelty_of("床前明月照，不见故乡人。", open_lines(corpus), corpus)
    assert found == Novelty(4, "床前明月", 2, 0, True, "床前明月光", "题床前", "人50")


def test_whole_lines_are_counted() -> None:
    corpus = make_corpus([JINGYESI])
    found = novelty_of("床前明月光，疑是地上霜。忽忆江南客，低头思故乡。", None, corpus)
    assert found is not None
    assert (found.n_lines_copied, found.n_lines, found.longest_run) == (3, 4, 5)


def test_titles_and_held_out_poems_are_not_what_a_model_learned() -> None:
    texts = made_up_poems(400)
    held_out = next(text for text in texts if split_of(Poem("", "", text)) != "train")
    corpus = make_corpus([text for text in texts if text != held_out] + [held_out])
    found = novelty_of(held_out, open_lines(corpus), corpus)
    assert found is not None
    assert found.exact
    assert found.n_lines_copied == 0
    assert found.longest_run < 5
    title, _ = search(make_corpus([JINGYESI], "titled"), ["题床"])
    assert title is not None
    assert title.run == "床"


def test_a_pause_makes_no_copied_line_new() -> None:
    corpus = make_corpus(["念去去、千里烟波，暮霭沉沉楚天阔。"])
    for lines in (None, open_lines(corpus)):
        found = novelty_of("念去去千里烟波。", lines, corpus)
        assert found is not None
        assert (found.longest_run, found.n_lines_copied, found.line) == (7, 1, "念去去、千里烟波")


def test_nothing_in_common_is_told_as_such() -> None:
    corpus = make_corpus([JINGYESI])
    assert novelty_of("玄黄宇宙，洪荒盈昃。", None, corpus) == Novelty(0, "", 2, 0, exact=True)
    assert novelty_of("玄黄宇宙，洪荒盈昃。", open_lines(corpus), None) == Novelty(3, "", 2, 0, exact=False)
    assert novelty_of("玄黄宇宙，洪荒盈昃。", None, None) is None
    assert novelty_of("", open_lines(corpus), corpus) == Novelty(0, "", 0, 0, exact=True)


def test_the_lines_of_a_text_are_its_han_characters() -> None:
    assert verse_lines("念去去、千里烟波，\n 暮霭(1)沉沉。") == ["念去去千里烟波", "暮霭", "沉沉"]


def model_of(corpus: Corpus, folder: Path) -> Path:
    loaded = small_model()
    about = {"name": "small", "corpus": {"name": corpus.name, "sha256": corpus.sha256}}
    save_model(folder, loaded.model, loaded.vocabulary, about)
    keep_lines(corpus, folder)
    return folder


def test_the_command_tells_each_poem(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus = make_corpus([JINGYESI])
    model = model_of(corpus, tmp_path / "model")
    poems = tmp_path / "poems.txt"
    poems.write_text(
        "床前明月光，不见故乡人。十载江湖梦，一身烟雨尘。\n黄河入海流，更有一层楼。白日云边尽，青天水际秋。\n",
        encoding="utf-8",
    )
    assert main(["novelty", str(poems), "--model", str(model), "--json"]) == 0
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["novelty"]["n_lines_copied"], first["novelty"]["line"]) == (1, "床前明月光")
    assert (second["novelty"]["exact"], second["novelty"]["longest_run"]) == (True, 0)


def test_without_the_corpus_the_command_says_that_it_tells_a_bound(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = model_of(make_corpus([JINGYESI]), tmp_path / "model")
    monkeypatch.setenv("POETRY_TUI_HOME", str(tmp_path / "elsewhere"))
    poems = tmp_path / "poems.txt"
    poems.write_text("床前明月光，不见故乡人。\n", encoding="utf-8")
    assert main(["novelty", str(poems), "--model", str(model)]) == 0
    told = capsys.readouterr()
    assert "longest shared run at most 5 · at most 1 of 2 lines copied" in told.out
    assert "upper bounds" in told.err
    assert main(["novelty", str(poems), "--model", str(model), "--json"]) == 0
    bound = json.loads(capsys.readouterr().out)["novelty"]
    assert (bound["longest_run"], bound["run"], bound["exact"]) == (5, "", False)


def test_the_service_tells_a_text() -> None:
    corpus = make_corpus([JINGYESI])
    loaded = small_model()
    replies: list[Reply] = []
    header = {"corpus": {"name": corpus.name, "sha256": corpus.sha256}}
    loaded = type(loaded)(loaded.name, loaded.model, loaded.vocabulary, header, open_lines(corpus))

    call = Call(replies.append, lambda: False, lambda _: loaded)
    novelty(MeasureNovelty("床前明月光，不见故乡人。"), call)
    (found,) = replies
    assert isinstance(found, service_replies.Novelty)
    assert found.is_exact
    assert (found.longest_run, found.n_lines_copied) == (5, 1)
    assert (found.line, found.title) == ("床前明月光", "题床前")
    with pytest.raises(UsageError, match="no poem"):
        novelty(MeasureNovelty("山" * 3000), call)


def test_a_search_that_nobody_waits_for_any_more_is_broken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = make_corpus(made_up_poems(50))
    monkeypatch.setattr(searching, "_PIECE_BYTES", 100)
    loaded = small_model()
    loaded = type(loaded)(loaded.name, loaded.model, loaded.vocabulary, {"corpus": {"sha256": corpus.sha256}}, None)
    asked = iter([False, False, False, True])
    with pytest.raises(CancelledError):
        novelty(
            MeasureNovelty(JINGYESI), Call(lambda _: pytest.fail("it answered"), lambda: next(asked), lambda _: loaded)
        )
