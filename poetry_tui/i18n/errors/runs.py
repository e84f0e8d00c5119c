"""What runs and favourites say."""

SENTENCES: dict[str, str] = {
    # Commands
    "The memory that this process may use is too small.": "这个进程可用的内存太少。",
    "Close other programs, lift the limit (`ulimit -v unlimited`), or choose a smaller model or batch.": (
        "请关掉别的程序、放宽限制（`ulimit -v unlimited`），或选小一些的模型或批。"
    ),
    "Make room, or send stdout elsewhere.": "请腾出空间，或把 stdout 改到别处。",
    "The training {name} could not begin.": "训练 {name} 没能开始。",
    "The line above says why.": "上一行说明了原因。",
    "Change the folder's permissions, or set {variable} to another.": "请改文件夹的权限，或把 {variable} 设为别的文件夹。",
    # Runs
    "{path} is not a run: it has no config.json.": "{path} 不是训练：没有 config.json。",
    "Name a run folder; `poetry-tui runs` lists them.": "请给出训练的文件夹；`poetry-tui runs` 列出它们。",
    "Restore the file, or train again.": "请恢复文件，或重新训练。",
    "Another trainer is writing {path}.": "另一个训练正在写 {path}。",
    "Wait for it, stop it, or choose another folder.": "等它、停它，或换一个文件夹。",
    "The run folder {path} cannot be written: {error}.": "训练的文件夹 {path} 写不了：{error}。",
    "Choose another place with --run DIR.": "请用 --run DIR 换个地方。",
    "{path} takes no more lines: {error}.": "{path} 再也写不进去：{error}。",
    "Make room, then go on with --resume.": "请腾出空间，再用 --resume 继续。",
    "The run was written in format version {number}, and this studio reads version {number2}.": (
        "这次训练是格式 {number} 的，而本工作室读格式 {number2}。"
    ),
    "Update the studio, or train the run again.": "请更新工作室，或重新训练。",
    "The corpus {name} is no longer the one that this run was trained on.": "语料 {name} 已不是这次训练所用的那一份。",
    "Bring the old corpus back, or start a new run.": "请找回旧语料，或另开一次训练。",
    "The checkpoint of step {number} cannot be written: {error}.": "第 {number} 步的存档写不了：{error}。",
    "Make room, then go on from the last one with --resume.": "请腾出空间，再用 --resume 从上一个存档继续。",
    "The run {name} cannot be read: {error}.": "训练 {name} 读不了：{error}。",
    "Check {path}.": "请检查 {path}。",
    "There is no run called {name}.": "没有名为 {name} 的训练。",
    "Known runs: {names}.": "现有训练：{names}。",
    "Start one first.": "请先开始一次。",
    "The run {name} cannot be written: {error}.": "训练 {name} 的文件夹写不了：{error}。",
    "The runs in {path} cannot be read: {error}.": "{path} 里的训练读不了：{error}。",
    "{path} is a link to a run.": "{path} 只是指向训练的链接。",
    "Remove the run where it lies, then the link.": "请到训练所在之处删除，再删链接。",
    "{path} holds no settings of a training: {problem}": "{path} 里没有训练的设置：{problem}",
    "Make {path} writable.": "请让 {path} 可写。",
    "{text} is no learning rate.": "{text}不是学习率。",
    "Write a number such as 0.001 or 1e-3.": "请写一个数，如 0.001 或 1e-3。",
    "The run {name} is not running.": "训练 {name} 没有在进行。",
    "Go on with it first, or start another one.": "请先继续它，或另开一次。",
    "The run {name} is still running.": "训练 {name} 还在进行。",
    "The run {name} is still going on.": "训练 {name} 还在进行。",
    "Stop it first.": "请先停下它。",
    "{path} is no run folder.": "{path} 不是训练的文件夹。",
    "`poetry-tui runs list` shows the runs.": "`poetry-tui runs list` 列出各次训练。",
    "There is already a run called {name}.": "已有名为 {name} 的训练。",
    "Choose another name.": "请换一个名字。",
    "The run folder cannot be made: {error}.": "训练的文件夹建不了：{error}。",
    "The training {name} ended before its last step ({status}).": "训练 {name} 没到最后一步就结束了（{status}）。",
    "Go on with `poetry-tui train --resume {path}`, then compare with `poetry-tui report`.": (
        "用 `poetry-tui train --resume {path}` 继续，再用 `poetry-tui report` 比较。"
    ),
    "{path} is there already and is no report.": "{path} 已经存在，而且不是报告。",
    "Name another folder with -o.": "请用 -o 另指一个文件夹。",
    # Favourites
    "What the file says of its {names} cannot be read.": "文件里它的 {names} 读不出来。",
    "There is no favourite {number}.": "没有第 {number} 首收藏。",
    "`poetry-tui favourites list` shows them with their numbers.": "`poetry-tui favourites list` 列出各首的编号。",
    "{name} is named like a file, and a report is a folder.": "{name} 像文件的名字，而报告是一个文件夹。",
    "Name a folder with -o: report.html, report.md and the curves as SVG go into it.": (
        "请用 -o 给出文件夹：report.html、report.md 和曲线（SVG）写在里面。"
    ),
    "{name} has no ending that says a format.": "{name} 没有说明格式的后缀。",
    "Poems are not written to {ending} files.": "诗不能写成 {ending} 文件。",
    "There is no export format called {name}.": "没有名为 {name} 的导出格式。",
    "{path} is a database of another program.": "{path} 是别的程序的数据库。",
    "Move it elsewhere, and the studio starts a new one.": "请移走它，工作室会另建一个。",
    "{path} was written by a newer studio.": "{path} 是更新的工作室写的。",
    "Update this one to read it.": "请更新本工作室再读。",
    "{path} is busy.": "{path} 正忙。",
    "Another studio is writing to it; try again in a moment.": "另一个工作室正在写它，请稍后再试。",
    "The favourites in {path} cannot be read or written ({error}).": "{path} 里的收藏读写不了（{error}）。",
    "Check the folder's permissions and the free space, or set POETRY_TUI_HOME to another folder.": (
        "请检查文件夹的权限和剩余空间，或把 POETRY_TUI_HOME 设为别的文件夹。"
    ),
    "The favourites in {path} are damaged ({error}).": "{path} 里的收藏已损坏（{error}）。",
    "Nothing was changed: move the file elsewhere to start anew, or bring back a copy of it.": (
        "什么都没有改动：移走文件便可重来，或用备份恢复。"
    ),
    "The favourites in {path} cannot be reached ({error}).": "{path} 里的收藏够不着（{error}）。",
    "Check the folder's permissions, or set POETRY_TUI_HOME to another folder.": (
        "请检查文件夹的权限，或把 POETRY_TUI_HOME 设为别的文件夹。"
    ),
}
