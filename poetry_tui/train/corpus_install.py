"""Installing a corpus from the train screen: the engine's blocking work in a thread, its progress as a stream."""

import asyncio
import importlib
import threading
from collections.abc import AsyncIterator

from engine.corpus.corpus import list_corpora


def installed_corpora() -> list[str]:
    """The names of the corpora that are there."""
    return [corpus.name for corpus in list_corpora()]


async def run_install(name: str) -> AsyncIterator[float]:
    """Install a corpus and yield the fraction done, 0 to 1; whoever leaves early ends the installation, without a trace.

    Raises:
        CorpusError: why it did not work.
    """
    # The converter of traditional characters is loaded with it: not before somebody wants it.
    install = importlib.import_module("engine.corpus.install").install
    loop = asyncio.get_running_loop()
    fractions: asyncio.Queue[float | None] = asyncio.Queue()
    is_unwanted = threading.Event()

    def progress(_stage: str, fraction: float) -> None:
        # A thread cannot be ended from outside, and the studio waits for it when it leaves.
        if is_unwanted.is_set():
            raise asyncio.CancelledError
        loop.call_soon_threadsafe(fractions.put_nowait, fraction)

    def work() -> None:
        try:
            install(name, progress)
        finally:
            loop.call_soon_threadsafe(fractions.put_nowait, None)

    working = asyncio.create_task(asyncio.to_thread(work))
    try:
        while (fraction := await fractions.get()) is not None:
            yield fraction
        await working
    finally:
        is_unwanted.set()
