"""The filter of training lines: what it finds, what it holds, its file, and how a model carries it."""

import json
import random
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.__main__ import main
from engine.corpus.caches import cache_folder
from engine.corpus.corpus import Corpus, split_of
from engine.corpus.novelty.bloom import BloomFilter, code_points, extend, hash_ends, hash_rows, hash_strings
from engine.corpus.novelty.build import build, exact_lines, keep_lines, open_lines
from engine.corpus.novelty.line_index import MIN_LINE_CHARS
from engine.corpus.novelty.novelty import n_memorised
from engine.corpus.novelty.training_lines import TrainingLines, read_lines
from engine.corpus.poem import Poem
from engine.corpus.readers.formats import open_poems
from engine.corpus.store import import_poems
from engine.model.checkpoint import load_model, save_model
from engine.model.registry import add_model, list_models
from engine.prosody.text import lines_of
from engine.runs.folder import lines_file
from engine.system.errors import ModelError
from tests.engine.corpus.corpus_samples import DENGGUANQUELOU, JINGYESI, SHANXING, made_up_poems, write_poems
from tests.engine.small_model import save_small_model, small_model

CPU = torch.device("cpu")
HAN = "天地玄黄宇宙洪荒日月盈昃𬬻〇"
han_lines = st.text(HAN, min_size=MIN_LINE_CHARS, max_size=16)


def poem(text: str) -> Poem:
    return Poem("题", "人", text)


def lines_of_texts(*texts: str) -> TrainingLines:
    assert {split_of(poem(text)) for text in texts} == {"train"}
    return build(map(poem, texts), "0" * 64)


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return import_poems(
        open_poems(write_poems(tmp_path / "poems.txt", [JINGYESI, SHANXING, *made_up_poems(400)])), "small"
    )


@given(st.lists(han_lines, min_size=1, max_size=60))
@settings(max_examples=60)
def test_what_was_put_in_is_always_found(strings: list[str]) -> None:
    found = BloomFilter.of(hash_strings(strings), 10).contains(hash_strings(strings))
    assert found.all()


@given(han_lines, han_lines)
def test_a_hash_is_the_same_however_it_is_come_by(beginning: str, end: str) -> None:
    whole = hash_strings([beginning + end])
    extended = hash_strings([beginning])
    for character in code_points(end):
        extended = extend(extended, character.reshape(1))
    assert whole == extended == hash_rows(code_points(beginning + end)[None])


def test_a_hash_never_changes_since_files_are_made_of_them() -> None:
    assert hash_strings(["白日依山尽", "𬬻"]).tolist() == [11209264867388139401, 5741798478515695989]


@pytest.mark.parametrize(("bits_per_key", "most"), [(10.0, 0.012), (4.8, 0.125)])
def test_few_others_are_taken_for_what_was_put_in(bits_per_key: float, most: float) -> None:
    chance = random.Random(5)
    han = [chr(code) for code in range(0x4E00, 0x9FA6)]
    strings = list({"".join(chance.choices(han, k=5)) for _ in range(40_000)})
    filter = BloomFilter.of(hash_strings(strings[:20_000]), bits_per_key)
    assert filter.contains(hash_strings(strings[20_000:])).mean() < most
    assert len(filter.bits) <= 20_000 * bits_per_key / 8 + 1


def test_every_line_of_the_training_poems_is_found_whatever_its_marks() -> None:
    lines = lines_of_texts(JINGYESI, SHANXING)
    assert all(line in lines for line in lines_of(JINGYESI + SHANXING))
    assert "白云生处有人家。" in lines
    assert "白云生处无人家" not in lines
    assert lines.contains([]).tolist() == []


def test_lines_of_held_out_poems_do_not_count() -> None:
    texts = made_up_poems(400)
    held_out = [text for text in texts if split_of(poem(text)) != "train"]
    lines = build(map(poem, texts), "")
    assert held_out
    assert sum(line in lines for text in held_out for line in lines_of(text)) <= 1
    assert lines.lines.n_keys == 4 * (len(texts) - len(held_out))


@pytest.mark.parametrize("shortest", [1, 5, 7, 8])
def test_the_ends_of_strings_have_the_hashes_that_they_have_as_strings(shortest: int) -> None:
    lines = ["夜看床前明月光", "长恨千里烟波尽"]
    hashes = hash_ends(np.stack(list(map(code_points, lines))), shortest)
    for row, line in zip(hashes, lines, strict=True):
        ends = [line[start:] for start in range(len(line) - shortest + 1)]
        assert row.tolist() == hash_strings(ends).tolist()


