"""Poems and files that the corpus tests make; the verse quoted is a thousand years old."""

import gzip
import io
import json
import random
import tarfile
from pathlib import Path

JINGYESI = "床前明月光，疑是地上霜。举头望明月，低头思故乡。"
DENGGUANQUELOU = "白日依山尽，黄河入海流。欲穷千里目，更上一层楼。"
SHANXING = "远上寒山石径斜，白云生处有人家。停车坐爱枫林晚，霜叶红于二月花。"
TRADITIONAL = "牀前明月光，疑是地上霜。舉頭望明月，低頭思故鄉。"

_HAN = "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏闰余成岁律吕调阳云腾致雨露结为霜金生丽水玉出昆冈"


def made_up_poems(n: int, seed: int = 1) -> list[str]:
    """Quatrains of random characters, all of them different."""
    chance = random.Random(seed)
    lines = ["".join(chance.choices(_HAN, k=5)) for _ in range(4 * n)]
    return ["{}，{}。{}，{}。".format(*lines[4 * i : 4 * i + 4]) for i in range(n)]


def write_poems(path: Path, poems: list[str]) -> Path:
    """One poem a line."""
    path.write_text("\n".join(poems) + "\n", encoding="utf-8")
    return path


def entry(text: str, title: str = "题", author: str = "人") -> dict[str, object]:
    """A poem as chinese-poetry has it, a couplet a paragraph."""
    paragraphs = [piece + "。" for piece in text.split("。") if piece]
    return {"title": title, "author": author, "paragraphs": paragraphs, "id": "0"}


def write_package(path: Path, files: dict[str, object]) -> Path:
    """A tarball of the npm package's shape; `files` maps names below package/ to what is written as JSON, or to text."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else json.dumps(content, ensure_ascii=False).encode()
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    path.write_bytes(gzip.compress(buffer.getvalue(), mtime=0))
    return path


def small_package(path: Path) -> Path:
    """The package in small: Tang and Song poems, one of them in both, and files that do not belong to a corpus."""
    tang, song = made_up_poems(40, seed=2), made_up_poems(60, seed=3)
    return write_package(
        path,
        {
            "LICENSE": "The MIT License (MIT)\n",
            "package.json": {"name": "chinese-poetry"},
            "dist/quantangshi/authors.tang.json": [{"name": "李白", "desc": "诗人"}],
            "dist/quantangshi/poet.song.0.json": [entry(text) for text in [TRADITIONAL, *song]],
            "dist/quantangshi/poet.tang.0.json": [entry(text) for text in [TRADITIONAL, *tang]],
            "dist/quantangshi/error/poet.tang.0.json": [entry(SHANXING)],
            "dist/songci/ci.song.0.json": [{"rhythmic": "导引", "author": "人", "paragraphs": [DENGGUANQUELOU]}],
        },
    )
