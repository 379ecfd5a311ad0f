"""Adverts: calls to action, with the passages around them that promote and do not tell."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from ingest.blocks import Kind

if TYPE_CHECKING:
    from ingest.clean.page import Page

_CALL_HINT = (
    "二维码",
    "公众号",
    "微信",
    "领取",
    "私信",
    "加群",
    "进群",
    "入群",
    "扫码",
    "礼包",
    "优惠",
    "训练营",
    "后台回复",
    "资料包",
    "收藏",
    "在看",
    "转发",
    "福利",
    "粉丝",
    "newsletter",
    "subscribe",
    "coupon",
    "% off",
    "enroll",
    "my course",
    "my book",
    "waitlist",
    "discount",
    "patreon",
    "clap",
    "三连",
    "点赞",
    "点个赞",
    "关注",
    "👇",
    "👉",
    "🎁",
    "↓↓",
)
_POINTING = re.compile(
    r"下方|下面的?(?:二维码|链接|卡片|名片)|文末|文章末尾|文章底部|评论区(?:留言|扣|自取|回复|领)|私信我|后台(?:私信"
    r"|回复)|回复(?:关键[词字]|[「“\"【『])|即可(?:免费)?(?:领取|获取|获得|加入|入群)|有需要的|小伙伴|同学们?可以"
    r"|朋友们?可以|加我|我的(?:微信|公众号|星球|课程|专栏)|本公众号|长按|识别|戳|👇|👉|👈|↓{2,}|⬇|🔽|关注我|(?:^"
    r"|[,，。!！\s])(?:欢迎)?关注(?:公众号|本号|微信)"
    r"|\bsubscribe (?:for|to)\b|thanks for reading|\bmy (?:newsletter|course|book|patreon|channel|youtube|free)"
    r"|\b(?:link|links) (?:in|below)|below (?:to|and)|\b(?:click|sign up|subscribe|enroll|join|download|grab"
    r"|get) (?:here|now|today|below|my|our|it|your)|follow me|clap",
    re.IGNORECASE,
)
_PLEADING = re.compile(
    r"(?:觉得|如果|喜欢|要是)[^。\n]{0,24}(?:有用|有帮助|有所帮助|有收获|有启发|不错|喜欢|还行)[^。\n]{0,30}(?:点赞"
    r"|点个|在看|转发|收藏|关注|分享|三连|star|赞赏|投币)|求(?:关注|点赞|三连|收藏)|(?:点赞|收藏|关注"
    r"|转发)[、+,，和 ]{1,3}(?:点赞|收藏|关注|转发|在看|评论|投币)[^。\n]{0,12}(?:支持(?:一下|[!！~。]|$)|哦|啦|鼓励)",
    re.IGNORECASE,
)
_REWARD = re.compile(
    r"免费|领取|礼包|资料|干货|福利|优惠|课程|训练营|教程|源码|电子书|书籍|学习路线|面试题|红包|抽奖|入群|进群|加群"
    r"|(?:交流|读者|技术|学习|微信)群|折|名额|限时|🆓|🎁|\bfree\b|discount|% off|coupon|course|newsletter|ebook|e-book"
    r"|cheat ?sheet|exclusive|waitlist|bonus|more (?:articles|stories|content)|articles like this|stories like this"
    r"|support",
    re.IGNORECASE,
)
_CHANNEL = re.compile(
    r"二维码|微信|公众号|V[信:：]|vx|QQ群|扫码|扫描|链接|私信|评论区|社群|星球|卡片|名片|群|回复|添加|关注|订阅|click"
    r"|link|subscribe|sign up|enroll|join|follow|patreon|ko-fi|twitter|linkedin|youtube|https?://",
    re.IGNORECASE,
)
_PROMOTION = re.compile(
    r"书籍|电子书|视频教程|教程|视频|报告|合集|资料|学习路线|路线图|课程|训练营|礼包|资源包|学习包|干货|源码|小白"
    r"|零基础|入门|进阶|就业|年薪|高薪|薪资|大厂|饭碗|转行|内卷|涨薪|offer|岗位|风口|红利|程序员|打工人|免费|领取|分享"
    r"|扫码|二维码|自学|门槛|学习成本|焦虑|先机|机会|老板|裁员|职场|二维码|福利|限时|优惠|名额|报名|老师|学员|讲师"
    r"|私信|微信|公众号|抢",
    re.IGNORECASE,
)


_MOST_CALLS = 100
"""Adverts whose surroundings are looked at; no page has more."""


def _is_call(text: str) -> bool:
    """A line that points the reader to a reward through a channel."""
    if len(text) <= 120 and _PLEADING.search(text):
        return True
    if len(text) > 600 or not _POINTING.search(text):
        return False
    rewards = len({match.lower() for match in _REWARD.findall(text)})
    channels = len({match.lower() for match in _CHANNEL.findall(text)})
    arrows = bool(re.search(r"👇|👉|👈|↓{2,}|⬇|🔽|🎁|🆓", text))
    return bool(rewards and channels) and (rewards + channels >= 3 or arrows or len(text) <= 80)


def drop_adverts(page: Page) -> None:
    """Calls to action, with the passages around them that promote and do not tell."""
    lines = page.lines
    calls = [index for index in page.lines_with(_CALL_HINT) if _is_call(lines[index].text) and lines[index].text[0] != "#"]
    ads = set(calls)
    if calls:
        del calls[_MOST_CALLS:]
        heads = [i for i in range(len(lines)) if _opens(page, i)]
        for first, last in _passages(page, calls, heads):
            ads.update(range(first, last + 1))
        _spread(page, calls, set(heads), ads)
    for i in ads:
        if lines[i].text:
            if page.reasons.get(i) == "image placeholder":
                page.reasons[i] = "advertisement"
            page.drop(i, "advertisement")


def _passages(page: Page, calls: list[int], heads: list[int]) -> list[tuple[int, int]]:
    """The passages, from heading to heading, that are adverts: with a call, next to one, or between two."""
    count = len(page.lines)
    called = sorted({_passage_of(heads, call, count) for call in calls})
    out = [span for span in called if _promotes(page, *span) and _is_foreign(page, *span)]
    if not out:
        return []
    first = out[0][0]
    while first > count * 0.3:  # passages before the first that promote just as much
        before = _passage_of(heads, first - 1, count)
        if not (_promotes(page, *before) and _is_foreign(page, *before)):
            break
        out.append(before)
        first = before[0]
    for head in heads[bisect_right(heads, out[0][1]) :]:
        start, end = _passage_of(heads, head, count)
        if (start <= calls[-1] and not _tells(page, start, end)) or _promotes(page, start, end):
            out.append((start, end))
        elif start > calls[-1]:
            break
    return out


def _spread(page: Page, calls: list[int], heads: set[int], ads: set[int]) -> None:
    """Add the lines above and below each call that promote too."""
    lines = page.lines
    for call in calls:
        for step in (-1, 1):
            i = call + step
            while 0 <= i < len(lines) and i not in ads:
                line = lines[i]
                if line.text:
                    if i in heads or line.protected or _promotion(line.text) < 2:
                        break
                    ads.add(i)
                i += step


def _promotion(text: str) -> int:
    return len(set(_PROMOTION.findall(text.lower())))


def _opens(page: Page, index: int) -> bool:
    """A rough heading: a short line by itself, or one marked or numbered."""
    line = page.lines[index]
    if not line.text or line.protected or line.indent >= 2 or len(line.text) > 60:
        return False
    if line.text[0] == "#":
        return True
    alone = page.standalone(index) and (index + 1 == len(page.lines) or not page.lines[index + 1].text)
    if not alone:
        return False
    if line.kind == Kind.ITEM:
        return line.text[0].isdigit()
    return line.text[-1] not in "。；;，,、：:…！!~" and not _is_call(line.text)


def _passage_of(heads: list[int], index: int, count: int) -> tuple[int, int]:
    at = bisect_right(heads, index) - 1
    first = heads[at] if at >= 0 else 0
    following = bisect_left(heads, first + 1)
    return first, (heads[following] if following < len(heads) else count) - 1


def _promotes(page: Page, first: int, last: int) -> bool:
    """Most of the passage's paragraphs use the words of promotion, at least three different ones in all."""
    indexes = [i for i in range(first, last + 1) if page.lines[i].text and page.reasons.get(i) != "image placeholder"]
    if not indexes or any(page.lines[i].protected for i in indexes):
        return False
    texts = [page.lines[i].text for i in indexes]
    distinct = set().union(*(_PROMOTION.findall(text.lower()) for text in texts))
    touched = sum(bool(_PROMOTION.search(text)) or _is_call(text) for text in texts)
    return len(distinct) >= 3 and touched * 10 >= len(texts) * 6


def _is_foreign(page: Page, first: int, last: int) -> bool:
    """Not at the top of the page, and three of the passage's words of promotion at least are none of the text before."""
    before = page.lowered[: page.lines[first].start]
    if sum(1 for line in page.lines[:first] if line.text) < 5:
        return False
    distinct = set().union(*(_PROMOTION.findall(line.text.lower()) for line in page.lines[first : last + 1]))
    return sum(word not in before for word in distinct) >= 3


def _tells(page: Page, first: int, last: int) -> bool:
    """The passage says something that is no promotion: code, or a long sentence without its words."""
    for i in range(first, last + 1):
        line = page.lines[i]
        if line.protected:
            return True
        if len(line.text) >= 40 and line.text[-1] in "。.！!？?" and not _promotion(line.text):
            return True
    return False
