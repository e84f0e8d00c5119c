"""A model with characters enough to rhyme, and random weights: what it writes keeps the rules by the masks alone."""

import torch

from engine.config.schema import ModelConfig
from engine.corpus.tokens.control_codes import control_code_tags
from engine.corpus.tokens.vocabulary import Vocabulary
from engine.model.char_rnn import CharRNN
from engine.model.checkpoint import LoadedModel

# Characters of the rhyme book by group, some in two tones (中 看 思 重 空), with one that it lacks (畑) and one added (啼).
CHARACTERS = (
    "东风中空红同宫翁穷功"
    "山间关闲颜还湾斑攀环"
    "阳光香长霜乡凉芳墙床"
    "江窗双邦缸"
    "看寒难安残干欢端"
    "思时知枝诗迟离悲随吹"
    "春人新尘身真邻神贫亲"
    "月雪别绝歇说血节铁灭"
    "客白石夕陌碧迹尺席宅"
    "水里子起此死李似喜纸"
    "老道草早好岛晓少鸟小"
    "路暮处树雨去住故句度"
    "日一不有事是在上万下见又夜更更重落木竹玉北国色"
    "花家斜沙霞茶鸦麻华涯"
    "畑啼青悠"
    "照笑表庙妙抱扫沼渺杳"
)


def rhyming_model(*, tags: bool = False, seed: int = 3) -> LoadedModel:
    vocabulary = Vocabulary("，。" + "".join(dict.fromkeys(CHARACTERS)), control_code_tags() if tags else ())
    torch.manual_seed(seed)
    config = ModelConfig(cell="gru", n_layers=1, embedding_size=8, hidden_size=8)
    model = CharRNN(config, len(vocabulary)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.6)
    return LoadedModel("rhyming", model, vocabulary, {})
