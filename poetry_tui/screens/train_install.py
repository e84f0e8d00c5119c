"""Installing a corpus from the train screen: the engine's blocking work in a thread, its progress as a stream."""

import asyncio
import importlib
from collections.abc import AsyncIterator

from engine.corpus.library import list_corpora


def installed_corpora() -> list[str]:
    """The names of the corpora that are there."""
    return [corpus.name for corpus in list_corpora()]


async def run_install(name: str) -> AsyncIterator[float]:
    """Install a corpus and yield the fraction done, 0 to 1.

    Raises:
        CorpusError: why it did not work.
    """
    # The converter of traditional characters is loaded with it: not before somebody wants it.
    install = importlib.import_module("engine.corpus.install").install
    loop = asyncio.get_running_loop()
    fractions: asyncio.Queue[float | None] = asyncio.Queue()

    def progress(_stage: str, fraction: float) -> None:
        loop.call_soon_threadsafe(fractions.put_nowait, fraction)

    def work() -> None:
        try:
            install(name, progress)
        finally:
            loop.call_soon_threadsafe(fractions.put_nowait, None)

    working = asyncio.create_task(asyncio.to_thread(work))
    while (fraction := await fractions.get()) is not None:
        yield fraction
    await working
