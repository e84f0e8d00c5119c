"""Beginning a training with the weights of another model."""

import re
from pathlib import Path

import pytest
import torch

from engine.__main__ import main, make_parser
from engine.commands.train import new_config
from engine.config.presets import preset
from engine.config.schema import ARCHITECTURE_FIELDS, TrainConfig
from engine.corpus.store import open_corpus
from engine.corpus.tokens.vocabulary import Vocabulary
from engine.model.char_rnn import CharRNN
from engine.model.checkpoint import LoadedModel, load_model
from engine.model.metadata import architecture_of, read_metadata
from engine.model.registry import find_model
from engine.runs.events import Record, Validated
from engine.system.errors import ModelError
from engine.training.build import CONTROL_CODE_BIAS
from engine.training.loop import run_training
from engine.training.warm_start import warm_start
from tests.engine.small_model import VOCABULARY, small_config, small_model
from tests.small_corpus import write_corpus


def fresh(vocabulary: Vocabulary, **settings: object) -> CharRNN:
    torch.manual_seed(5)
    return CharRNN(small_config().replace(**settings), len(vocabulary)).eval()


@pytest.mark.parametrize("tied", [True, False])
def test_known_characters_keep_what_the_other_model_learned_wherever_they_stand(tied: bool) -> None:
    source = small_model(tied=tied)
    vocabulary = Vocabulary("鹓雨云日月，。", ("title", "poem"))
    model = fresh(vocabulary, tied=tied)
    before = model.embedding.weight.clone()
    assert warm_start(model, vocabulary, source) == 4 + 6
    for character in "雨云日月，。":
        here, there = vocabulary.encode(character)[0], VOCABULARY.encode(character)[0]
        assert torch.equal(model.embedding.weight[here], source.model.embedding.weight[there])
        assert model.output_bias[here] == source.model.output_bias[there]
    unknown = vocabulary.encode("鹓")[0]
    assert torch.equal(model.embedding.weight[unknown], before[unknown])


@pytest.mark.parametrize("tied", [True, False])
def test_a_new_tag_begins_near_what_the_other_model_reads_and_is_never_predicted(tied: bool) -> None:
    older = Vocabulary(VOCABULARY.characters, ("title", "poem", "form:wujue", "rhyme:一东"))
    source = small_model(tied=tied, vocabulary=older)
    vocabulary = Vocabulary(VOCABULARY.characters, (*older.tags, "keyword", "poet:李白", "poet:杜甫"))
    model = fresh(vocabulary, tied=tied)
    with torch.no_grad():
        model.output_bias[vocabulary.n_predictable :] = CONTROL_CODE_BIAS
    assert warm_start(model, vocabulary, source) == len(older)

    def row(name: str) -> torch.Tensor:
        return model.embedding.weight[vocabulary.tag(name) or 0]

    theirs = source.model.embedding.weight
    assert torch.equal(model.embedding.weight[: len(older)], theirs)
    mean = theirs[older.n_predictable :].mean(dim=0)
    assert (row("keyword") - theirs[older.tag("title") or 0]).norm() < 0.2 * theirs[4:].norm(dim=1).mean()
    assert (row("poet:李白") - mean).norm() < 0.2 * theirs[4:].norm(dim=1).mean()
    assert not torch.equal(row("poet:李白"), row("poet:杜甫"))
    assert (model.output_bias[len(older) :] == CONTROL_CODE_BIAS).all()
    # What the older model would write goes on as before.
    x = torch.randint(4, len(older), (2, 9))
    n = older.n_predictable
    assert torch.allclose(model(x)[0][..., :n], source.model(x)[0][..., :n], atol=1e-6)


def test_with_the_same_vocabulary_it_is_the_same_model() -> None:
    source = small_model()
    model = fresh(VOCABULARY)
    warm_start(model, VOCABULARY, source)
    x = torch.randint(4, len(VOCABULARY), (2, 9))
    assert torch.equal(model(x)[0], source.model(x)[0])


@pytest.mark.parametrize(
    "setting",
    [{"cell": "gru"}, {"hidden_size": 8}, {"n_layers": 1}, {"tied": False}, {"residual": True}, {"layer_norm": True}],
    ids=str,
)
def test_another_architecture_is_refused_by_name(setting: dict[str, object]) -> None:
    with pytest.raises(ModelError, match=next(iter(setting))):
        warm_start(fresh(VOCABULARY, **setting), VOCABULARY, small_model())


