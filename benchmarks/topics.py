"""How many poems take up their keywords and titles, for several strengths of the bias on planned words.

    python -m benchmarks.topics [MODEL] [--scales 0 0.5 1 1.5] [--poems FOLDER]

Composes the studio's first 七绝 for each of 30 pairs of keywords and 30 titles, and prints a row for each strength: how many
have both keywords literally, or each literally or by a word of its field; how many have two words of their title and its field;
the mean ln p and the ranker's mark of the poems by the model alone; distinct-2. `--poems` writes those of the last strength for
readers.
"""

import argparse
import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from engine.composing.composer import Composition, compose_many
from engine.composing.decoding import guides as topics
from engine.config.schema import ComposeConfig
from engine.corpus.tokens.vocabulary import BEGIN
from engine.model.checkpoint import LoadedModel, load_model
from engine.model.devices import choose_device
from engine.model.ranker import ScoredText, read_texts
from engine.model.registry import find_model
from engine.prosody.text import han_of, lines_of

PAIRS = [
    "柳 渡口",
    "酒 梅花",
    "战马 黄沙",
    "钟声 月",
    "棋 雨",
    "剑 酒",
    "灯 书",
    "荷花 船",
    "雁 故乡",
    "雪 寺",
    "笛 关山",
    "燕 旧家",
    "茶 竹",
    "菊 东篱",
    "杜鹃 泪",
    "长安 梦",
    "猿 峡",
    "樵夫 云",
    "鹤 松",
    "桃花 溪",
    "蝉 黄昏",
    "帆 江南",
    "烽火 家书",
    "萤 扇",
    "砧 夜",
    "鸿 天涯",
    "牧童 牛",
    "白发 镜",
    "渔火 钟",
    "海棠 春",
]
TITLES = [
    "秋夜客舍",
    "送友人归江南",
    "早春湖上",
    "宿山寺",
    "中秋对月",
    "登高望乡",
    "边城秋思",
    "寒食",
    "除夜独坐",
    "春日田家",
    "采莲",
    "庭前梅",
    "雪夜访友",
    "江楼晚眺",
    "渔家",
    "题僧院",
    "金陵怀古",
    "七夕",
    "暮春感怀",
    "听琴",
    "夜雨",
    "落花",
    "秋雁",
    "归隐",
    "闺怨",
    "塞下",
    "酬故人见寄",
    "赏菊",
    "夏日山居",
    "夜泊",
]
STRENGTHS = ("BEGIN_NATS", "LAST_PLACE_NATS", "CONTINUE_NATS", "RESERVED_NATS", "PRESENT_NATS")
HEAD = "| strength | literally | by field | titles | ln p | mark | distinct-2 |\n|--:|--:|--:|--:|--:|--:|--:|"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?")
    parser.add_argument("--scales", nargs="+", type=float, default=[0.0, 1.0])
    parser.add_argument("--poems", type=Path)
    parser.add_argument("--n", type=int, default=len(PAIRS), help="requests of each kind")
    arguments = parser.parse_args()
    loaded = load_model(find_model(arguments.model), choose_device("auto"))
    usual = {name: getattr(topics, name) for name in STRENGTHS}
    print(HEAD, flush=True)
    for scale in arguments.scales:
        for name, value in usual.items():
            setattr(topics, name, scale * value)
        of_pairs = [_first(loaded, ComposeConfig(keywords=one, form="七绝", seed=7)) for one in PAIRS[: arguments.n]]
        of_titles = [_first(loaded, ComposeConfig(title=one, form="七绝", seed=7)) for one in TITLES[: arguments.n]]
        print(_row(scale, of_pairs, of_titles, loaded), flush=True)
    if arguments.poems:
        arguments.poems.mkdir(parents=True, exist_ok=True)
        for name, requests, poems in (("keywords", PAIRS, of_pairs), ("titles", TITLES, of_titles)):
            numbered = enumerate(zip(requests, poems, strict=False), start=1)
            text = "\n".join(f"{number}. {request}\n   {poem.text}\n" for number, (request, poem) in numbered)
            (arguments.poems / f"read-{name}.txt").write_text(text, "utf-8")


def _first(loaded: LoadedModel, config: ComposeConfig) -> Composition:
    return compose_many(loaded, config, 5)[0]


def _row(scale: float, of_pairs: Sequence[Composition], of_titles: Sequence[Composition], loaded: LoadedModel) -> str:
    texts = [poem.text for poem in (*of_pairs, *of_titles)]
    n_literal = sum(
        all(word in poem.text for word in pair.split()) for pair, poem in zip(PAIRS, of_pairs, strict=False)
    )
    n_field = n_titles = 0
    for pair, poem in zip(PAIRS, of_pairs, strict=False):
        n_field += all(topic.is_in(poem.text) for topic in topics.topics_of(ComposeConfig(keywords=pair)))
    for title, poem in zip(TITLES, of_titles, strict=False):
        words = {word for topic in topics.topics_of(ComposeConfig(title=title)) for word in topic.words}
        n_titles += sum(word in poem.text for word in words) > 1
    (reading,) = read_texts(loaded.model, loaded.vocabulary, [[BEGIN]], texts)
    means = reading.mean_log_probs()
    scored = [ScoredText(text, [mean] * len(text)) for text, mean in zip(texts, means, strict=True)]
    marks = [0.0] if loaded.ranker is None else loaded.ranker.marks(loaded.vocabulary, scored, reading)
    pairs = [two for text in texts for line in lines_of(text) for two in itertools.pairwise(han_of(line))]
    figures = (means.mean(), np.mean(marks), len(set(pairs)) / len(pairs))
    return f"| {scale:g} | {n_literal} | {n_field} | {n_titles} | " + " | ".join(f"{one:.3f}" for one in figures) + " |"


if __name__ == "__main__":
    main()
