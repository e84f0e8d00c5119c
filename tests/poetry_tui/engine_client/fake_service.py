"""A service without torch, for the tests of the face: it speaks the protocol and composes the same few poems.

What it does depends on the begin character: 崩 dies in the middle, 误 is refused, 慢 composes until it is cancelled, 长
is long. The keyword 误 is refused too, as by a model that was trained without keywords and titles. With `keep` the verse has
the kept characters; the n-th candidate ends with the n-th of the alternatives. Candidates of 慢 stay at 40 % of their pool.

A first argument `no-model` refuses to load any, `dead` dies at once, `mute` never loads, `babble` never ends a line.
"""

import contextlib
import math
import os
import sys
import threading
from collections.abc import Mapping
from queue import Queue
from typing import Any

from engine.composing.replies import (
    Alternative,
    Cancelled,
    Candidate,
    CandidatesDone,
    Failure,
    Hello,
    Inspection,
    Layer,
    LoadedModel,
    Novelty,
    Poem,
    PoemStates,
    Progress,
    Reply,
    Token,
    to_line,
)
from engine.composing.requests import (
    VERSION,
    AnyRequest,
    Cancel,
    ComposeCandidates,
    ComposePoem,
    InspectCharacter,
    InspectStates,
    LoadModel,
    MeasureNovelty,
    Shutdown,
    request_of_line,
)
from engine.system.errors import StudioError

REGULAR = "暮江头一笛风，满船明月照归篷。扁舟夜泊芦花里，不见青山只见鸿。"
SHORT = "色入江流，清风上小楼。故人何处去，明月满扁舟。"
ALTERNATIVES = "春不人山风月江花水云"
N_SEGMENTS, N_POEMS = 5, 24
REFUSAL = Failure.of(StudioError("误 cannot begin a poem.", "Try 日, 月 or 山."))
KEYWORDS_REFUSAL = Failure.of(
    StudioError("This model was trained without keywords and titles.", "Leave them out, or choose another model.")
)


def say(id: int, reply: Reply) -> None:
    sys.stdout.buffer.write(to_line(id, reply))
    sys.stdout.buffer.flush()


def verse(config: Mapping[str, Any]) -> str:
    begin, keep = config.get("begin") or "春", config.get("keep", "")
    text = begin + (REGULAR[len(begin) - 1 :] if begin[0] == "日" else SHORT)
    if begin == "长":
        return str(begin + REGULAR * 6)
    return "".join(kept if kept != "□" else one for one, kept in zip(text, keep.ljust(len(text), "□"), strict=True))


def refusal(config: Mapping[str, Any]) -> Failure | None:
    if "误" in config.get("keywords", ""):
        return KEYWORDS_REFUSAL
    return REFUSAL if config["begin"].startswith("误") else None


def about(text: str, config: Mapping[str, Any], model: str, number: int = 0) -> dict[str, Any]:
    """The fields of a poem."""
    form = config.get("form", "free")
    return {
        "begin": config["begin"],
        "text": text,
        "form": form,
        "rhyme": None if form == "free" else "一东",
        "seed": config["seed"] + number,
        "model": model,
        "logprob": -61.3,
        "score": -2.5 - number / 10,
        "verdicts": {"form": None, "tones": None, "rhyme": None},
        "finish": "limit" if config["begin"] == "长" else "end",
    }


def candidates(
    id: int, request: ComposeCandidates, model: str, cancelled: set[int], heard: threading.Condition
) -> None:
    config = request.config
    if (refused := refusal(config)) is not None:
        say(id, refused)
        return
    for n_done in range(N_SEGMENTS + 1):
        say(id, Progress(n_done, N_SEGMENTS, N_POEMS))
        if config["begin"] == "慢" and n_done == 2:
            with heard:
                heard.wait_for(lambda: id in cancelled)
            say(id, Cancelled())
            return
    for number in range(request.n):
        text = verse(config)[:-2] + ALTERNATIVES[number] + "。"
        say(id, Candidate(**about(text, config, model, number), rank=number + 1))
    say(id, CandidatesDone(request.n))


