"""A service without torch, for the tests of the face: it speaks the protocol and writes the same few verses.

What it does depends on the begin character: 崩 dies in the middle, 误 is refused, 慢 writes on until it is cancelled, 长
is long. With `keep` the verse has the kept characters; the n-th candidate ends with the n-th of the alternatives.

A first argument `no-model` refuses to load any, `dead` dies at once, `mute` never loads, `babble` never ends a line.
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


def verse(config: dict[str, Any]) -> str:
    begin, keep = config.get("begin") or "春", config.get("keep", "")
    text = begin + (REGULAR[len(begin) - 1 :] if begin[0] == "日" else SHORT)
    if begin == "长":
        return begin + REGULAR * 6
    return "".join(kept if kept != "□" else one for one, kept in zip(text, keep.ljust(len(text), "□"), strict=True))


def poem(text: str, config: dict[str, Any], model: str, place: int = 0) -> dict[str, Any]:
    return {
        "begin": config["begin"],
        "text": text,
        "lines": [],
        "form": config.get("form", "free"),
        "order": None,
        "rhyme": None if config.get("form", "free") == "free" else "一东",
        "seed": config["seed"] + place,
        "model": model,
        "logprob": -61.3,
        "score": -2.5 - place / 10,
        "verdicts": {"form": None, "tones": None, "rhyme": None},
        "finish": "limit" if config["begin"] == "长" else "end",
    }


def candidates(number: int, config: dict[str, Any], model: str, n: int) -> None:
    if config["begin"].startswith("误"):
        say(id=number, reply="error", message="误 cannot begin a poem.", hint="Try 日, 月 or 山.")
        return
    for place in range(n):
        text = verse(config)[:-2] + ALTERNATIVES[place] + "。"
        say(id=number, reply="candidate", rank=place + 1, **poem(text, config, model, place))
    say(id=number, reply="done", n=n)


def inspect(number: int, request: dict[str, Any]) -> None:
    units = [place / 7 for place in range(8)]
    gates = {"gates": dict.fromkeys("ifo", units)}
    states = dict.fromkeys(("hidden", "hidden_before", "candidate", "memory", "memory_before"), units)
    means = dict.fromkeys(("i", "f", "o", *states), 0.5)
    say(
        id=number,
        reply="inspected",
        index=request["index"],
        character=request["text"][request["index"]],
        probability=0.07,
        allowed_probability=0.14,
        surprise_nats=2.66,
        tone="平",
        rhyme_groups=["一东"],
        alternatives=[[one, 0.32 / (place + 1), 0.64 / (place + 1)] for place, one in enumerate(ALTERNATIVES)],
        cell="lstm",
        n_hidden=512,
        units=[place * 73 for place in range(8)],
        layers=[{**gates, **states, "means": means} for _ in range(2)],
    )


def novelty(number: int, text: str) -> None:
    found = {"longest_run": 3, "run": text[:3], "n_lines_copied": 0, "exact": True}
    say(id=number, reply="novelty", **found, line=text[:3] + "下大荒流，", title="旅夜", author="杜甫")


def compose(number: int, config: dict[str, Any], model: str, cancelled: set[int], heard: threading.Condition) -> None:
    begin = config["begin"]
    if begin.startswith("误"):
        say(id=number, reply="error", message="误 cannot begin a poem.", hint="Try 日, 月 or 山.")
        return
    keep = config.get("keep", "")
    for index, character in enumerate(verse(config)):
        is_given = index < len(begin) or keep[index : index + 1] not in ("", "□")
        glyph = {"index": index, "character": character, "given": is_given}
        share = 0.02 + 0.05 * (index % 7)
        others = [[other, *2 * [round(0.32 / (place + 1), 4)]] for place, other in enumerate(ALTERNATIVES)]
        say(
            id=number,
            reply="glyph",
            **glyph,
            probability=share,
            allowed_probability=share,
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
    say(id=number, reply="poem", **poem(verse(config), config, model))


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
        elif request["op"] == "candidates":
            candidates(request["id"], request["config"], model, request["n"])
        elif request["op"] == "inspect":
            inspect(request["id"], request)
        elif request["op"] == "novelty":
            novelty(request["id"], request["text"])
        elif request["op"] == "shutdown":
            return


if __name__ == "__main__":
    main()
