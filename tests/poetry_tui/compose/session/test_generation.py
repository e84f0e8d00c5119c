"""Generation without a screen: an engine of the test, asyncio tasks for workers."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any

import pytest

from engine.composing.replies import Novelty, Poem, Progress, Token
from engine.system.errors import ComposeError, StudioError
from poetry_tui.compose.session import generation
from poetry_tui.compose.session.generation import GenerationController
from poetry_tui.compose.session.revisions import ComposeRequest
from poetry_tui.compose.session.state import ComposeSession

TEXT = "日暮江头一笛风，"


class FakeEngine:
    """Composes `TEXT`; for a begin character 误 it refuses, for 断 it fails on the way, for 慢 it never ends."""

    def __init__(self) -> None:
        self.n_starts = 0
        self.n_lookups = 0

    def start(self) -> None:
        self.n_starts += 1

    async def compose(self, config: Mapping[str, Any], model: str | None = None) -> AsyncGenerator[Token | Poem, None]:
        begin = config["begin"]
        if begin == "误":
            raise ComposeError("误 cannot begin a poem.", "Try 日.")
        if begin == "坏":
            raise RuntimeError("a bug")
        text = begin + TEXT[1:]
        for index, character in enumerate(text):
            if index == 3 and begin == "断":
                raise StudioError("The engine died.", "Try again.")
            if index == 3 and begin == "慢":
                await asyncio.Event().wait()
            yield Token(index, character, 0.5, 0.7, index == 0, ())
        yield Poem(begin, text, config["seed"], "studio-lstm", -12.0, "end")

    async def candidates(
        self, config: Mapping[str, Any], n: int, model: str | None, on_progress: Callable[[Progress], None]
    ) -> list[Poem]:
        texts = [TEXT[:-1] + end for end in "，。？！；"[:n]]
        return [Poem("日", text, seed, "studio-lstm", -12.0, "end") for seed, text in enumerate(texts)]

    async def novelty(self, text: str, model: str | None = None) -> Novelty | None:
        self.n_lookups += 1
        return Novelty(2, text[:2], 4, 0, True)


class Bench:
    """A controller with its session, and what it reported."""

    def __init__(self, pace_chars_per_s: float = float("inf")) -> None:
        self.session, self.engine = ComposeSession(), FakeEngine()
        self.failures: list[tuple[str, bool]] = []
        self.seen: list[str] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.controller = GenerationController(
            self.session,
            self.engine,
            spawn=self._spawn,
            on_change=self._changed,
            on_failure=lambda error, is_refused: self.failures.append((error.message, is_refused)),
            pace_chars_per_s=lambda: pace_chars_per_s,
        )

    def _spawn(self, work: Callable[[], Any]) -> asyncio.Task[None]:
        self.tasks.append(asyncio.ensure_future(work()))
        return self.tasks[-1]

    def _changed(self) -> None:
        self.seen.append(self.session.current.text if self.session.current else "")

    def start(self, *begins: str, n_candidates: int = 1) -> None:
        requests = [ComposeRequest({"begin": begin, "seed": seed}) for seed, begin in enumerate(begins)]
        self.controller.start(requests, n_candidates)

    async def run(self, *begins: str, n_candidates: int = 1) -> list[str]:
        """Compose, wait for the end, and return the texts of the session."""
        self.start(*begins, n_candidates=n_candidates)
        await asyncio.wait(self.tasks)
        return [poem.text for poem in self.session.compositions]

    async def until_visible(self, text: str) -> None:
        while self.session.current is None or self.session.current.text != text:
            await asyncio.sleep(0)


@pytest.fixture(autouse=True)
def _fast_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generation, "TICKS_PER_S", 1000)


async def test_the_best_candidate_is_there_as_soon_as_it_is_received_without_a_tick(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(generation, "TICKS_PER_S", 1e-3)
    bench = Bench(pace_chars_per_s=1e-3)
    bench.start("日", n_candidates=3)
    async with asyncio.timeout(20):
        await bench.until_visible("日")
    bench.controller.stop()


async def test_requests_are_composed_in_order_and_become_revisions() -> None:
    bench = Bench()
    assert await bench.run("日", "山") == [TEXT, "山" + TEXT[1:]]
    assert [revision.text for revision in bench.session.tree.revisions] == [TEXT, "山" + TEXT[1:]]
    assert not bench.controller.is_writing
    assert bench.engine.n_starts == 1


async def test_a_poem_is_revealed_character_by_character_at_a_pace() -> None:
    bench = Bench(pace_chars_per_s=1000)
    await bench.run("日")
    lengths = [len(text) for text in bench.seen]
    assert lengths == sorted(lengths)
    assert set(range(1, len(TEXT) + 1)) <= set(lengths)


async def test_stop_keeps_the_revealed_characters() -> None:
    bench = Bench()
    bench.start("慢")
    await bench.until_visible("慢暮江")
    bench.controller.stop()
    assert bench.session.current is not None
    assert bench.session.current.is_stopped
    assert [revision.text for revision in bench.session.tree.revisions] == ["慢暮江"]
    await asyncio.wait(bench.tasks)
    assert bench.tasks[0].cancelled()


async def test_a_new_request_replaces_the_one_being_composed() -> None:
    bench = Bench()
    bench.start("慢")
    await bench.until_visible("慢暮江")
    assert await bench.run("山") == ["慢暮江", "山" + TEXT[1:]]


async def test_a_refused_request_is_reported_as_refused_and_leaves_no_poem() -> None:
    bench = Bench()
    assert await bench.run("误", "日") == []
    assert bench.failures == [("误 cannot begin a poem.", True)]


async def test_an_error_on_the_way_keeps_the_characters_so_far() -> None:
    bench = Bench()
    assert await bench.run("断") == ["断暮江"]
    assert bench.failures == [("The engine died.", False)]


async def test_of_several_candidates_the_best_is_displayed() -> None:
    bench = Bench()
    texts = await bench.run("日", n_candidates=3)
    assert [text[-1] for text in texts] == ["，", "。", "？"]
    assert bench.session.index == 0
    assert all(token.is_known for token in bench.session.compositions[0].tokens)
    assert not any(token.is_known for token in bench.session.compositions[1].tokens)


async def test_a_bug_in_the_background_is_raised_and_leaves_no_poem_incomplete() -> None:
    bench = Bench()
    assert await bench.run("坏") == []
    assert isinstance(bench.tasks[0].exception(), RuntimeError)
    assert not bench.controller.is_writing


async def test_the_novelty_of_a_complete_poem_is_looked_up_once() -> None:
    bench = Bench()
    await bench.run("日")
    for _ in range(3):
        bench.controller.look_up_novelty()
        await asyncio.wait(bench.tasks)
    assert bench.engine.n_lookups == 1
    assert bench.session.current is not None
    assert isinstance(bench.session.current.novelty, Novelty)