def test_a_run_that_begins_with_another_starts_where_that_one_ended(tmp_path: Path) -> None:
    corpus = str(write_corpus(tmp_path / "poems.txt"))
    settings = preset("tiny").replace(corpus=corpus, max_steps=20, device="cpu")
    assert run_training(settings, tmp_path / "first") == "completed"
    again = settings.replace(
        start_from=str(tmp_path / "first"), conditioning_prob=0.5, learning_rate=0.0, max_steps=1, seed=9
    )
    first = load_model(tmp_path / "first" / "checkpoints" / "step-00000020", torch.device("cpu"))
    told: list[Record] = []
    run_training(again, tmp_path / "second", on_record=told.append)
    (validated,) = [record.event for record in told if isinstance(record.event, Validated)]
    second = load_model(tmp_path / "second" / "checkpoints" / "step-00000001", torch.device("cpu"))
    assert validated.val_nats_per_han == pytest.approx(float(first.metadata["figures"]["val_nats_per_han"]), abs=0.02)
    assert second.vocabulary.characters == first.vocabulary.characters
    assert second.vocabulary.tags
    assert second.metadata["started_from"]["steps"] == 20
    assert_known(second, first)
    assert open_corpus(corpus).n_poems > 200


def assert_known(second: LoadedModel, first: LoadedModel) -> None:
    n = first.vocabulary.n_predictable
    assert torch.allclose(second.model.embedding.weight[:n], first.model.embedding.weight[:n])


def test_a_packed_model_tells_the_commands_that_make_all_its_ancestors(tmp_path: Path) -> None:
    settings = preset("tiny").replace(corpus=str(write_corpus(tmp_path / "poems.txt")), max_steps=2, device="cpu")
    run_training(settings, tmp_path / "a")
    for name, parent in (("b", "a"), ("c", "b")):
        run_training(settings.replace(start_from=str(tmp_path / parent), seed=7), tmp_path / name)
    assert main(["pack", str(tmp_path / "c"), str(tmp_path / "packed")]) == 0
    commands = read_metadata(tmp_path / "packed")["made_by"].split(" && ")
    assert [command.split()[0:2] for command in commands] == [["poetry-tui", "train"]] * 3
    ends = [[word for word in command.split() if word.startswith("run-")] for command in commands]
    assert ends == [["run-1"], ["run-1", "run-2"], ["run-2"]]
    assert [" --seed 7" in command for command in commands] == [False, True, True]


@pytest.mark.parametrize("name", ["studio-lstm", "studio-small"])
def test_a_bundled_models_commands_make_it_again_with_todays_presets(name: str) -> None:
    header = read_metadata(find_model(name))
    line = [header]
    while "started_from" in line[0]:
        line.insert(0, line[0]["started_from"])
    # Of a mean all members began with the last but one of the line.
    members = header.get("mean_of", [header])
    commands = header["made_by"].split(" && ")
    if "mean_of" in header:
        runs = [f"run-{len(line) + place}" for place in range(len(members))]
        pack = make_parser().parse_args(commands.pop().split()[1:])
        assert [*pack.models, str(pack.folder)] == [*runs, "FOLDER"]
        shares = pack.shares or [1 / len(members)] * len(members)
        assert shares == pytest.approx([member["share"] for member in members], abs=1e-5)
    generations = [*line[:-1], *members]
    for number, (command, generation) in enumerate(zip(commands, generations, strict=True), start=1):
        # The run that it begins with is made by a command before.
        begins = re.search(r" --start-from run-(\d+)", command)
        assert (begins and int(begins[1])) == (min(number, len(line)) - 1 or None)
        words = re.sub(r" --start-from run-\d+", "", command).split()
        assert words[:2] == ["poetry-tui", "train"]
        config = new_config(make_parser().parse_args(words[1:]))
        made = TrainConfig.from_dict(generation["training"])
        assert config.replace(start_from=made.start_from) == made
        network = architecture_of(find_model(name), header)
        assert [getattr(network, part) for part in ARCHITECTURE_FIELDS] == [
            getattr(config.model, part) for part in ARCHITECTURE_FIELDS
        ]
        assert config.max_steps is None or generation["steps"] <= config.max_steps  # its best need not be its last
