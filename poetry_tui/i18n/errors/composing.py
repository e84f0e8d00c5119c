"""What composing says: of wishes that cannot be met, of forms, rhymes and characters."""

SENTENCES: dict[str, str] = {
    "The model does not know {character}.": "此模型不识“{character}”字。",
    "Nearest characters that it knows: {near}.": "它认得的相近的字：{near}。",
    "Begin with another character.": "请换一个字起头。",
    "Characters that are read so: {near}.": "读音如此的字：{near}。",
    "{text} is no Han character.": "{text} 不是汉字。",
    "Begin with Chinese characters, such as 日 or 春江.": "请用汉字起头，如 日 或 春江。",
    "Give {wish} Chinese characters, and □ where any may stand.": "{wish}请用汉字，随意处写 □。",
    "The composition was broken off before its end.": "这首诗没写完就断了。",
    "Compose again.": "请再作一次。",
    # Fixed characters against the form
    "{one} is {reading}, but {form} wants {wanted} at {place}.": "{one}是{reading}，而{form}在{place}要{wanted}声。",
    "Choose another character, or another form.": "换一个字，或换一种诗体。",
    "The rhyme book does not tell the tone of {one}, and {form} wants one at {place}.": (
        "韵书不载{one}的平仄，而{form}在{place}有要求。"
    ),
    "Choose another character, or another place for it.": "换一个字，或换个位置。",
    "{one} and {other} contradict each other: no tone order of {form} takes both.": (
        "{one}与{other}相抵：{form}没有哪一式容得下两者。"
    ),
    "Change one of them, or choose another form.": "改其中一个，或换一种诗体。",
    "No tone order of {form} takes all the fixed characters.": "{form}没有哪一式容得下所有定好的字。",
    "Leave some of them out.": "请去掉几个。",
    "{form} has no tone order called {name}.": "{form}没有名为 {name} 的平仄式。",
    "Its orders are {names}.": "它的平仄式有：{names}。",
    "Leave the order out.": "请不要指定平仄式。",
    "The kept text has {number} places, but {form} has {number2}.": "留下的字有 {number} 个位置，而{form}有 {number2} 个。",
    "Write □ for every character that is to be composed.": "要作的字，每个写一个 □。",
    "{wish} has {number} characters, but {form} has {number2} {what}s.": "{wish}有 {number} 个字，而{form}只有 {number2} {what}。",
    "Give fewer, or choose a longer form.": "少给几个，或选更长的诗体。",
    "{wish} wants {character} and {wish2} {character2} at {where}.": (
        "在{where}，{wish}要“{character}”，{wish2}要“{character2}”。"
    ),
    "Leave one of them out.": "请去掉其中之一。",
    "Line {number} of {wish} has {number2} characters, but that of {form} has {number3}.": (
        "{wish}的第 {number} 句有 {number2} 个字，而{form}的这一句有 {number3} 个。"
    ),
    "Give lines of the form's lengths.": "各句字数请与诗体相合。",
    # Free verse and titles
    "Characters can be kept behind a blank only where a form says how long the lines are.": (
        "只有诗体定了各句长短，才能在空格之后留字。"
    ),
    "Choose a form, or keep the beginning alone.": "选一种诗体，或只留开头。",
    "The beginning and the kept text differ.": "起字与留下的字不一致。",
    "{what} needs a form, and free verse has none.": "{what}要有诗体，而自由诗没有。",
    "Choose a form, such as 五绝.": "选一种诗体，如五绝。",
    "A word to use": "必用的词",
    "{n} words are more than a poem is made to use.": "{n} 个必用的词太多，一首诗放不下。",
    "{word} is no Chinese word.": "“{word}”不是汉字写的词。",
    "Give words such as 琵琶 or 秋.": "请给如 琵琶、秋 这样的词。",
    "No place in {form} takes the word {word}.": "{form}里没有一处放得下“{word}”。",
    "No places were found in {form} that take all of {words}.": "{form}里没有找到同时放得下 {words} 的地方。",
    "Choose other words, or another form or rhyme.": "请换别的词，或换诗体、韵部。",
    "This model was trained without titles.": "此模型训练时不看题目。",
    "Leave the title out, or choose another model.": "去掉题目，或换一个模型。",
    "The model knows no character of the title {title}.": "题目“{title}”的字，此模型一个也不识。",
    "Choose another title.": "请换一个题目。",
    # Keywords and styles
    "This model was trained without keywords and titles.": "此模型训练时不看关键词，也不看题目。",
    "Leave them out, or choose another model.": "去掉它们，或换一个模型。",
    "{n} keywords are more than a poem can take up.": "{n} 个关键词太多，一首诗写不下。",
    "Give one to {n} of them.": "请给一至 {n} 个。",
    "{word} is no keyword.": "“{word}”不能作关键词。",
    "A keyword has one to {n} Chinese characters.": "一个关键词有一至 {n} 个汉字。",
    "There is no style called {name}.": "没有叫“{name}”的风格。",
    "Name a dynasty (唐, 宋), a period (晚唐) or a poet (李白).": "请写朝代（唐、宋）、时期（晚唐）或诗人（李白）。",
    "This model was trained without styles.": "此模型训练时不看朝代和诗人。",
    "Leave the style out, or choose another model.": "去掉风格，或换一个模型。",
    "The model does not know the mark {mark}.": "此模型不识标点“{mark}”。",
    "Compose without a form.": "请作自由诗。",
    "Mark the lines with ， and 。": "请用 ， 和 。 断句。",
    # Rhymes
    "The model knows too few characters of {which} for the rhymes of {form}.": "{which}的字此模型识得太少，不够{form}押韵。",
    "Choose another rhyme or form.": "换一个韵，或换一种诗体。",
    "{form} rhymes in a level tone, but {group} is of the {tone} tone.": "{form}押平声韵，而{group}是{tone}声。",
    "Choose a level group, such as 东.": "选一个平声韵部，如东。",
    "There is no part called {name}.": "词韵没有名为 {name} 的部。",
    "The parts are: {names}.": "词韵各部：{names}。",
    "词林正韵 rhymes by parts, and {group} is divided between {told}.": "词林正韵按部押韵，{group}分属{told}。",
    "{form} rhymes in an oblique tone, but {group} is of the {tone} tone.": "{form}押仄声韵，而{group}是{tone}声。",
    "Choose an oblique group, such as 屑.": "选一个仄声韵部，如屑。",
    "There is no group of 中华新韵 called {name}.": "中华新韵没有名为 {name} 的韵部。",
    "Its groups are: {names}.": "它的韵部有：{names}。",
    "Name one of them.": "请指定其中之一。",
    "{other} rhymes at {place} and again at {place2}, but {form} rhymes with a character once.": (
        "{other}在{place}押韵，又在{place2}押韵，而{form}同一个字只押一次。"
    ),
    "The rhyme {name} and {one} contradict each other: it rhymes in {told}.": "{name}韵与{one}相抵：它属{told}。",
    "Choose another rhyme, or another character.": "换一个韵，或换一个字。",
    "{other} and {one} must rhyme, and they do not.": "{other}与{one}应当押韵，却不押。",
    "Change one of them.": "请改其中一个。",
    "There is no form called {name}.": "没有名为 {name} 的诗体。",
    "The forms are: {names}.": "诗体有：{names}。",
    "There is no rhyme book called {name}.": "没有名为 {name} 的韵书。",
    "The rhyme books are: {names}.": "韵书有：{names}。",
    "{form} cannot have {number} lines.": "{form}不能有 {number} 句。",
    "Choose an even number from {number} to {number2}.": "请选 {number} 到 {number2} 之间的双数。",
    "There is no rhyme group called {name}.": "没有名为 {name} 的韵部。",
    "The level-tone groups are: {names}.": "平声韵部：{names}。",
    "No line {number} was found that keeps to all the wishes and is new.": "第 {number} 句没找到既合所有要求、又不抄旧句的。",
    "Compose again, or wish for less.": "再作一次，或少提些要求。",
    # A poem of one's own
    "There is no line of verse in this text.": "这段文字里没有诗句。",
    "Type or paste Chinese verse, a line or more.": "请写下或贴上诗，至少一句。",
    "This text has {number} characters; a poem here has {number2} at most.": (
        "这段文字有 {number} 个字；这里一首诗至多 {number2} 个字。"
    ),
    "Paste a single poem.": "请只贴一首。",
    # A place that is looked into
    "The text has no place {number}.": "这段文字没有第 {number} 个位置。",
    "Its places are 0 to {number}.": "位置从 0 到 {number}。",
    "A text of {number} characters is no poem.": "{number} 个字的文字不是诗。",
    "Send at most {number}.": "至多 {number} 个字。",
    # The engine as a whole
    "Composing failed: {error}.": "作诗出错：{error}。",
    "The log tells more.": "详情见日志。",
}
