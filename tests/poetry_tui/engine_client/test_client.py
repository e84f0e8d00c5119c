"""The engine client, against a service without torch that can be told to misbehave."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable

import pytest

from engine.composing.replies import Poem, Token
from engine.composing.requests import InspectCharacter
from engine.system.errors import ComposeError
from poetry_tui.engine_client.client import EngineClient, EngineLostError, EngineState, Phase
from poetry_tui.engine_client.service_process import log_file
from tests.poetry_tui.conftest import FAKE_SERVICE

CONFIG = {"begin": "日", "temperature": 0.8, "seed": 7}


class OpenClient:
    """A client that runs, and everything that it told."""

    def __init__(self, *manner: str) -> None:
        self.told: list[EngineState] = []
        self.client = EngineClient(self.hear, command=(*FAKE_SERVICE, *manner), pauses_s=(0.0, 0.0))
        self.client.start()

    def hear(self, state: EngineState) -> None:
        self.told.append(state)

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not is_so():
                await asyncio.sleep(0.01)

    async def compose(self, begin: str) -> list[Token | Poem]:
        async with contextlib.aclosing(self.client.compose({**CONFIG, "begin": begin})) as said:
            return [thing async for thing in said]

    def pid(self) -> int:
        assert self.client._process is not None
        return self.client._process.pid


@contextlib.asynccontextmanager
async def open_client(*manner: str) -> AsyncIterator[OpenClient]:
    client = OpenClient(*manner)
    try:
        yield client
    finally:
        await client.client.close()


async def test_a_poem_arrives_character_by_character_and_then_as_a_whole() -> None:
    async with open_client() as it:
        *glyphs, poem = await it.compose("日")
    assert isinstance(poem, Poem)
    assert "".join(glyph.character for glyph in glyphs if isinstance(glyph, Token)) == poem.text
    assert [glyph.is_forced for glyph in glyphs if isinstance(glyph, Token)][:2] == [True, False]
    assert poem.seed == 7


async def test_a_request_made_before_the_engine_is_ready_waits_for_it() -> None:
    async with open_client() as it:
        assert it.told == []
        assert await it.compose("月")
        assert it.told[-1].phase is Phase.READY
        assert it.client.state.model is not None
        assert it.client.state.model.name == "studio-lstm"


async def test_a_refused_request_is_an_error_for_people_and_the_next_one_is_served() -> None:
    async with open_client() as it:
        with pytest.raises(ComposeError) as refused:
            await it.compose("误")
        assert refused.value.hint
        assert await it.compose("月")


async def test_leaving_a_composition_cancels_it_so_that_the_next_one_begins() -> None:
    async with open_client() as it:
        async with contextlib.aclosing(it.client.compose({**CONFIG, "begin": "慢"})) as said:
            async for _ in said:
                break
        async with asyncio.timeout(20):
            assert await it.compose("月")


async def test_what_a_cancelled_composition_still_says_reaches_nobody() -> None:
    async with open_client() as it:
        first = it.client.compose({**CONFIG, "begin": "长"})
        assert isinstance(await anext(first), Token)
        await first.aclose()
        poem = (await it.compose("月"))[-1]
        assert isinstance(poem, Poem)
        assert poem.begin == "月"


async def test_a_service_that_dies_in_the_middle_is_said_and_started_again() -> None:
    async with open_client() as it:
        with pytest.raises(EngineLostError):
            await it.compose("崩")
        assert await it.compose("月")
        assert Phase.RESTARTING in [state.phase for state in it.told]


async def test_a_service_killed_while_idle_is_started_again() -> None:
    async with open_client() as it:
        await it.until(lambda: it.client.state.phase is Phase.READY)
        first = it.pid()
        os.kill(first, 9)
        await it.until(lambda: it.client.state.phase is Phase.READY and it.pid() != first)


async def test_a_service_that_always_dies_is_given_up_with_a_hint() -> None:
    async with open_client("dead") as it:
        await it.until(lambda: it.client.state.phase is Phase.FAILED)
        assert it.client.state.phase is Phase.FAILED
        assert it.client.state.problem is not None
        assert str(log_file()) in it.client.state.problem.hint
        with pytest.raises(EngineLostError):
            await it.compose("月")


async def test_a_command_that_does_not_exist_is_given_up_too() -> None:
    client = EngineClient(lambda _: None, command=("/nowhere/python",), pauses_s=())
    client.start()
    async with asyncio.timeout(20):
        while client.state.phase is not Phase.FAILED:
            await asyncio.sleep(0.01)
    await client.close()


async def test_a_missing_model_is_said_and_the_service_lives_on() -> None:
    async with open_client("no-model") as it:
        await it.until(lambda: it.client.state.phase is Phase.NO_MODEL)
        with pytest.raises(Exception, match="There is no model"):
            await it.compose("月")
        assert it.pid()


async def test_another_model_is_loaded_by_name() -> None:
    async with open_client() as it:
        await it.until(lambda: it.client.state.phase is Phase.READY)
        it.client.load("mine")
        await it.until(lambda: it.client.state.phase is Phase.READY)
        assert it.client.state.model is not None
        assert it.client.state.model.name == "mine"


async def test_closing_ends_the_service_even_while_it_writes() -> None:
    async with open_client() as it:
        said = it.client.compose({**CONFIG, "begin": "慢"})
        await anext(said)
        pid = it.pid()
        await it.client.close()
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
        await said.aclose()


async def test_a_service_of_a_studio_that_was_killed_sees_the_end_of_its_stdin() -> None:
    process = await asyncio.create_subprocess_exec(
        *FAKE_SERVICE, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdin is not None
    process.stdin.close()
    async with asyncio.timeout(20):
        await process.communicate()
    assert process.returncode == 0


async def test_a_studio_closed_while_the_service_is_being_born_leaves_none_behind() -> None:
    it = OpenClient()
    await asyncio.sleep(0)
    await it.client.close()
    assert it.client._process is None


async def test_a_service_that_never_ends_a_line_is_started_again() -> None:
    async with open_client("babble") as it:
        await it.until(lambda: it.client.state.phase is Phase.FAILED)


async def test_candidates_arrive_the_best_first_each_with_its_own_seed() -> None:
    async with open_client() as it:
        best, second, third = await it.client.candidates(CONFIG, 3)
    assert best.score is not None
    assert second.score is not None
    assert best.score > second.score
    assert len({best.seed, second.seed, third.seed}) == 3


async def test_while_candidates_are_composed_the_client_hears_how_far_the_pool_is() -> None:
    shares: list[float] = []
    async with open_client() as it:
        await it.client.candidates(CONFIG, 3, on_progress=lambda progress: shares.append(progress.share))
    assert shares == [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]


async def test_candidates_that_are_refused_say_why() -> None:
    async with open_client() as it:
        with pytest.raises(ComposeError, match="误 cannot begin"):
            await it.client.candidates({**CONFIG, "begin": "误"}, 3)


async def test_a_place_of_a_poem_can_be_looked_into() -> None:
    async with open_client() as it:
        found = await it.client.inspect(InspectCharacter("日暮江头", 2, CONFIG))
    assert found is not None
    assert (found.index, found.character, found.cell, len(found.layers)) == (2, "江", "lstm", 2)


async def test_what_a_poem_shares_with_those_that_were_learnt_is_told() -> None:
    async with open_client() as it:
        found = await it.client.novelty("日暮江头一笛风")
    assert found is not None
    assert (found.longest_run, found.run, found.author, found.title) == (3, "日暮江", "杜甫", "旅夜")


async def test_a_question_that_is_left_early_is_cancelled() -> None:
    async with open_client() as it:
        asking = asyncio.create_task(it.client.novelty("日暮江头一笛风"))
        await asyncio.sleep(0)
        asking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asking
        assert not it.client._waiting
        assert isinstance((await it.compose("月"))[-1], Poem)