def test_a_training_line_is_found_within_a_longer_one() -> None:
    lines = lines_of_texts(JINGYESI, "念去去、千里烟波，暮霭沉沉楚天阔。")
    longer = ["夜看床前明月光", "床前明月光", "床前明月照，", "长恨千里烟波尽", "千里烟波", ""]
    assert lines.contains_known(longer).tolist() == [True, True, False, False, True, False]
    assert lines.contains_known([]).tolist() == []
    beginnings = [code_points(one)[None] for one in ("夜看床前明", "夜看床前明月光", "明月光", "")]
    assert [lines.ends(one).tolist() for one in beginnings] == [[False], [True], [False], [False]]
    assert lines.ends(np.zeros((0, 7), np.uint32)).tolist() == []


def test_short_lines_are_phrases_and_never_counted() -> None:
    lines = lines_of_texts("转轴拨弦，三两声。未成曲调先有情。")
    assert "转轴拨弦" in lines
    assert "三两声" not in lines


def test_a_line_with_a_pause_counts_with_it_without_it_and_in_its_parts() -> None:
    lines = lines_of_texts("念去去、千里烟波，暮霭沉沉楚天阔。")
    for line in ("念去去、千里烟波", "念去去千里烟波", "千里烟波", "暮霭沉沉楚天阔"):
        assert line in lines
    assert lines.longest_run("念去去千里烟波") == (0, 7)


def test_a_mask_at_the_last_place_of_a_line_forbids_what_would_complete_a_training_line() -> None:
    lines = lines_of_texts(JINGYESI)
    ended = [np.stack([code_points(beginning + last) for last in "光霜月乡"]) for beginning in ("床前明月", "床前")]
    assert lines.ends(ended[0]).tolist() == [True, False, False, False]
    assert not lines.ends(ended[1]).any()


def test_the_longest_run_is_never_told_too_short() -> None:
    lines = lines_of_texts(JINGYESI, SHANXING)
    first, length = lines.longest_run("莫上寒山石径行")
    assert "莫上寒山石径行"[first : first + length] == "上寒山石径"
    assert lines.longest_run("举头望") == (0, 0)
    assert lines.longest_run("一二三四五六七") == (0, 0)


def test_only_real_reduplications_are_told() -> None:
    names = "甲乙丙丁戊己庚辛"
    doubled = [f"悠悠{name}白云，{name}江如有声。" for name in names]
    # 天 meets itself at the caesura: that is no word.
    met = [f"{name}天天不语，{name}水日东流。" for name in names]
    texts = [text for text in [*doubled, *met, "月月照楼台，无人知此心。"] if split_of(poem(text)) == "train"]
    lines = lines_of_texts(*texts)
    assert lines.reduplicates("悠")
    assert not lines.reduplicates("天")
    assert not lines.reduplicates("月")


def test_a_file_gives_back_what_was_written(tmp_path: Path) -> None:
    lines = lines_of_texts(JINGYESI, SHANXING)
    lines.save(tmp_path)
    read = read_lines(tmp_path / "lines.bloom")
    assert read.to_bytes() == lines.to_bytes()
    assert (read.corpus_sha256, read.reduplicated) == (lines.corpus_sha256, lines.reduplicated)
    assert "疑是地上霜" in read


