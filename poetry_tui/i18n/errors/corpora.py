"""What reading, cleaning and installing corpora says."""

_OTHER_WAY = "Or get {package} in another way and bring the file: `poetry-tui corpus import FILE.tgz`."
_OTHER_WAY_ZH = "或者用别的办法取得 {package}，再导入：`poetry-tui corpus import FILE.tgz`。"

SENTENCES: dict[str, str] = {
    # Installing
    "There is no corpus {name} to install.": "没有可安装的语料 {name}。",
    "There are: {names}.": "现有：{names}。",
    "The program npm, which fetches the poems, is not installed.": "取诗要用的程序 npm 没有安装。",
    f"Install Node.js. {_OTHER_WAY}": f"请安装 Node.js。{_OTHER_WAY_ZH}",
    "npm could not get {package}: {error}.": "npm 取不到 {package}：{error}。",
    f"Is there a network? {_OTHER_WAY}": f"网络通吗？{_OTHER_WAY_ZH}",
    "npm offers another {package} than the known one.": "npm 给的 {package} 与已知的不同。",
    f"Nothing was installed. {_OTHER_WAY}": f"什么都没有安装。{_OTHER_WAY_ZH}",
    "The archive {name} is not {package}, or was cut short: its checksum is another.": (
        "压缩包 {name} 不是 {package}，或不完整：校验和不符。"
    ),
    "Get it again. A tarball of another version can be brought with `poetry-tui corpus import FILE.tgz`.": (
        "请重新获取。别的版本可用 `poetry-tui corpus import FILE.tgz` 导入。"
    ),
    "npm gave an answer that cannot be understood.": "npm 的回答看不懂。",
    _OTHER_WAY: _OTHER_WAY_ZH,
    "The archive {name} cannot be read ({error}).": "压缩包 {name} 读不了（{error}）。",
    "The archive {name} is damaged or cut short ({error}).": "压缩包 {name} 已损坏或不完整（{error}）。",
    "Download it again, then import it again.": "请重新下载，再导入。",
    "The corpus {name} that is here comes from {source}, not from {package}.": "现有的语料 {name} 来自 {source}，不是 {package}。",
    "`poetry-tui corpus install {name} --again` replaces it; `corpus import FILE --name NAME` keeps it by another name.": (
        "`poetry-tui corpus install {name} --again` 会替换它；`corpus import FILE --name NAME` 可用别的名字保留它。"
    ),
    # Files of poems
    "{name} is not readable as JSON ({error}).": "{name} 不是可读的 JSON（{error}）。",
    "Name a file of chinese-poetry.": "请给出 chinese-poetry 的文件。",
    "{name} is not a text in UTF-8 or GB18030.": "{name} 不是 UTF-8 或 GB18030 的文本。",
    "Save it as UTF-8 text, one poem a line, and try again.": "请存成 UTF-8 文本，每行一首，再试一次。",
    "There is no format {name}.": "没有格式 {name}。",
    "The formats are: {names}.": "格式有：{names}。",
    "There is no file {path}.": "没有文件 {path}。",
    "Check the name.": "请检查名字。",
    "{name} is empty.": "{name} 是空的。",
    "Name a file with poems in it.": "请给出有诗的文件。",
    "{name} cannot be read ({error}).": "{name} 读不了（{error}）。",
    "Check its permissions.": "请检查它的权限。",
    "Check that it is there and its permissions.": "请检查它在不在、有没有权限。",
    "{name} begins with nothing but blank lines.": "{name} 开头全是空行。",
    "{name} is no file that poems can be read from.": "{name} 不是能读诗的文件。",
    "Name a file or a folder of poems.": "请给出诗的文件或文件夹。",
    "Line {number} of {name} has more than {number2} characters.": "{name} 的第 {number} 行超过 {number2} 字。",
    "Write one poem a line, or a line of verse a line.": "请每行写一首诗，或每行写一句。",
    "More than {number} MB came from {name}.": "从 {name} 来的超过 {number} MB。",
    "Write it into a file, and name that.": "请写到文件里，再给出文件名。",
    "{name} holds more than {number} MB in one piece.": "{name} 一整块就超过 {number} MB。",
    "Cut it into several files, or write it as JSON lines, one poem a line.": "请分成几个文件，或写成 JSON lines，每行一首。",
    "{name} unpacks to more than {number} MB, which is more than {number2} times its size.": (
        "{name} 解开后超过 {number} MB，是原大小的 {number2} 倍以上。"
    ),
    "If it is sound, unpack it yourself and name the file of poems in it.": "若它没有问题，请自行解开，再给出里面的诗文件。",
    "The archive holds more than {number} files.": "压缩包里的文件超过 {number} 个。",
    "Name one with only the poems in it.": "请给出只有诗的压缩包。",
    "The folder {name} holds more than {number} files, or folders more than {number2} deep.": (
        "文件夹 {name} 里的文件超过 {number} 个，或文件夹深过 {number2} 层。"
    ),
    "Name the folder with the poems in it.": "请给出装着诗的那个文件夹。",
    "{name} is a document of an office program.": "{name} 是办公软件的文档。",
    "Save it as CSV or as text in UTF-8.": "请存成 UTF-8 的 CSV 或文本。",
    "The {kind} {name} holds no .json files of poems, and no texts.": "{kind} {name} 里没有诗的 .json 文件，也没有文本。",
    "Name a folder of chinese-poetry, or a text.": "请给出 chinese-poetry 的文件夹，或一个文本。",
    "No object of {name} has the content of a poem; the keys are {names}.": "{name} 里没有一个对象有诗的正文；它的键是 {names}。",
    "Call the content paragraphs or content, beside title and author; it may also be called {names}.": (
        "请把正文叫作 paragraphs 或 content，另有 title 和 author；正文也可叫 {names}。"
    ),
    "Line {number} is not a JSON object ({error}).": "第 {number} 行不是 JSON 对象（{error}）。",
    # Tables
    "{name} is a table, and which of its columns holds the poems is not known: {names}.": (
        "{name} 是表格，但不知道哪一列是诗：{names}。"
    ),
    "Call them title, author and content in its first row, or say `--columns title=1,author=2,content=3`.": (
        "请在第一行写上列名 title、author、content，或用 `--columns title=1,author=2,content=3` 说明。"
    ),
    "Say `--columns title=1,author=2,content=3` with the numbers of the columns, or with their names.": (
        "请用 `--columns title=1,author=2,content=3` 说明，写列的序号或列名。"
    ),
    "{name} has no column called {column}.": "{name} 没有叫 {column} 的列。",
    "Its columns: {names}.": "它的列：{names}。",
    "{columns} does not say which column is the content.": "{columns} 没有说哪一列是正文。",
    "{columns} names no columns.": "{columns} 没有说明列。",
    "Row {number} of {name} cannot be read ({error}).": "{name} 的第 {number} 行读不了（{error}）。",
    "Is a quotation mark not closed?": "有引号没有闭合吗？",
    "{name} is damaged: it is not {encoding} throughout.": "{name} 已损坏：并非通篇 {encoding}。",
    "Save it as UTF-8.": "请存成 UTF-8。",
    "Line {number} has no content.": "第 {number} 行没有内容。",
    "Each line is one object with title, author, content.": "每行是一个对象，含 title、author、content。",
    "No poem could be read from {name}: {why}.": "从 {name} 读不出一首诗：{why}。",
    "No poem could be kept from {name}: {why}.": "{name} 里没有一首诗可留：{why}。",
    "Is it a file of poems?": "它是诗的文件吗？",
    "Traditional characters cannot be converted because OpenCC is not installed.": "没有安装 OpenCC，繁体字转换不了。",
    "Install it with `pip install opencc`, or import without conversion.": (
        "请用 `pip install opencc` 安装，或不转换就导入。"
    ),
    # The library
    "There is no corpus and no file called {name}.": "没有名为 {name} 的语料或文件。",
    "Corpora here: {names}. `poetry-tui corpus install tang` gets one, `corpus import FILE` brings your own.": (
        "现有语料：{names}。`poetry-tui corpus install tang` 安装一种，`corpus import FILE` 导入自己的。"
    ),
    "{name} cannot name a corpus.": "{name} 不能作语料的名字。",
    "Use letters, digits, dots, dashes and underscores.": "请用字母、数字、点、短横和下划线。",
    "There is no corpus called {name}.": "没有名为 {name} 的语料。",
    "`poetry-tui corpus list` shows the names.": "`poetry-tui corpus list` 列出名字。",
    "The folder {path} cannot be written ({error}).": "文件夹 {path} 写不了（{error}）。",
    "Free some space, change its permissions, or set {variable} to another folder.": (
        "请腾出空间、改权限，或把 {variable} 设为别的文件夹。"
    ),
    "The corpus {name} was written in format {number}; this version reads {number2}.": (
        "语料 {name} 是格式 {number} 的，而这一版读格式 {number2}。"
    ),
    "Update the studio, or install or import the corpus again.": "请更新工作室，或重新安装、导入语料。",
    "The header of the corpus {name} is damaged ({error}).": "语料 {name} 的说明已损坏（{error}）。",
    "Install or import the corpus again.": "请重新安装或导入语料。",
    "Line {number} of the corpus {name} is damaged.": "语料 {name} 的第 {number} 行已损坏。",
    "The poems of the corpus {name} cannot be read ({error}).": "语料 {name} 的诗读不了（{error}）。",
    "Install or import it again.": "请重新安装或导入。",
    "A line of the corpus is damaged.": "语料有一行已损坏。",
    "The lines that {name} was trained on are not known.": "不知道 {name} 是用哪些句子训练的。",
    "Install the corpus that it was trained on.": "请安装它训练所用的语料。",
    # Poems to train on
    "The corpus {name} holds {number} poem; training needs at least {number2}.": (
        "语料 {name} 只有 {number} 首诗，训练至少要 {number2} 首。"
    ),
    "One poem to learn from and one to judge by is the least; a few hundred are a start.": (
        "至少一首用来学、一首用来检验；几百首才像个开头。"
    ),
    "The token cache {name} could not be read back.": "缓存 {name} 写下后读不回来。",
    "Is the disk full or damaged?": "磁盘满了或坏了吗？",
    "No character of the corpus {name} occurs {number} times in its training poems.": (
        "语料 {name} 的训练诗里，没有一个字出现 {number} 次。"
    ),
    "Ask for a smaller minimum count, or bring more poems.": "把最少次数调小，或带来更多的诗。",
    "No poem of {name} to {purpose} has at most {number} characters.": "{name} 里用来{purpose}的诗，没有一首不超过 {number} 字。",
    "Choose a larger max_poem_chars, or bring more poems.": "把最长诗长调大，或带来更多的诗。",
}
