"""A small corpus of the tests' own making: verse-shaped lines drawn from a handful of words."""

import random
from pathlib import Path

BEGINNINGS = "日红山夜湖海月君"
WORDS = [
    "明月",
    "清风",
    "白云",
    "青山",
    "流水",
    "落花",
    "春雨",
    "秋霜",
    "孤舟",
    "长河",
    "故人",
    "斜阳",
    "高楼",
    "寒江",
    "夜雪",
    "晓钟",
]
VERBS = "照入过满来归落生"


def poem_text(random_source: random.Random, n_lines: int = 4) -> str:
    """Verse of five-character lines closed by ，and 。in turn."""
    lines = []
    for number in range(n_lines):
        first = random_source.choice(BEGINNINGS) + random_source.choice(VERBS)
        line = first + random_source.choice(VERBS) + random_source.choice(WORDS)
        lines.append(line + ("，" if number % 2 == 0 else "。"))
    return "".join(lines)


def write_corpus(path: Path, n_poems: int = 300, seed: int = 0) -> Path:
    """Write `n_poems` different poems, one `title:content` a line; lengths of 4, 8 and 12 lines."""
    source = random.Random(seed)
    lines = [f"其{number}:{poem_text(source, source.choice((4, 4, 8, 12)))}" for number in range(n_poems)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
