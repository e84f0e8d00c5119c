"""Traditional to simplified characters, by OpenCC's `t2s`, and never back.

Old editions also use many variants that OpenCC leaves alone because they are neither traditional nor simplified. A
network learns each of them anew from a few examples, so the frequent ones are folded onto the character in use today.
"""

import functools
from collections.abc import Callable

from engine.errors import CorpusError

# Each pair: the variant, then the character in use. Chosen by frequency in Tang and Song verse; only pairs that mean
# the same everywhere (祇, both "only" and "a god", is left as it is).
_VARIANT_PAIRS = """
隠隐 疎疏 踈疏 簷檐 鴈雁 鬰郁 欝郁 髪发 頼赖 浄净 徧遍 慙惭 鶑莺 鸎莺 粧妆 劒剑 鬭斗 鬬斗 媿愧 蘂蕊 臯皋 皐皋 僊仙 猨猿 髙高
珮佩 鼇鳌 巵卮 馿驴 櫂棹 煖暖 嬾懒 賸剩 覩睹 牋笺 歛敛 槃盘 祐佑 妬妒 隣邻 餠饼 罇樽 閙闹 隄堤 懽欢 寛宽 彊强 椀碗 盌碗 懃勤
慇殷 鉏锄 筯箸 斾旆 鳯凤 秖只 袴裤 怱匆 斲斫 毬球 缾瓶 堦阶 虀齑 畧略 燄焰 迺乃 珪圭 遯遁 撚捻 穉稚 潄漱 犂犁 鏁锁 鼈鳖 飜翻 廻回
囘回 麤粗 烝蒸 悮误 怳恍 欵款 邉边 羮羹 磵涧 栢柏 槩概 覊羁 羇羁 歳岁 逈迥 揺摇 竝并 暎映 幙幕 緜绵 頳赪 桮杯 壻婿 殽肴 醆盏
纒缠 薫薰 姪侄 輙辄 搆构 朶朵 牓榜 毎每 碁棋 蠧蠹 憇憩 諠喧 螘蚁 翺翱 睠眷 鵶鸦 餽馈 譍应 厖庞 倐倏 筦管 皷鼓 濬浚 藂丛 閴阒
荅答 廐厩 邨村 臙胭 躭耽 徴征 懐怀 濶阔 寖浸 鎗枪 蕚萼 粃秕 糵蘖 枿蘖 氊毡 瑠琉 渇渴 葅菹 漥洼 効效 戯戏 逺远 繖伞 厓崖 棃梨
呌叫 冝宜 飃飘 恵惠 㦸戟 甞尝 瓌瑰 㝢宇 凴凭 栁柳 葢盖 寳宝 覔觅 徃往 巌岩 灔滟 虗虚 隂阴 窻窗 窓窗 牎窗 牕窗 舘馆 蘓苏 恠怪
暦历 歴历 豊丰 㳺游 䟽疏 䕃荫 𦦨焰
"""
_VARIANTS = str.maketrans({pair[0]: pair[1] for pair in _VARIANT_PAIRS.split()})


def to_simplified(text: str) -> str:
    """The text in simplified characters, as many as before; text that is simplified already stays as it is.

    Raises CorpusError when OpenCC is not installed.
    """
    simplified = _converter()(text)
    if len(simplified) != len(text):
        # A phrase that changed its length would shift lines against each other; character by character it cannot.
        simplified = "".join(_converter()(character)[:1] or character for character in text)
    return simplified.translate(_VARIANTS)


@functools.cache
def _converter() -> Callable[[str], str]:
    try:
        import opencc
    except ImportError as error:
        raise CorpusError(
            "Traditional characters cannot be converted because OpenCC is not installed.",
            "Install it with `pip install opencc`, or import without conversion.",
        ) from error
    convert: Callable[[str], str] = opencc.OpenCC("t2s").convert
    return convert
