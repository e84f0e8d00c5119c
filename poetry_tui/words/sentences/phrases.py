"""Phrases that stand in the places of sentences."""

_WISHES = {
    "beginning": "起字",
    "acrostic": "藏头",
    "acrostic of line ends": "藏尾",
    "kept text": "留下的字",
}

PHRASES: dict[str, str] = {
    **{f"the {english}": chinese for english, chinese in _WISHES.items()},
    **{f"The {english}": chinese for english, chinese in _WISHES.items()},
    **{f"{{character}} of the {english}": f"{chinese}的“{{character}}”" for english, chinese in _WISHES.items()},
    **{
        f"{{character}} of the {english} ({{reading}}, {{place}})": f"{chinese}的“{{character}}”（{{reading}}，{{place}}）"
        for english, chinese in _WISHES.items()
    },
    "A tone order": "平仄式",
    "A rhyme": "韵",
    "An acrostic": "藏头",
    "An acrostic of line ends": "藏尾",
    "place {number} of line {number2}": "第 {number2} 句第 {number} 字",
    "place {number} of line {number2}, which repeats {place}": "第 {number2} 句第 {number} 字（与{place}相叠）",
    "the order {word} of {form}": "{form}的 {word} 式",
    "the group {name}": "{name}",
    "any group": "任何一个韵部",
    "no group at all": "任何韵部都不",
    "{han} and {rest}": "{han}、{rest}",
    "{han} or {rest}": "{han}或{rest}",
    "both": "平仄两读",
    "unknown": "未知",
    "line": "句",
    "place": "字",
    "Nothing": "空白",
    "nothing": "无",
    "a whole number": "整数",
    "a number": "数",
    "int": "整数",
    "float": "数",
    "bool": "是或否",
    "str": "文字",
    "yes": "是",
    "no": "否",
    "there is none in it": "里面一首也没有",
    "{number} read, dropped: {reasons}": "读了 {number} 首，舍去：{reasons}",
    "learn from": "学习",
    "judge by": "检验",
    "None": "无",
    "none": "无",
    "none yet": "还没有",
}
