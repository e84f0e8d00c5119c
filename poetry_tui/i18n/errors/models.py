"""What finding, reading and beginning with models says."""

SENTENCES: dict[str, str] = {
    "There is no model called {name}.": "没有名为 {name} 的模型。",
    "Known models: {names}.": "现有模型：{names}。",
    "Train one first, or install the studio again: its own is missing.": "先训练一个，或重装工作室：自带的模型不见了。",
    "{path} holds no model.": "{path} 里没有模型。",
    "Name the folder of a model, of a checkpoint or of a run.": "请给出模型、存档或训练的文件夹。",
    "{path} holds no model: {name} is missing.": "{path} 里没有模型：缺 {name}。",
    "Name a model folder; `poetry-tui models` lists them.": "请给出模型的文件夹；`poetry-tui models` 列出它们。",
    "{path} is not in the model format {number} that this studio reads.": "{path} 不是本工作室所读的模型格式 {number}。",
    "Update the studio, or train the model again.": "请更新工作室，或重新训练模型。",
    "{path} cannot be read: {error}.": "{path} 读不了：{error}。",
    "{path} describes no model: {error}.": "{path} 说的不是模型：{error}。",
    "{path} is missing.": "缺少 {path}。",
    "{path} belongs to another model.": "{path} 属于另一个模型。",
    "{path} is damaged: {error}.": "{path} 已损坏：{error}。",
    "{path} is damaged: {name} holds values that are no numbers.": "{path} 已损坏：{name} 里有不是数的值。",
    "{path} is damaged: {name} holds values beyond any that are learned.": "{path} 已损坏：{name} 里的值大得不可能是学来的。",
    "{path} describes no model: its {name} is not {kind}.": "{path} 说的不是模型：其中 {name} 不是{kind}。",
    "{path} describes no model: it lacks vocabulary or architecture.": "{path} 说的不是模型：缺字表或结构。",
    "The checkpoint cannot be continued: {name} of its progress is damaged.": "存档接不下去：进度里的 {name} 已损坏。",
    "Restore the folder from a copy, or train the model again.": "请用备份恢复文件夹，或重新训练模型。",
    "{path} lacks the weight {name}.": "{path} 缺权重 {name}。",
    "{path} holds a weight that the model has no place for: {name}.": "{path} 里有模型用不上的权重：{name}。",
    "{path} does not fit its {name}: {name2} is {found} and should be {shape}.": (
        "{path} 与 {name} 不合：{name2} 是 {found}，应为 {shape}。"
    ),
    "{path} keeps {name} as {kind}, which is no floating type.": "{path} 里的 {name} 是 {kind}，不是浮点数。",
    "The checkpoint {path} cannot be continued: {error}.": "存档 {path} 接不下去：{error}。",
    "Continue from another checkpoint of the run.": "请从这次训练的另一个存档继续。",
    "{name} cannot name a {what}.": "{name} 不能作{what}的名字。",
    "{name} is too long to name a {what}.": "{name} 太长，不能作{what}的名字。",
    "Use at most {number} bytes; a Chinese character takes three.": "至多 {number} 字节，一个汉字占三个。",
    "{path} is no path.": "{path} 不是路径。",
    "Give the path of a file or of a folder.": "请给出文件或文件夹的路径。",
    "{path} names a user that is not known here.": "{path} 里的用户在这台机器上没有。",
    "Write the whole path.": "请写完整的路径。",
    "{path} cannot be written as a path here.": "{path} 在这里写不成路径。",
    "Rename the file, or use another locale.": "请给文件改名，或换一个语言环境。",
    "{path} is too long for a path.": "{path} 太长，不能作路径。",
    "A name may have {number} bytes.": "一个名字至多 {number} 字节。",
    "POETRY_TUI_HOME names no folder: {problem}": "POETRY_TUI_HOME 不是文件夹：{problem}",
    "Set it to a folder, or unset it.": "请把它设为一个文件夹，或不设。",
    "The folder {path} cannot be read: {error}.": "文件夹 {path} 读不了：{error}。",
    "Change its permissions, or set {name} to another folder.": "请改它的权限，或把 {name} 设为别的文件夹。",
    "Use letters, digits, spaces, dots, dashes and underscores.": "请用字母、数字、空格、点、短横和下划线。",
    "There is already a model called {name}.": "已有名为 {name} 的模型。",
    "Choose another name with --name.": "请用 --name 另取一个名字。",
    "You have no model called {name}.": "你没有名为 {name} 的模型。",
    "Your models: {names}.": "你的模型：{names}。",
    "The model {name} came with the studio and stays.": "模型 {name} 是工作室自带的，不能删。",
    "Only your own can be removed.": "只能删自己的模型。",
    "{path} holds the lines of another corpus than the model's.": "{path} 里的诗句不属于这个模型的语料。",
    "Restore it from a copy of the model, or delete it: without it the model composes, and no line is compared.": (
        "请用模型的备份恢复，或删掉它：没有它照样作诗，只是不再比对旧句。"
    ),
    # Beginning with a model
    "The training cannot begin with {name}: its {setting} is {found}, not {wanted}.": (
        "训练不能从 {name} 起：它的 {setting} 是 {found}，不是 {wanted}。"
    ),
    "Leave cell, layers, sizes and connections away: it takes those of the model that it begins with.": (
        "单元、层数、大小和连接都不必写：以所从的模型为准。"
    ),
    # The mean of several
    "{name} and {other} have no mean: they are not networks of one kind that know the same characters.": (
        "{name} 与 {other} 不能取平均：二者网络不同，或所识之字不同。"
    ),
    "Average trainings that began with one model and read one corpus.": "只有从同一模型起、读同一语料的训练才能取平均。",
    "{name} and {other} have no mean: they did not begin with the same model.": (
        "{name} 与 {other} 不能取平均：不是从同一模型起的。"
    ),
    "Begin several trainings with one model (--start-from), each with another --seed.": (
        "请从同一模型起（--start-from）作几次训练，每次用不同的 --seed。"
    ),
    "--shares needs a number above 0 for each of the {n_models} models.": "--shares 要为 {n_models} 个模型各给一个大于 0 的数。",
    "Say them in the models' order, as in 3 3 2.": "请按模型的次序给，如 3 3 2。",
    "{name} has {found} here.": "{name} 此处是 {found}。",
    "Take that, or begin from scratch.": "照此设置，或从零开始。",
}