@given(st.data())
@settings(max_examples=40)
def test_a_cut_or_altered_file_is_refused_in_one_sentence(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("lines") / "lines.bloom"
    whole = lines_of_texts(JINGYESI).to_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    altered = bytearray(whole)
    altered[place] ^= data.draw(st.integers(1, 255))
    for content in (whole[:place], bytes(altered), whole + b"\0"):
        path.write_bytes(content)
        with pytest.raises(ModelError, match="cannot be read") as refusal:
            read_lines(path)
        assert "\n" not in refusal.value.message
        assert refusal.value.hint


def test_the_lines_of_a_corpus_are_built_once_and_again_when_damaged(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = open_lines(corpus).to_bytes()
    (file,) = cache_folder(corpus).glob("lines-*.bloom")
    with monkeypatch.context() as patch:
        patch.setattr(Corpus, "poems", lambda _: pytest.fail("the poems were read again"))
        assert open_lines(corpus).to_bytes() == built
    file.write_bytes(built[:-5])
    assert open_lines(corpus).to_bytes() == built
    assert list(cache_folder(corpus).glob("lines-*.bloom")) == [file]


def test_without_filters_nothing_is_taken_for_a_training_line_by_mistake(corpus: Corpus) -> None:
    lines = exact_lines(corpus)
    training = {line for poem in corpus.poems() if split_of(poem) == "train" for line in lines_of(poem.text)}
    others = [line for text in made_up_poems(3000, seed=8) for line in lines_of(text) if line not in training]
    assert lines.contains(sorted(training)).all()
    assert not lines.contains(others).any()
    assert lines.longest_run("见床前明月色") == (1, 4)
    assert lines.reduplicated == open_lines(corpus).reduplicated


def test_a_run_keeps_the_lines_of_its_corpus_and_not_those_of_another(corpus: Corpus, tmp_path: Path) -> None:
    run = tmp_path / "run"
    lines_of_texts(DENGGUANQUELOU).save(run)
    keep_lines(corpus, run)
    assert read_lines(run / "lines.bloom").corpus_sha256 == corpus.sha256


def model_of(corpus: Corpus, folder: Path) -> Path:
    """A model that says that it was trained on a corpus."""
    loaded = small_model()
    about = {"name": "small", "corpus": {"name": corpus.name, "sha256": corpus.sha256}}
    save_model(folder, loaded.model, loaded.vocabulary, about)
    return folder


def test_a_model_is_loaded_with_its_lines_or_without_any(corpus: Corpus, tmp_path: Path) -> None:
    folder = model_of(corpus, tmp_path / "model")
    assert load_model(folder, CPU).lines is None
    keep_lines(corpus, folder)
    lines = load_model(folder, CPU).lines
    assert lines is not None
    assert "疑是地上霜" in lines


def test_a_checkpoint_has_the_lines_of_its_run(corpus: Corpus, tmp_path: Path) -> None:
    run = tmp_path / "run"
    checkpoint = model_of(corpus, run / "checkpoints" / "step-00000001")
    keep_lines(corpus, run)
    lines = load_model(checkpoint, CPU).lines
    assert lines is not None
    added = add_model(checkpoint, "mine")
    assert (added / "lines.bloom").read_bytes() == (run / "lines.bloom").read_bytes()
    listed = next(model for model in list_models() if model.name == "mine")
    assert listed.size_bytes == sum(path.stat().st_size for path in added.iterdir())


def test_the_lines_of_another_corpus_are_refused(corpus: Corpus, tmp_path: Path) -> None:
    folder = model_of(corpus, tmp_path / "model")
    lines_of_texts(JINGYESI).save(folder)
    with pytest.raises(ModelError, match="another corpus"):
        load_model(folder, CPU)


def test_poems_are_learnt_when_half_of_their_lines_stand_in_the_training_text() -> None:
    lines = lines_of_texts(JINGYESI, DENGGUANQUELOU)
    half = JINGYESI[: len(JINGYESI) // 2] + "何人曾到此，高处独凭栏。"
    quarter = JINGYESI[: len(JINGYESI) // 4] + "何人曾到此，高处独凭栏，一望千山远。"
    assert [n_memorised([poem(text)], lines) for text in (JINGYESI, half, quarter, SHANXING, "")] == [1, 1, 0, 0, 0]
    assert n_memorised([poem(text) for text in ("", JINGYESI, SHANXING, half)], lines) == 2
    assert n_memorised([], lines) == 0


def test_who_judges_a_model_by_poems_that_it_has_read_is_told_so(
    corpus: Corpus, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, file = model_of(corpus, tmp_path / "model"), tmp_path / "poems.txt"
    file.write_text(f"{JINGYESI}\n{DENGGUANQUELOU}\n", encoding="utf-8")
    judge = ["evaluate", "--model", str(folder), "--poems", str(file), "--format", "one-a-line", "--json"]
    assert main(judge) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["n_memorised"] is None
    assert "training text" not in captured.err
    keep_lines(corpus, folder)
    assert main(judge) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["n_memorised"] == 1
    assert "1 of the 2 poems" in captured.err
    assert "the figures flatter it" in captured.err


def test_packing_carries_the_lines_or_takes_them_from_the_corpus(corpus: Corpus, tmp_path: Path) -> None:
    source = model_of(corpus, tmp_path / "model")
    for folder in (tmp_path / "built", tmp_path / "carried"):
        assert main(["pack", str(source), str(folder)]) == 0
        assert (folder / "lines.bloom").read_bytes() == open_lines(corpus).to_bytes()
        source = folder
        for cache in cache_folder(corpus).glob("lines-*.bloom"):
            cache.unlink()


def test_packing_a_model_without_lines_or_corpus_still_works(tmp_path: Path) -> None:
    source = save_small_model(tmp_path / "model")
    assert main(["pack", str(source), str(tmp_path / "packed")]) == 0
    assert load_model(tmp_path / "packed", CPU).lines is None


def test_the_bundled_models_share_one_file_of_the_lines_of_their_corpus(tmp_path: Path) -> None:
    bundled = [model for model in list_models() if model.is_bundled]
    (path,) = {lines_file(model.folder) for model in bundled}
    assert path is not None
    assert path.stat().st_size <= 8_000_000
    lines = read_lines(path)
    assert [model.metadata["corpus"]["sha256"] for model in bundled] == [lines.corpus_sha256] * 2
    assert (add_model(bundled[0].folder, "mine") / "lines.bloom").read_bytes() == path.read_bytes()
    assert all(line in lines for line in lines_of(DENGGUANQUELOU + SHANXING))
    assert all(map(lines.reduplicates, "悠纷萧日年人山青"))
    assert not any(map(lines.reduplicates, "天不有风花归"))
    made_up = np.unique([line for text in made_up_poems(500) for line in lines_of(text)]).tolist()
    assert lines.contains(made_up).mean() < 0.015
