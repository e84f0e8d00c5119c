"""The rates of verse: what is counted, and the command that composes, judges and prints."""

import json
from pathlib import Path

import pytest

from engine.__main__ import main
from engine.config.schema import ComposeConfig
from engine.corpus.corpus import Corpus, split_of
from engine.corpus.novelty.build import build, keep_lines
from engine.corpus.novelty.novelty import verse_lines
from engine.corpus.poem import Poem
from engine.corpus.readers.formats import open_poems
from engine.corpus.store import import_poems
from engine.corpus.tokens.control_codes import control_code_tags
from engine.corpus.tokens.vocabulary import Vocabulary
from engine.evaluation.samples import Sample, acrostic_requests, compose_sample, random_requests
from engine.evaluation.verse_quality import rates_of
from engine.model.checkpoint import save_model
from engine.prosody.forms.definitions import Form, form_called, forms
from tests.engine.composing.rhyming_model import rhyming_model
from tests.engine.corpus.corpus_samples import DENGGUANQUELOU, JINGYESI, SHANXING, made_up_poems, write_poems
from tests.engine.small_model import small_model

# 山 twice as a rhyme; 畑, which the rhyme book lacks.
SAME_RHYME = "白日依山尽，黄河入远山。欲穷千里目，更上一层山。"
UNKNOWN = "白日依山尽，黄河入畑流。欲穷千里目，更上一层楼。"
WUJUE = form_called("五绝")


def test_every_poem_is_counted_by_what_the_checker_says() -> None:
    rates = rates_of([DENGGUANQUELOU, JINGYESI, SAME_RHYME, UNKNOWN, SHANXING], WUJUE, None)
    assert rates.n_poems == 5
    assert rates.n_form_ok == 4
    assert rates.n_tones_ok == 2
    assert rates.n_rhyme_ok == 3
    assert rates.n_ok == 1
    assert rates.n_unknown == 1
    assert rates.n_rhyme_again == 1
    assert (rates.n_with_line, rates.lines_copied, rates.longest_runs) == (None, None, None)


def test_what_is_copied_is_counted_by_line_and_by_poem() -> None:
    training = build([Poem("", "", JINGYESI)], "")
    copied = "床前明月光，黄河入海流。欲穷千里目，低头思故乡。"
    rates = rates_of([DENGGUANQUELOU, copied], WUJUE, training)
    assert rates.n_with_line == 1
    assert rates.lines_copied == 2 / 8
    assert rates.longest_runs is not None
    assert (3 + 5) / 2 <= rates.longest_runs <= 5


def test_distinct_figures_tell_repetition() -> None:
    rates = rates_of([DENGGUANQUELOU, DENGGUANQUELOU], WUJUE, None)
    assert (rates.distinct_poems, rates.distinct_lines, rates.distinct_bigrams) == (0.5, 0.5, 0.5)


def test_no_poems_are_no_error() -> None:
    rates = rates_of([], WUJUE, None)
    assert rates.n_poems == 0
    assert rates.distinct_lines is None


def test_of_free_poems_those_with_the_lines_of_a_form_are_judged() -> None:
    sample = Sample.of([DENGGUANQUELOU, SHANXING, "一二三。"], [-20.0, -56.0, -9.0], 1.0)
    assert sample.only(WUJUE).texts == [DENGGUANQUELOU]
    assert sample.only(WUJUE).mean_logprob == -1.0
    assert sample.only(form_called("七绝")).texts == [SHANXING]
    assert sample.only(form_called("七绝")).mean_logprob == -2.0
    assert sample.only(form_called("五律")).mean_logprob is None


def test_acrostics_are_composed_phrase_by_phrase() -> None:
    wishes = acrostic_requests(ComposeConfig(form="wujue"), 24, ["山水", "东风"])
    sample = compose_sample(rhyming_model(), wishes)
    assert rates_of(sample.texts, WUJUE, None).n_ok == 24
    begins = ["".join(line[0] for line in verse_lines(text)[:2]) for text in sample.texts]
    assert begins == ["山水"] * 10 + ["东风"] * 10 + ["山水"] * 4


