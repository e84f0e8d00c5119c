"""A service without torch, for the tests of the face: it speaks the protocol and writes the same few verses.

What it does depends on the begin character: 崩 dies in the middle, 误 is refused, 慢 writes on until it is cancelled, 长
is long. A first argument `no-model` refuses to load any, `dead` dies at once, `mute` never loads,
`babble` never ends a line.
"""

import contextlib
import json
import os
import sys
import threading
from queue import Queue
from typing import Any

REGULAR = "暮江头一笛风，满船明月照归篷。扁舟夜泊芦花里，不见青山只见鸿。"
SHORT = "色入江流，清风上小楼。故人何处去，明月满扁舟。"
ALTERNATIVES = "春不人山风月江花水云"


def say(**reply: Any) -> None:
    print(json.dumps(reply, ensure_ascii=False), flush=True)


def verse(begin: str) -> str:
    if begin == "长":
        return begin + REGULAR * 6
    return begin + (REGULAR if begin == "日" else SHORT)


def compose(number: int, config: dict[str, Any], model: str, cancelled: set[int], heard: threading.Condition) -> None:
    begin = config["begin"]
    if begin.startswith("误"):
        say(id=number, reply="error", message="误 cannot begin a poem.", hint="Try 日, 月 or 山.")
        return
    for index, character in enumerate(verse(begin)):
        glyph = {"index": index, "character": character, "given": index < len(begin)}
        share = 0.02 + 0.05 * (index % 7)
        others = [[other, round(0.32 / (place + 1), 4)] for place, other in enumerate(ALTERNATIVES)]
        say(
            id=number,
            reply="glyph",
            **glyph,
            probability=share,
            surprise_nats=0.5 + (index * 7 % 11) * 0.6,
            alternatives=others,
        )
        if begin == "崩" and index == 3:
            os._exit(3)
        if begin == "慢" and index == 3:
            with heard:
                heard.wait_for(lambda: number in cancelled)
        if number in cancelled:
            say(id=number, reply="cancelled")
            return
    text = verse(begin)
    say(
        id=number,
        reply="poem",
        begin=begin,
        text=text,
        lines=[],
        form="free",
        rhyme=None,
        seed=config["seed"],
        model=model,
        logprob=-61.3,
        verdicts={"form": None, "tones": None, "rhyme": None},
        finish="limit" if begin == "长" else "end",
    )


def main() -> None:
    manner = sys.argv[1] if len(sys.argv) > 1 else ""
    if manner == "dead":
        sys.exit(1)
    if manner == "babble":
        with contextlib.suppress(BrokenPipeError):
            while True:
                print("x" * 4096, end="")
    say(id=0, reply="hello", protocol=1, pid=os.getpid())
    print("a library that prints to stdout", flush=True)
    requests: Queue[dict[str, Any] | None] = Queue()
    cancelled: set[int] = set()
    heard = threading.Condition()

    def listen() -> None:
        for line in sys.stdin:
            request = json.loads(line)
            if request["op"] == "cancel":
                with heard:
                    cancelled.add(request["target"])
                    heard.notify_all()
            else:
                requests.put(request)
        # Nobody listens any more, whatever is being written.
        os._exit(0)

    threading.Thread(target=listen, daemon=True).start()
    model = "studio-lstm"
    while (request := requests.get()) is not None:
        if request["op"] == "load" and manner == "no-model":
            say(id=request["id"], reply="error", message="There is no model.", hint="Train one first.")
        elif request["op"] == "load" and manner != "mute":
            model = request["model"] or "studio-lstm"
            say(id=request["id"], reply="loaded", model=model, device="cpu", cell="lstm", n_params=1, vocab_size=9)
        elif request["op"] == "compose":
            compose(request["id"], request["config"], model, cancelled, heard)
        elif request["op"] == "shutdown":
            return


if __name__ == "__main__":
    main()
