"""How a poem comes: what is read before it, what comes when, what each token tells, what is kept."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch

from engine.composing.composer import compose, compose_many, compose_poem
from engine.composing.constrained import compose_constrained_many
from engine.config.schema import ComposeConfig
from engine.corpus.tokens.vocabulary import BEGIN
from engine.model.checkpoint import LoadedModel
from engine.system.errors import ComposeError
from tests.engine.composing.composing_lines import again
from tests.engine.composing.rhyming_model import rhyming_model
from tests.engine.prosody.verse_judge import faults


@pytest.fixture(scope="module")
def loaded() -> LoadedModel:
    return rhyming_model()


def counted(loaded: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of rows of every step of the network from now on."""
    rows: list[int] = []
    watch(loaded, monkeypatch, lambda x: rows.append(len(x)))
    return rows


def indices_read(loaded: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What the network reads in its first row from now on."""
    read: list[int] = []
    watch(loaded, monkeypatch, lambda x: read.append(int(x[0])))
    return read


def watch(loaded: LoadedModel, monkeypatch: pytest.MonkeyPatch, note: Callable[[Any], None]) -> None:
    """Have the indices of every step noted before the network reads them."""

    def noting(on: Callable[..., Any]) -> Callable[..., Any]:
        def noted(x: Any, state: Any = None) -> Any:
            note(x)
            return on(x, state)

        return noted

    monkeypatch.setattr(loaded.model, "read", noting(loaded.model.read))
    monkeypatch.setattr(loaded.model, "step_log_probs", noting(loaded.model.step_log_probs))


def test_a_poem_comes_character_by_character_where_nothing_is_fixed_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = rhyming_model()
    rows = counted(loaded, monkeypatch)
    tokens = compose(loaded, ComposeConfig(form="五绝", begin="春"))
    assert [next(tokens).character, len(rows)] == ["春", 1]
    next(tokens)
    assert rows == [1, 1]


def test_a_poem_comes_line_by_line_where_something_is(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = rhyming_model()
    rows = counted(loaded, monkeypatch)
    tokens = compose(loaded, ComposeConfig(form="五绝", acrostic="春月", n_particles=5))
    assert next(tokens).character == "春"
    # A line, its mark, and what is fixed at the beginning of the next one.
    # Before the first character they are all alike, and read as one.
    assert rows == [1] + [5] * 6


def test_a_pool_is_the_same_on_one_thread_and_on_several(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded, threads = rhyming_model(), set[int]()
    watch(loaded, monkeypatch, lambda _: threads.add(threading.get_ident()))
    config, seeds, calls = ComposeConfig(form="五绝", rhyme="东", n_particles=4), range(50), list[tuple[int, int]]()
    pools = []
    for n_threads in (1, 3):
        monkeypatch.setattr(torch, "get_num_threads", lambda n=n_threads: n)
        threads.clear()
        poems = compose_constrained_many(loaded, config, seeds, len(seeds), lambda *call: calls.append(call))
        assert len(threads - {threading.get_ident()}) == (0 if n_threads == 1 else n_threads)
        pools.append([token_ids for token_ids, _ in poems.values()])
    assert pools[0] == pools[1]
    assert calls == [(1, 4), (2, 4), (3, 4), (4, 4)] * 2


def tokens_of(loaded: LoadedModel, **constraint: Any) -> Iterator[Any]:
    return compose(loaded, ComposeConfig(form="七绝", **constraint), n_alternatives=500)


@pytest.mark.parametrize("constraint", [{"begin": "春"}, {"acrostic": "春月"}])
def test_tokens_tell_their_place_and_what_the_wishes_leave(loaded: LoadedModel, constraint: dict[str, str]) -> None:
    places = []
    for token in tokens_of(loaded, **constraint):
        places.append((token.line, token.position))
        assert token.allowed_probability >= token.probability * 0.999
        allowed = {character: p_allowed for character, _, p_allowed in token.alternatives if p_allowed}
        if token.character:
            assert allowed[token.character] == pytest.approx(token.allowed_probability, rel=1e-3)
            assert sum(allowed.values()) == pytest.approx(1, rel=1e-3)
    assert places == [(line, position) for line in range(1, 5) for position in (1, 2, 3, 4, 5, 6, 7, 0)] + [(4, 0)]


def test_keywords_and_a_style_are_read_before_the_poem_and_never_written() -> None:
    loaded = rhyming_model(tags=True)
    constraint = ComposeConfig(form="七绝", rhyme="东", seed=5)
    poems = [
        compose_poem(loaded, constraint.replace(**constraints)).text
        for constraints in (
            {},
            {"keywords": "月 春风"},
            {"keywords": "雪,石"},
            {"style": "李白"},
            {"style": "晚唐"},
            {"style": "南宋"},
        )
    ]
    assert len(set(poems)) == len(poems)
    assert all(len(poem) == 32 for poem in poems)
    assert all("李" not in poem for poem in poems[3:])
    # However they are parted and written, they are the same words and the same style.
    assert compose_poem(loaded, constraint.replace(keywords="月，春風")).text == poems[1]
    assert compose_poem(loaded, constraint.replace(style=" 南宋 ")).text == poems[5]
    # A poet without a code of his own stands for his time.
    assert (
        compose_poem(loaded, constraint.replace(style="王之涣")).text
        == compose_poem(loaded, constraint.replace(style="盛唐")).text
    )
    free = [compose_poem(loaded, constraint.replace(form="free", rhyme=None, keywords=one)).text for one in ("", "月")]
    assert free[0] != free[1]


@pytest.mark.parametrize(
    ("keywords", "said"),
    [
        ("月 春 雪 石 路", "5 keywords are more than a poem can take up."),
        ("moon", "'moon' is no keyword."),
        ("东风中空红", "'东风中空红' is no keyword."),
        ("鹓", "鹓"),
    ],
)
def test_what_can_be_no_keyword_is_refused_by_name(keywords: str, said: str) -> None:
    with pytest.raises(ComposeError, match=said):
        compose_poem(rhyming_model(tags=True), ComposeConfig(form="七绝", keywords=keywords))


def test_a_title_is_read_before_the_poem_and_never_written() -> None:
    loaded = rhyming_model(tags=True)
    constraint = ComposeConfig(form="五绝", begin="日", temperature=3.0, top_p=1.0)
    about_moon = compose_poem(loaded, constraint.replace(title="夜月"))
    assert about_moon.text != compose_poem(loaded, constraint).text
    assert faults(about_moon.text, "wujue") == []
    for seed in range(5):
        free = compose_poem(loaded, constraint.replace(form="free", title="夜月", seed=seed))
        assert set(free.text) <= set(loaded.vocabulary.characters)
    with pytest.raises(ComposeError, match="knows no character of the title '鹓雏'"):
        compose_poem(loaded, constraint.replace(title="鹓雏"))


@pytest.mark.parametrize("topic", [{"title": "夜月"}, {"keywords": "山 水"}])
def test_a_title_or_keywords_alone_choose_their_begin_character(topic: dict[str, str]) -> None:
    loaded = rhyming_model(tags=True)
    constraint = ComposeConfig.from_dict({"form": "七绝", "temperature": 2.0, "top_p": 1.0, **topic})
    poems = compose_many(loaded, constraint, 12, pool_size=12)
    assert len({poem.text[0] for poem in poems}) > 6
    for poem in poems:
        assert faults(poem.text, "qijue", poem.rhyme) == []
        assert again(loaded, constraint, poem).text == poem.text
    assert not any(token.is_forced for token in compose(loaded, constraint) if token.position)


def test_a_model_that_reads_headers_is_told_the_rhyme_that_the_seed_settles(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = rhyming_model(tags=True)
    constraint = ComposeConfig(form="五绝", top_p=1.0)
    poems = compose_many(loaded, constraint, 24, pool_size=24)
    assert len({poem.rhyme for poem in poems}) > 4
    read = indices_read(loaded, monkeypatch)
    for poem in poems:
        assert faults(poem.text, "wujue", poem.rhyme) == []
        read.clear()
        assert again(loaded, constraint, poem).text == poem.text
        assert read[:3] == [BEGIN, loaded.vocabulary.tag("form:wujue"), loaded.vocabulary.tag(f"rhyme:{poem.rhyme}")]


def test_free_candidates_are_the_poems_of_their_seeds(loaded: LoadedModel) -> None:
    constraint = ComposeConfig(begin="春", max_chars=30, temperature=1.0)
    poems = compose_many(loaded, constraint, 5)
    assert len(poems) == 5
    for poem in poems:
        assert again(loaded, constraint, poem).text == poem.text


def test_a_kept_beginning_is_kept_in_free_verse(loaded: LoadedModel) -> None:
    poem = compose_poem(loaded, ComposeConfig(keep="春风不一，月□□□□", max_chars=12))
    assert poem.text.startswith("春风不一，月")


def test_a_poem_that_is_kept_whole_is_only_read(loaded: LoadedModel) -> None:
    text = compose_poem(loaded, ComposeConfig(form="五绝", seed=2)).text
    poem = compose_poem(loaded, ComposeConfig(form="五绝", keep=text, seed=9))
    assert poem.text == text
