"""What settings mean, and what is wrong with a value."""

# The help of each setting, as its tooltip says it and as errors repeat it.
MEANINGS: dict[str, str] = {
    "recurrent cell": "循环单元",
    "number of recurrent layers": "循环层数",
    "embedding dimension": "字向量的维数",
    "hidden dimension of each recurrent layer": "每层隐藏状态的维数",
    "tie the output layer's weights to the embedding's": "输出层与嵌入共用权重",
    "add residual connections between recurrent layers": "把下面各层的输出加到每一层的输出上",
    "normalise the input of each layer above the first and of the output layer": "第一层以上各层和输出层读入前先归一化",
    "dropout rate of activations": "训练时丢弃多少激活值",
    "dropout rate of recurrent weights": "训练时丢弃多少循环权重",
    "weight initialisation scheme": "权重的初始值",
    "preset that the settings start from": "这些设置由哪套预设而来",
    "corpus by name, or a file of poems": "语料的名字，或诗的文件",
    "minimum frequency of a character in the training split; rarer ones become 'unknown'": "出现次数比这少的字当作“未知”",
    "poems per batch": "一批多少首诗",
    "maximum segment length in characters; longer poems are cut at sentence ends": "更长的诗在句末切开，每段至多这么多字",
    "maximum poem length in characters; longer poems are excluded": "超过这个字数的诗不读",
    "passes over the corpus": "把语料读几遍",
    "maximum number of steps, if n_epochs would take more": "走这么多步就停，不管读了几遍",
    "probability that a poem is prefixed with control codes: form, rhyme, title, keywords, style": (
        "诗前加控制码的概率：诗体、韵、题目、关键词、朝代和诗人"
    ),
    "fraction of the steps, at the end, that read only poems of at most anneal_max_chars": "最后多少步只读较短的诗",
    "maximum poem length in characters during the anneal phase": "最后那些步不读超过这个字数的诗",
    "model, by name or folder, that gives architecture and initial weights": "从哪个模型的形状和权重起步",
    "optimiser": "优化器",
    "peak learning rate": "学习率的峰值",
    "learning-rate schedule after the warm-up": "预热之后学习率怎样变化",
    "steps of linear warm-up": "多少步之后学习率到达峰值",
    "final learning rate as a fraction of the peak": "最后的学习率是峰值的几分之几",
    "decoupled weight decay (AdamW)": "解耦权重衰减（AdamW）",
    "gradient-norm clipping threshold (0 = no clipping)": "梯度范数的裁剪阈值（0 为不裁剪）",
    "early-stopping patience: consecutive validations without improvement": "连续这么多次验证没有更好就停",
    "steps between validations": "每隔多少步验证一次",
    "held-out poems per validation": "一次验证用多少首留出的诗",
    "steps between checkpoints": "每隔多少步存档一次",
    "steps between teacher-forced previews (prediction beside target)": "每隔多少步对照一次预测与原文",
    "begin characters of the sample poems": "试作用哪些字起头",
    "sampling temperature of the sample poems": "试作的温度",
    "random seed": "一切随机数的种子",
    "compute device": "在哪里计算",
    "precision of matrix products; auto: bfloat16 where it is many times faster; weights and sums stay float32": (
        "乘积用什么精度；auto：设备算 bfloat16 快得多时就用它；权重与求和仍用 float32"
    ),
    "processor threads (0 = one per core)": "处理器线程数；0 为每核一个",
    "rows of logits that the loss computes at a time": "损失一次计算多少行 logits",
    "begin characters, or the whole first line": "诗的起字，或整个首句",
    "sampling temperature (0 = greedy)": "采样温度（0 为贪心）",
    "nucleus sampling: cumulative probability of the candidates (top-p)": "核采样：候选字的累积概率（top-p）",
    "random seed; the same seed, model and settings give the same poem": "种子、模型和设置相同，诗也相同",
    "maximum length of free verse in characters, punctuation included": "自由诗连标点写到这么多字为止",
    "form or tune, such as wujue, 七绝, 仄韵五绝, 五排20 (20 lines) or 浣溪沙; free = unconstrained": (
        "诗体或词牌，如 wujue、七绝、仄韵五绝、五排20（二十句的排律）、浣溪沙；free 无格律"
    ),
    "rhyme book: 平水韵, 词林正韵 or 中华新韵 (modern tones); default: 平水韵 for 诗, 词林正韵 for 词": (
        "平水韵、词林正韵或中华新韵（今音）；通常诗用平水韵，词用词林正韵"
    ),
    "tone pattern of the lines, such as aBbA (default: any)": "各句的平仄式，如 aBbA；通常随意",
    "rhyme group, such as 东 or 一东; for a tune the part, such as 第七部": "韵部，如 东 或 一东；词用词韵，如 第七部",
    "title, or words for the topic": "题目，或诗里要写的东西",
    "one to four keywords, such as 琵琶 秋 醉; a model trained with titles alone reads them as one": (
        "诗里要写到的一至四个词，如 琵琶 秋 醉；训练时只看题目的模型把它们当题目读"
    ),
    "style of a dynasty (唐, 宋), a period (盛唐, 晚唐, 北宋) or a poet (李白); for models trained with styles": (
        "仿谁的风格：朝代（唐、宋）、时期（盛唐、晚唐、北宋）或诗人（李白）；限训练时有风格的模型"
    ),
    "藏头: first characters of the lines; □ leaves one open": "藏头：各句的第一个字；□ 处随意",
    "藏尾: last characters of the lines; □ leaves one open": "藏尾：各句的最后一个字；□ 处随意",
    "text of the form's length with □ for each character to compose": "与诗体等长的文字，要作的字写 □",
    "one to four words that stand in the poem as they are, such as 琵琶 秋; needs a form": (
        "诗里必须原样出现的一至四个词，如 琵琶 秋；须有诗体"
    ),
    "particles: continuations of a line sampled in parallel (0 = automatic)": "每句并排试几种续法；0：需要几种就几种",
}

SENTENCES: dict[str, str] = {
    **MEANINGS,
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
    "The studio no longer has the optimiser muon.": "本程序不再有优化器 muon。",
    "Train again with adamw or rmsprop.": "请用 adamw 或 rmsprop 重新训练。",
    "There is no setting called {name}.": "没有名为 {name} 的设置。",
    "Known settings: {names}.": "设置有：{names}。",
    "There is no preset called {name}.": "没有名为 {name} 的预设。",
    "On {name} the studio trains in float32 alone.": "在 {name} 上只能用 float32 训练。",
    "This machine offers no {name} device.": "这台机器没有 {name} 设备。",
}
