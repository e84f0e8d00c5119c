"""Words of the favourites screen."""

TRANSLATIONS: dict[str, tuple[str, str]] = {
    # Keys
    "favourites.search": ("查找", "search"),
    "favourites.search.tip": (
        "按诗句、题目、备注查找；#标签 只看有这个标签的",
        "Find by verse, title or note; #tag shows only poems with that tag",
    ),
    "favourites.recreate": ("重作", "re-create"),
    "favourites.recreate.tip": (
        "带着同样的模型、种子和设置回到作诗",
        "Back to Compose with the same model, seed and settings",
    ),
    "favourites.copy": ("复制", "copy"),
    "favourites.copy.tip": (
        "照屏幕上的样子复制这首诗",
        "Copy the poem as it is shown: its characters, its lines or columns",
    ),
    "favourites.tags": ("标签", "tags"),
    "favourites.tags.tip": ("给这首诗加标签", "Give the poem tags"),
    "favourites.problem": ("问题", "problem"),
    "favourites.note": ("备注", "note"),
    "favourites.note.tip": ("给这首诗写一句备注", "Write a line about the poem"),
    "favourites.title": ("题目", "title"),
    "favourites.title.tip": ("给这首诗起题目", "Give the poem a title"),
    "favourites.export": ("导出", "export"),
    "favourites.export.tip": (
        "把列出的诗写进文件：.md、.txt 或 .jsonl",
        "Write the listed poems to a file: .md, .txt or .jsonl",
    ),
    "favourites.delete": ("删除", "delete"),
    "favourites.delete.tip": (
        "从诗集里拿走；三十天内 u 可以放回，关掉工坊也不要紧",
        "Take the poem off the shelf; for 30 days u puts it back, also after a restart",
    ),
    "favourites.undo": ("放回", "undo"),
    "favourites.undo.tip": (
        "放回最后拿走的诗；在拿走的诗里，放回选中的那首",
        "Put back the poem that was deleted last; among the deleted ones, the one under the cursor",
    ),
    "favourites.deleted_ones": ("拿走的", "deleted"),
    "favourites.deleted_ones.tip": (
        "看三十天内拿走的诗，或回到诗集",
        "Show the poems deleted within 30 days, or the shelf again",
    ),
    "favourites.back": ("回到诗集", "back to the list"),
    "favourites.back.tip": ("清除查找，回到诗集", "Clear the search and go back to the list"),
    # Panels
    "favourites.shelf": ("诗集", "Poems"),
    "favourites.shelf_deleted": ("拿走的诗", "Deleted poems"),
    "favourites.none_deleted": (
        "三十天内没有拿走的诗。按 D 回到诗集。",
        "No poem was deleted within 30 days. D goes back to the shelf.",
    ),
    "favourites.found": ("{n} / {all}", "{n} / {all}"),
    "favourites.search_here": ("诗句 #标签", "words or #tag"),
    "favourites.empty_title": ("卷中待诗", "An empty scroll"),
    "favourites.empty_how": (
        "按 1 去作诗，遇见喜欢的就按 f 留下。",
        "Press 1 to compose; f keeps a poem that you love.",
    ),
    "favourites.empty_where": ("留下的诗会一直在这里。", "What you keep stays here."),
    "favourites.none_found": ("没有这样的诗。", "No such poem."),
    # How a poem was made
    "favourites.model": ("模型", "model"),
    "favourites.seed": ("种子", "seed"),
    "favourites.temperature": ("温度", "temperature"),
    "favourites.top_p": ("范围", "top-p"),
    "favourites.form": ("体", "form"),
    "favourites.tone_order": ("平仄式", "tone order"),
    "favourites.rhyme": ("韵", "rhyme"),
    "favourites.rhyme_book": ("韵书", "rhyme book"),
    "favourites.acrostic": ("藏头", "acrostic"),
    "favourites.acrostic_tail": ("藏尾", "last characters"),
    "favourites.kept": ("留于", "kept"),
    "favourites.likelihood": ("每汉字", "a Han character"),
    "favourites.nats": ("{nats} 奈特", "{nats} nats"),
    # Sentences
    "favourites.ask_tags": ("标签，用空格隔开", "Tags, with spaces between"),
    "favourites.ask_note": ("备注", "A note"),
    "favourites.ask_title": ("题目", "A title"),
    "favourites.ask_export": ("导出到哪个文件（.md .txt .jsonl）", "Export to which file (.md .txt .jsonl)"),
    "favourites.ask_keys": ("回车确定，Esc 取消", "Enter accepts, Esc cancels"),
    "favourites.deleted": (
        "已拿走，按 u 放回；保留三十天，按 D 可见。",
        "Deleted; u puts it back. D shows the deleted poems, kept for 30 days.",
    ),
    "favourites.restored": ("已放回：{poem}", "Put back: {poem}"),
    "favourites.exported": ("{n} 首诗已写入 {path}", "{n} poems were written to {path}"),
    "favourites.file_is_there": ("{path} 已经存在，请换个名字。", "{path} is there already: choose another name."),
    "favourites.file_failed": ("{path} 写不进去：{why}", "{path} cannot be written: {why}"),
}
