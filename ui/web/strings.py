"""Every word of the page, in Chinese and English: one table, so that a missing translation is a missing key."""

from __future__ import annotations

from typing import Literal

Language = Literal["zh", "en"]

STRINGS: dict[Language, dict[str, str]] = {
    "zh": {
        "tagline": "用自己的话问你的笔记",
        "intro": "答案的每一句都带脚注，点开就能看到笔记原文；笔记没写的，会直接告诉你。",
        "suggestions": "可以从这些问起",
        "ask": "问一个问题，回车发送",
        "notes": "笔记 {}",
        "new": "新对话",
        "language": "English",
        "upload": "添加笔记",
        "upload_hint": "txt、md、html、pdf、docx、ipynb、jsonl；单个文件不超过 {} MB。同名文件会替换旧的那一份。",
        "reading": "正在读 {}",
        "indexing": "正在建索引",
        "added": "已添加",
        "changed": "已更新",
        "unchanged": "没有变化",
        "skipped": "没有读入",
        "section": "{} 节",
        "sections": "{} 节",
        "blank_sections": "{} 节空白",
        "more_notes": "还有 {} 份",
        "no_notes": "还没有笔记。",
        "thinking": "正在翻笔记…",
        "footnote": "脚注 {}",
        "previous": "上一条",
        "next": "下一条",
        "close": "关闭",
        "copy": "复制",
        "source": "出处",
        "page": "第 {} 页",
        "lines": "第 {}–{} 行",
        "line": "第 {} 行",
        "blank": "空白标题",
        "absent": "笔记未写",
        "off-topic": "无关话题",
        "nearest": "最接近的笔记",
        "asked": "理解为",
        "unsupported": "笔记未能支持",
        "contradicted": "与笔记矛盾",
        "gone": "这份笔记已经不在库里，或者有了新的内容；重新问一次就好。",
        "failed": "出错了",
        "failed_detail": "这次没有答出来，是程序的错；终端里有详情。",
    },
    "en": {
        "tagline": "Ask your notes in your own words",
        "intro": "Every sentence of an answer carries a footnote that opens the passage behind it. Where your notes say nothing, the answer says so.",
        "suggestions": "Start with one of these",
        "ask": "Ask a question, Enter to send",
        "notes": "Notes {}",
        "new": "New chat",
        "language": "中文",
        "upload": "Add notes",
        "upload_hint": "txt, md, html, pdf, docx, ipynb, jsonl; up to {} MB a file. A file of the same name replaces the older one.",
        "reading": "Reading {}",
        "indexing": "Building the index",
        "added": "added",
        "changed": "updated",
        "unchanged": "unchanged",
        "skipped": "not read",
        "section": "{} section",
        "sections": "{} sections",
        "blank_sections": "{} blank",
        "more_notes": "and {} more",
        "no_notes": "No notes yet.",
        "thinking": "Leafing through your notes…",
        "footnote": "Footnote {}",
        "previous": "Previous",
        "next": "Next",
        "close": "Close",
        "copy": "Copy",
        "source": "Source",
        "page": "p. {}",
        "lines": "lines {}–{}",
        "line": "line {}",
        "blank": "Blank heading",
        "absent": "Not in your notes",
        "off-topic": "Off topic",
        "nearest": "Nearest notes",
        "asked": "Understood as",
        "unsupported": "not supported by the notes",
        "contradicted": "contradicted by the notes",
        "gone": "This note is no longer in the library, or has changed; ask again.",
        "failed": "Something went wrong",
        "failed_detail": "This question could not be answered because of a bug; details are in the terminal.",
    },
}


def language_of(text: str) -> Language:
    """The language in which to speak of a question: Chinese where it has a Chinese character, as the answer itself does."""
    from ingest.lexical import has_chinese

    return "zh" if has_chinese(text) else "en"


def preferred(languages: str) -> Language:
    """The page's language for a list like ``zh-CN,en;q=0.5`` of languages wanted: the better ranked of Chinese and English."""
    best: tuple[float, Language] | None = None
    for entry in languages.lower().split(","):
        name, _, weight = entry.strip().partition(";q=")
        language: Language | None = "zh" if name.startswith("zh") else "en" if name.startswith("en") else None
        try:
            rank = float(weight or 1)
        except ValueError:
            continue
        if language is not None and (best is None or rank > best[0]):
            best = (rank, language)
    return best[1] if best else "en"
