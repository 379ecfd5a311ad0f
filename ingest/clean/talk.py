"""Small talk of chat assistants: wishes to have helped, offers of more, announcements."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingest.clean.page import SUPERSCRIPTS

if TYPE_CHECKING:
    from ingest.clean.page import Page

_TALK = re.compile(
    r"(?P<help>(?:我)?(?:希望|愿)[^。！!？?\n，,]{0,30}?(?:对[你您大]家?[^。！!\n，,]{0,6}?(?:有所?|能有所?|能有)?帮助"
    r"|(?<=这)[^。！!\n，,]{0,8}(?:能够?|可以)?帮(?:助)?到?[你您]|(?:能够?"
    r"|可以)帮(?:助)?到[你您])[^。！!\n]{0,40}?[。！!])"
    r"|(?P<more>(?:如果?|若|假如)[你您](?:对[^。！!\n]{1,20})?(?:还)?(?:有|需要|想)[^。！!\n]{0,50}?(?:(?:问题|疑问"
    r"|信息|帮助|细节|内容|了解|不明白|地方)[^。！!\n]{0,12}?(?:欢迎|随时|请|可以|都可以|尽管)[^。！!\n]{0,12}?"
    r"(?:提问|告诉我|问我|联系我(?!们)|向我|追问)|更(?:详细|多|深入)的?(?:信息|资料|内容)[^。！!\n]{0,6}(?:可以|建议"
    r"|请)(?:查阅|查看|参考)相关)[^。！!\n]{0,20}?[。！!])"
    r"|(?P<based>以上(?:信息|内容|回答|答案|资料)(?:都|均)?(?:是)?(?:根据|基于|来自)(?:网络)?搜索[^。！!\n]{0,80}[。！!])"
    r"|(?P<english>(?:I hope (?:this|that|it)[^.!\n]{0,60}?helps?[^.!\n]{0,40}|Hope (?:this|that"
    r"|it) helps[^.!\n]{0,40}|(?:Please )?let me know if you[^.!\n]{0,80}|(?:(?:If you"
    r"|Should you) have[^.!\n]{0,60}, )?(?:please )?feel free to (?:ask|reach out)(?: me)?(?: (?:if|any"
    r"|for) [^.!\n]{0,60})?)[.!])",
    re.IGNORECASE,
)
_TALK_HINT = (
    "希望",
    "愿这",
    "如果你",
    "如果您",
    "如你",
    "如您",
    "若你",
    "若您",
    "以上",
    "hope",
    "let me know",
    "feel free",
    "好的",
    "当然",
    "没问题",
    "可以的",
    "逐一",
    "一一",
    "certainly",
    "sure",
    "of course",
    "absolutely",
)
_LEAD = re.compile(
    r"(?:好的|当然(?:可以)?|没问题|可以的|关于[你您]的(?:这些?|几个)?问题|对于[你您]的(?:这些?|几个)?问题|Certainly"
    r"|Sure|Of course|Absolutely)[,，！!。\s]{1,2}"
    r"(?:我(?:会|来|将|可以|很乐意)?[^。：:\n]{0,12}?(?:回答|解答|解释|介绍|说明|回复|帮[你您])[^。：:\n]{0,16}"
    r"|(?:以下|下面|这里)(?:就)?是[^。：:\n]{0,50}|here(?:'s| is| are)[^.:\n]{0,80}|I(?:'ll| will"
    r"| can)[^.:\n]{0,80})?[。：:！!.]?",
    re.IGNORECASE,
)
_SUMMING = re.compile(r"^(?:以上(?:就)?(?:是|为)|总之)[^。！!？?\n]{0,60}$")
_QUOTES = ("“", '"', "「", "『", "'", "‘")
_BREAKS = "。！？!?；;"


def drop_small_talk(page: Page) -> None:
    """Sentences in which a chat assistant addresses its user: wishes to have helped, offers of more, announcements."""
    for index in page.lines_with(_TALK_HINT):
        line = page.lines[index]
        if len(line.text) > 4000:
            continue
        text, base = line.text, page.text.index(line.text, line.start)
        spans: list[tuple[int, int]] = []
        lead = _LEAD.match(text)
        if lead and lead[0].rstrip() and (lead.end() == len(text) or lead[0][-1] in "。：:！!.") and len(lead[0]) >= 6:
            spans.append((0, lead.end()))
        for match in _TALK.finditer(text):
            start = match.start()
            sentence = max((text.rfind(mark, 0, start) for mark in (*_BREAKS, ". ")), default=-1) + 1
            before = text[sentence:start]
            if before.strip().startswith(_QUOTES) or text[:start].endswith(_QUOTES) or _in_quotes(text[:start]):
                continue
            if before.strip() and _SUMMING.match(before.strip().rstrip("，,")):
                start = sentence
            elif before.strip() and before.strip()[-1] not in "，,、":
                continue
            spans.append((start, match.end()))
        if not spans:
            continue
        left = text
        for start, end in reversed(spans):
            left = left[:start] + left[end:]
        if not re.search(r"[^\W_]", SUPERSCRIPTS.sub("", left)):
            page.drop(index, "small talk")
        else:
            page.cuts.extend((base + start, base + end, "small talk") for start, end in spans)


def _in_quotes(text: str) -> bool:
    """A quotation is open at the end of ``text``."""
    return (
        text.count("“") > text.count("”")
        or text.count("「") > text.count("」")
        or text.count("『") > text.count("』")
        or text.count('"') % 2 == 1
    )
