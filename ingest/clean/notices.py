"""Notices on rights, origin and responsibility that speak of the page itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingest.clean.page import EMAIL, URL

if TYPE_CHECKING:
    from ingest.clean.page import Page

_RIGHTS_HINT = (
    "本文参与",
    "本文转",
    "本文分享",
    "本文摘",
    "本文首发",
    "本文来自",
    "本文由",
    "本文系",
    "本文为",
    "投稿",
    "分享自",
    "转载",
    "轉載",
    "侵权",
    "侵權",
    "侵删",
    "著作权",
    "著作權",
    "版权",
    "版權",
    "原文链接",
    "原文鏈接",
    "©",
    "立场",
    "观点",
    "all rights reserved",
    "originally ",
    "copyright",
)
_SELF = re.compile(
    r"本文|该文|此文|本站|本篇|本博客|本公众号|原文链接|原文鏈接|this (?:article|post|story|work|blog)"
    r"|originally (?:published|appeared)",
    re.IGNORECASE,
)
_RIGHTS = re.compile(
    r"转载|轉載|侵权|侵權|侵删|侵刪|著作权|著作權|版权|版權|授权|出处|出處|立场|法律责任|删除|all rights reserved|©"
    r"|copyright|licensed|cc by|投稿|原创",
    re.IGNORECASE,
)
_PLEA = re.compile(
    r"声明|聲明|注明|註明|遵循|协议|協議|联系|聯繫|投诉|投訴|举报|licensed|published|appeared|https?://|@", re.IGNORECASE
)
_TAKEDOWN = re.compile(
    r"(?:如有?|若有?|涉及|涉嫌|造成)[^。\n]{0,30}侵[权權犯删][^。\n]{0,30}(?:联系|聯繫|告知|投诉|删除|刪除)|侵删|侵权(?:必|立)?删"
)
_ORIGIN = re.compile(
    r"(?:编者按[:：])?(?:本文|该文|原文)(?:参与.{0,30}(?:计划|活动)|(?:转载?|分享|摘|首发)[自于]?\s*(?:自|于|[:：]"
    r"|微信|公众号|知乎|CSDN|博客|简书|掘金)|来自.{0,12}(?:微信|公众号|知乎|CSDN|博客园?|简书|掘金|社区|投稿)"
    r"|(?:由|系|为).{1,24}(?:原创|发布|授权|投稿|首发|转载)|作者.{0,30}投稿)"
)
_DISCLAIMER = re.compile(
    r"[仅只]代表(?:原?作者|个人|本人).{0,6}观点|不代表.{0,10}(?:立场|观点)|信息(?:存储|存儲|发布).{0,4}(?:服务|平台)"
    r"|不承担.{0,8}责任"
)
_COPYRIGHT_LINE = re.compile(r"(?:©|copyright\s*(?:©|\(c\)|\d{4})|著作权归|版权所有|版权归)", re.IGNORECASE)


def drop_notices(page: Page) -> None:
    """Notices on rights in this page and pleas to complain. Prose on copyright lacks the reference to the page itself."""
    found = page.lines_with(_RIGHTS_HINT)
    candidates = []
    for index in found:
        text = page.lines[index].text
        if len(text) > 500 or text[0] in "#>|":
            continue
        about = bool(_SELF.search(text))
        rights = len({match.lower() for match in _RIGHTS.findall(text)})
        plea = bool(_PLEA.search(text))
        takedown = bool(_TAKEDOWN.search(text))
        addressed = bool(URL.search(text) or EMAIL.search(text))
        if (
            (about and rights >= 2 and plea)
            or (about and rights and addressed)
            or (len(text) <= 100 and _ORIGIN.match(text))
            or len(_DISCLAIMER.findall(text)) >= 2
            or (takedown and (about or addressed or len(text) <= 60))
            or (len(text) <= 120 and _COPYRIGHT_LINE.match(text) and (plea or "©" in text or re.search(r"\d{4}|所有$", text)))
        ):
            candidates.append((index, addressed or "©" in text))
    about_rights = len(found) - len(candidates)
    for index, sure in candidates:
        if about_rights < 4 or sure or index >= len(page.lines) - 12:
            page.drop(index, "copyright notice")