def inspect(id: int, request: InspectCharacter) -> None:
    values = tuple(unit / 7 for unit in range(8))
    states = dict.fromkeys(("hidden", "hidden_before", "candidate", "memory", "memory_before"), values)
    layer = Layer(dict.fromkeys("ifo", values), states, dict.fromkeys(("i", "f", "o", *states), 0.5))
    inspection = Inspection(
        index=request.index,
        character=request.text[request.index],
        probability=0.07,
        allowed_probability=0.14,
        surprisal_nats=2.66,
        tone="平",
        rhyme_groups=("一东",),
        alternatives=tuple(
            Alternative(one, 0.32 / (rank + 1), 0.64 / (rank + 1)) for rank, one in enumerate(ALTERNATIVES)
        ),
        cell="lstm",
        n_hidden=512,
        units=tuple(unit * 73 for unit in range(8)),
        layers=(layer, layer),
    )
    say(id, inspection)


def states(id: int, request: InspectStates) -> None:
    """Waves, of a shorter period in each further unit, and twice as high in a memory."""
    layer = 1 if request.layer is None else request.layer
    height = 2 if request.kind == "memory" else 1
    units = tuple(unit * 8 for unit in range(request.n_units))
    values = tuple(
        tuple(height * math.sin(index / (2 + unit % 9) + layer) for index in range(len(request.text))) for unit in units
    )
    say(id, PoemStates("lstm", 2, 512, layer, request.kind, units, values))


def novelty(id: int, request: MeasureNovelty) -> None:
    run = request.text[:3]
    say(id, Novelty(3, run, 1, 0, is_exact=True, line=run + "下大荒流，", title="旅夜", author="杜甫"))


def compose(id: int, request: ComposePoem, model: str, cancelled: set[int], heard: threading.Condition) -> None:
    config = request.config
    begin, keep = config["begin"], config.get("keep", "")
    if (refused := refusal(config)) is not None:
        say(id, refused)
        return
    for index, character in enumerate(verse(config)):
        share = 0.02 + 0.05 * (index % 7)
        token = Token(
            index=index,
            character=character,
            is_forced=index < len(begin) or keep[index : index + 1] not in ("", "□"),
            probability=share,
            allowed_probability=share,
            surprisal_nats=0.5 + (index * 7 % 11) * 0.6,
            alternatives=tuple(
                Alternative(other, *2 * [round(0.32 / (rank + 1), 4)]) for rank, other in enumerate(ALTERNATIVES)
            ),
        )
        say(id, token)
        if begin == "崩" and index == 3:
            os._exit(3)
        if begin == "慢" and index == 3:
            with heard:
                heard.wait_for(lambda: id in cancelled)
        if id in cancelled:
            say(id, Cancelled())
            return
    say(id, Poem(**about(verse(config), config, model)))


def main() -> None:  # noqa: C901 - a case for each operation
    manner = sys.argv[1] if len(sys.argv) > 1 else ""
    if manner == "dead":
        sys.exit(1)
    if manner == "babble":
        with contextlib.suppress(BrokenPipeError):
            while True:
                print("x" * 4096, end="")
    say(0, Hello(VERSION, os.getpid()))
    print("a library that prints to stdout", flush=True)
    requests: Queue[tuple[int, AnyRequest]] = Queue()
    cancelled: set[int] = set()
    heard = threading.Condition()

    def listen() -> None:
        for line in sys.stdin.buffer:
            id, request = request_of_line(line)
            if isinstance(request, Cancel):
                with heard:
                    cancelled.add(request.target)
                    heard.notify_all()
            else:
                requests.put((id, request))
        # Nobody listens any more, whatever is being written.
        os._exit(0)

    threading.Thread(target=listen, daemon=True).start()
    model = "studio-lstm"
    while True:
        id, request = requests.get()
        match request:
            case LoadModel() if manner == "no-model":
                say(id, Failure.of(StudioError("There is no model.", "Train one first.")))
            case LoadModel() if manner != "mute":
                model = request.model or "studio-lstm"
                say(id, LoadedModel(name=model, device="cpu", cell="lstm", n_params=1, vocab_size=9))
            case ComposePoem():
                compose(id, request, model, cancelled, heard)
            case ComposeCandidates():
                candidates(id, request, model, cancelled, heard)
            case InspectCharacter():
                inspect(id, request)
            case InspectStates():
                states(id, request)
            case MeasureNovelty():
                novelty(id, request)
            case Shutdown():
                # The other thread holds stdin, which the interpreter's end would wait for.
                os._exit(0)


if __name__ == "__main__":
    main()
