"""What settings mean, and what is wrong with a value."""

# The help of each setting, as its tooltip says it and as errors repeat it.
MEANINGS: dict[str, str] = {
    "the recurrent cell": "循环单元",
    "recurrent layers": "循环层数",
    "numbers that stand for one character": "一个字用多少个数来表示",
    "numbers in a layer's hidden state": "一层的隐藏状态有多少个数",
    "let the output layer share the embedding's weights": "输出层与嵌入共用权重",
    "add the outputs of the layers below to each layer's own": "把下面各层的输出加到每一层的输出上",
    "normalise what layers above the first, and the output layer, read": "第一层以上各层和输出层读入前先归一化",
    "share of activations dropped while training": "训练时丢弃多少激活值",
    "share of recurrent weights dropped while training": "训练时丢弃多少循环权重",
    "how weights begin": "权重的初始值",
    "the preset that these settings started from": "这些设置由哪套预设而来",
    "a corpus by name, or a file of poems": "语料的名字，或诗的文件",
    "characters seen less often than this become 'unknown'": "出现次数比这少的字当作“未知”",
    "poems in a batch": "一批多少首诗",
    "longer poems are cut at a sentence end into segments of at most this": "更长的诗在句末切开，每段至多这么多字",
    "leave out poems of more characters than this": "超过这个字数的诗不读",
    "times through the corpus": "把语料读几遍",
    "stop after this many steps, whatever n_epochs says": "走这么多步就停，不管读了几遍",
    "share of poems that are introduced by what is known of them: form, rhyme, title, keywords, dynasty and poet": (
        "多少诗的前面先说明诗体、韵、题目、关键词、朝代和诗人"
    ),
    "share of the steps, the last ones, that read only poems of anneal_max_chars": "最后多少步只读较短的诗",
    "the last steps leave out poems of more characters than this": "最后那些步不读超过这个字数的诗",
    "a model, by name or folder, whose shape and weights the training begins with": "从哪个模型的形状和权重起步",
    "how gradients become steps; muon: the recurrent matrices' by Muon, all others' by AdamW (for an lstm; a gru diverged)": (
        "梯度怎样变成步伐；muon：循环矩阵用 Muon，其余用 AdamW（适合 lstm；gru 会发散）"
    ),
    "peak learning rate": "学习率的峰值",
    "how the learning rate moves after the warm-up": "预热之后学习率怎样变化",
    "steps until the learning rate reaches its peak": "多少步之后学习率到达峰值",
    "learning rate at the end, as a share of the peak": "最后的学习率是峰值的几分之几",
    "AdamW's and Muon's pull towards zero": "AdamW 和 Muon 把权重往零拉的力",
    "largest gradient norm; longer gradients are shortened to it": "梯度的最大长度；更长的缩到这么长",
    "stop after this many validations in a row without a better one": "连续这么多次验证没有更好就停",
    "steps between validations": "每隔多少步验证一次",
    "held-out poems in a validation": "一次验证用多少首留出的诗",
    "steps between checkpoints": "每隔多少步存档一次",
    "steps between two looks at prediction beside target": "每隔多少步对照一次预测与原文",
    "characters that the samples begin with": "试作用哪些字起头",
    "temperature of the samples": "试作的温度",
    "seed of everything random": "一切随机数的种子",
    "where to compute": "在哪里计算",
    "what products are made in; auto: bfloat16 where the device is many times faster at it; weights and sums keep float32": (
        "乘积用什么精度；auto：设备算 bfloat16 快得多时就用它；权重与求和仍用 float32"
    ),
    "processor threads; 0 means one for each core": "处理器线程数；0 为每核一个",
    "characters whose logits exist at one time": "同时算多少个字的 logits",
    "the characters that the poem begins with, or its whole first line": "诗的起字，或整个首句",
    "0 takes the likeliest character; higher dares more": "0 总取最可能的字；越高越大胆",
    "draw among the likeliest characters that hold this much probability": "只在合起来占这么多概率的字里抽",
    "the same seed, model and settings give the same poem": "种子、模型和设置相同，诗也相同",
    "stop free verse after this many characters, punctuation counted": "自由诗连标点写到这么多字为止",
    "a form or tune, such as wujue, 七绝, 仄韵五绝, 五排20 (排律 of 20 lines) or 浣溪沙; free knows no rules": (
        "诗体或词牌，如 wujue、七绝、仄韵五绝、五排20（二十句的排律）、浣溪沙；free 无格律"
    ),
    "平水韵, 词林正韵 or 中华新韵 (modern tones); usually 平水韵 for 诗 and 词林正韵 for 词": (
        "平水韵、词林正韵或中华新韵（今音）；通常诗用平水韵，词用词林正韵"
    ),
    "the order of the lines' tones, such as aBbA; usually whichever comes": "各句的平仄式，如 aBbA；通常随意",
    "the rhyme group, such as 东 or 一东; of a tune the part, such as 第七部": "韵部，如 东 或 一东；词用词韵，如 第七部",
    "a title, or words on what the poem shall be about": "题目，或诗里要写的东西",
    "one to four words that the poem shall take up, such as 琵琶 秋 醉; for models trained with keywords": (
        "诗里要写到的一至四个词，如 琵琶 秋 醉；限训练时有关键词的模型"
    ),
    "a dynasty (唐, 宋), a period (盛唐, 晚唐, 北宋) or a poet (李白) to follow; for models trained with styles": (
        "仿谁的风格：朝代（唐、宋）、时期（盛唐、晚唐、北宋）或诗人（李白）；限训练时有风格的模型"
    ),
    "藏头: the first characters of the lines; □ leaves one open": "藏头：各句的第一个字；□ 处随意",
    "藏尾: the last characters of the lines; □ leaves one open": "藏尾：各句的最后一个字；□ 处随意",
    "a text of the form's length with □ wherever a character shall be composed": "与诗体等长的文字，要作的字写 □",
    "continuations of a line that are tried side by side; 0: as many as it needs": "每句并排试几种续法；0：需要几种就几种",
}

SENTENCES: dict[str, str] = {
    **MEANINGS,
    **{f"It means: {english}.": f"意思是：{chinese}。" for english, chinese in MEANINGS.items()},
    "It means: {meaning}.": "意思是：{meaning}。",
    "{name} must be of type {kind}, not {value}.": "{name} 应是{kind}，不能是 {value}。",
    "{name} must be {kind}, not {value}.": "{name} 应是{kind}，不能是 {value}。",
    "{name} is {value}, outside {low} to {high}.": "{name} 是 {value}，不在 {low} 到 {high} 之间。",
    "{value} holds no settings.": "{value} 里没有设置。",
    "Settings are names with their values.": "设置是名字和值。",
    "{name} has {number} characters, and may have {number2}.": "{name} 有 {number} 个字，至多 {number2} 个。",
    "{name} holds what is no text: {value}.": "{name} 里有不是文字的东西：{value}。",
    "Write it in UTF-8.": "请用 UTF-8 写。",
    "{name} cannot be {value}.": "{name} 不能是 {value}。",
    "Choose one of: {names}.": "请选其一：{names}。",
    "There is no setting called {name}.": "没有名为 {name} 的设置。",
    "Known settings: {names}.": "设置有：{names}。",
    "There is no preset called {name}.": "没有名为 {name} 的预设。",
    "On {name} the studio trains in float32 alone.": "在 {name} 上只能用 float32 训练。",
    "This machine offers no {name} device.": "这台机器没有 {name} 设备。",
}