def constrained(form: Form) -> Sample:
    loaded, config = rhyming_model(), ComposeConfig(seed=3, form=form.key)
    return compose_sample(loaded, random_requests(loaded.vocabulary, config, 24, form))


@pytest.mark.parametrize("form", ["wujue", "qilv", "如梦令", "菩萨蛮"])
def test_constrained_poems_begin_at_random_and_keep_every_rule(form: str) -> None:
    wanted = form_called(form)
    sample = constrained(wanted)
    rates = rates_of(sample.texts, wanted, None)
    assert rates.n_ok + sample.n_lost == 24
    assert rates.n_ok == rates.n_poems >= 20
    assert (rates.n_unknown, rates.n_rhyme_again) == (0, 0)
    assert len({text[0] for text in sample.texts}) > 1
    assert sample.chars_per_s is not None
    assert sample.mean_logprob is not None
    assert sample.mean_logprob < 0
    assert constrained(wanted).texts == sample.texts


def test_a_poem_conditioned_on_its_form_reads_it_and_is_unconstrained() -> None:
    loaded = small_model(vocabulary=Vocabulary("，。日月山水风花雪夜江湖海君红春秋人天地云雨", control_code_tags()))
    told = compose_sample(loaded, random_requests(loaded.vocabulary, ComposeConfig(seed=1), 10, WUJUE), WUJUE)
    free = compose_sample(loaded, random_requests(loaded.vocabulary, ComposeConfig(seed=1), 10, WUJUE))
    assert {text[0] for text in told.texts} == {text[0] for text in free.texts}
    assert told.texts != free.texts


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return import_poems(open_poems(write_poems(tmp_path / "poems.txt", [*made_up_poems(300), DENGGUANQUELOU])), "small")


def test_the_command_prints_the_rates_beside_those_of_real_poems(
    corpus: Corpus, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    loaded = rhyming_model()
    folder, kept = tmp_path / "model", tmp_path / "kept.jsonl"
    about = {"name": "rhyming", "corpus": {"name": corpus.name, "sha256": corpus.sha256}}
    save_model(folder, loaded.model, loaded.vocabulary, about)
    keep_lines(corpus, folder)
    line = ["rates", "--model", str(folder), "--form", "wujue", "-n", "12", "--seed", "5"]
    line += ["--acrostic", "山水", "远上寒山石径斜"]
    assert main([*line, "--json", "--poems", str(kept)]) == 0
    told = json.loads(capsys.readouterr().out)
    constrained, acrostic, free, real = told["rates"]
    assert (constrained["mode"], free["mode"], real["mode"]) == ("constrained", "unconditional", "real")
    assert (acrostic["mode"], acrostic["n_ok"]) == ("acrostic", 12)
    assert constrained["n_ok"] == constrained["n_poems"] == 12
    assert constrained["n_with_line"] == 0
    assert real["n_poems"] == min(12, sum(split_of(poem) != "train" for poem in corpus.poems()))
    assert (told["model"], told["seed"], told["n_requested"]) == ("rhyming", 5, 12)
    poems = [json.loads(line) for line in kept.read_text(encoding="utf-8").splitlines()]
    assert sum(poem["mode"] == "constrained" for poem in poems) == 12
    assert main(line) == 0
    rows = capsys.readouterr().out.splitlines()
    assert rows[0].split()[:4] == ["form", "mode", "poems", "form"]
    assert rows[1].split()[:5] == ["wujue", "constrained", "12", "100.0", "%"]


def test_a_form_that_there_is_not_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rates", "--form", "sonnet"]) == 2
    assert "There is no form called 'sonnet'" in capsys.readouterr().err
    assert main(["rates", "-n", "0"]) == 2


def test_every_form_can_be_asked_for_at_once() -> None:
    from engine.commands.rates import _forms

    assert _forms(["all"]) == list(forms())
    assert all(form.is_regulated for form in _forms(None))
