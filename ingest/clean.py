"""Take out of a saved page what is not the note: contents, counters, footers, teasers, adverts, citation lists, small talk.

Decisions. Nothing goes for one word: a line is taken out for what it is *and* where it stands. The signs used are a
list whose entries come back as headings; counters beside interface words; a marker such as "related articles"
followed by cut-off or unrelated teasers; notices that speak of the page itself ("this article", "this site") and of
rights in it; calls to action that point ("below", an arrow) at a reward through a channel; lists of numbered links after
a label; lines that stand in several files. Words that the body of the note itself uses do not count against it, so
that notes on copyright, payment or comment systems survive. Code, formulas and tables are never touched.

Offsets exist only after cleaning. What is dropped has no width; line and page starts move with the text that stays.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from ingest import blocks
from ingest.blocks import Kind, Line
from ingest.types import Document, Dropped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ingest.types import Source

_URL = re.compile(r"https?://[^\s<>()（）\[\]，。、；]+|www\.[^\s<>()（）\[\]，。、；]+")
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]{2,64}")
_DIGITS = re.compile(r"\d+")
_SENTENCE_END = "。！？；!?;…"


def repeated_lines(sources: Iterable[Source]) -> frozenset[str]:
    """Short lines, normalised (white space, numbers and addresses folded), that stand in several different sources.

    Sources that share most of their lines are copies of one note, not evidence; they count once.
    """
    seen: dict[str, int] = {}
    per_source = []
    for source in sources:
        mine = {key for line in source.text.split("\n") if (key := _normal(line)) and 2 <= len(key) <= 60}
        per_source.append(mine)
        for key in mine:
            seen[key] = seen.get(key, 0) + 1
    counted: dict[str, int] = {}
    for mine in per_source:
        shared = [key for key in mine if seen[key] > 1]
        if len(shared) * 2 > len(mine):
            continue
        for key in shared:
            counted[key] = counted.get(key, 0) + 1
    return frozenset(key for key, count in counted.items() if count > 1)


def clean(source: Source, *, repeated: frozenset[str] = frozenset(), digest: str = "") -> Document:
    """The note in ``source`` without its boilerplate; what went is in ``Document.dropped``, in order of the lines.

    ``repeated`` comes from :func:`repeated_lines` and is used as evidence beside page furniture only. The document's
    id is the record's own, or ``digest``. Time is linear in the length of the text.
    """
    page = _Page(source.text, repeated)
    _drop_contents(page)
    _drop_images(page)
    _drop_references(page)
    _drop_notices(page)
    _drop_related(page)
    _drop_adverts(page)
    _drop_small_talk(page)
    _drop_citation_marks(page)
    _drop_buttons(page)
    _drop_line_numbers(page)
    _drop_header(page)
    _drop_footer(page)
    return page.document(source, digest)


class _Page:
    """The lines of one source and what is to go: whole lines with a reason, and spans inside lines."""

    def __init__(self, text: str, repeated: frozenset[str]) -> None:
        self.text = text
        lowered = text.lower()
        self.lowered = lowered if len(lowered) == len(text) else text
        self.repeated = repeated
        self.lines: Sequence[Line] = blocks.read(text)
        self.starts = [line.start for line in self.lines]
        self.reasons: dict[int, str] = {}
        self.cuts: list[tuple[int, int, str]] = []

    def drop(self, index: int, reason: str) -> None:
        self.reasons.setdefault(index, reason)

    def at(self, offset: int) -> int:
        """Index of the line in which ``offset`` stands."""
        return bisect_right(self.starts, offset) - 1

    def find(self, pattern: re.Pattern[str]) -> Iterator[tuple[int, re.Match[str]]]:
        """Matches outside code, formulas, tables and dropped lines, with the index of their line."""
        for match in pattern.finditer(self.text):
            index = self.at(match.start())
            if not self.lines[index].protected and index not in self.reasons:
                yield index, match

    def lines_with(self, words: Iterable[str]) -> list[int]:
        """Indexes of the lines that hold one of the lower-case ``words``, each once, in order: the cheap first look.

        Code, formulas, tables and dropped lines are left out.
        """
        out: set[int] = set()
        for word in words:
            at = self.lowered.find(word)
            while at >= 0:
                index = self.at(at)
                out.add(index)
                at = self.lowered.find(word, self.lines[index].end + 1)
        return sorted(i for i in out if not self.lines[i].protected and i not in self.reasons)

    def kept(self, first: int, last: int) -> list[int]:
        """Indexes of the lines in ``first..last`` that hold text and are not dropped."""
        return [i for i in range(first, last + 1) if self.lines[i].text and i not in self.reasons]

    def standalone(self, index: int) -> bool:
        """No text stands on the line above."""
        return index == 0 or not self.lines[index - 1].text or (index - 1) in self.reasons

    def document(self, source: Source, digest: str) -> Document:
        """Build the text that stays, with its maps."""
        text = self.text
        self._close_gaps()
        gone: list[tuple[int, int, str]] = []
        for index, reason in self.reasons.items():
            end = self.lines[index + 1].start if index + 1 < len(self.lines) else len(text)
            gone.append((self.lines[index].start, end, reason))
        gone.extend(cut for cut in self.cuts if self.at(cut[0]) not in self.reasons)
        gone.sort()
        kept: list[str] = []
        old_starts: list[int] = []
        new_starts: list[int] = []
        position = length = 0
        for start, end, _ in gone:
            if start > position:
                old_starts.append(position)
                new_starts.append(length)
                kept.append(text[position:start])
                length += start - position
            position = max(position, end)
        if position < len(text):
            old_starts.append(position)
            new_starts.append(length)
            kept.append(text[position:])
            length += len(text) - position

        def moved(offset: int) -> int:
            at = bisect_right(old_starts, offset) - 1
            if at < 0:
                return 0
            following = new_starts[at + 1] if at + 1 < len(new_starts) else length
            return min(new_starts[at] + offset - old_starts[at], following)

        return Document(
            id=source.record if source.record is not None else digest,
            path=source.path,
            title=source.title,
            text="".join(kept),
            page_starts=tuple(map(moved, source.page_starts)) if gone else source.page_starts,
            line_starts=tuple(map(moved, source.line_starts)) if gone else source.line_starts,
            dropped=tuple(self._dropped(gone, source)),
        )

    def _close_gaps(self) -> None:
        """Blank lines between dropped lines go too, where a blank line stays on either side."""
        lines = self.lines
        dropped = sorted(self.reasons)
        at = 0
        while at < len(dropped):
            first = last = dropped[at]
            blank: list[tuple[int, str]] = []
            at += 1
            while at < len(dropped) and not any(lines[i].text for i in range(last + 1, dropped[at])):
                blank.extend((i, self.reasons[last]) for i in range(last + 1, dropped[at]))
                last = dropped[at]
                at += 1
            if first == 0 or last + 1 == len(lines) or not lines[first - 1].text or not lines[last + 1].text:
                self.reasons.update(blank)

    def _dropped(self, gone: Sequence[tuple[int, int, str]], source: Source) -> Iterator[Dropped]:
        """Neighbouring spans with one reason become one run."""
        at = 0
        while at < len(gone):
            start, end, reason = gone[at]
            at += 1
            while at < len(gone) and gone[at][2] == reason and not self.text[end : gone[at][0]].strip():
                end = max(end, gone[at][1])
                at += 1
            piece = self.text[start:end].strip("\n")
            if not piece.strip():
                continue
            inner = start + (len(self.text[start:end]) - len(self.text[start:end].lstrip("\n")))
            first = bisect_right(source.line_starts, inner)
            last = bisect_right(source.line_starts, inner + len(piece) - 1)
            yield Dropped(lines=(max(first, 1), max(last, 1)), text=piece, reason=reason)


def _normal(line: str) -> str:
    """A line for comparison: no marks of lists or headings, no white space, width and case folded, numbers as 0."""
    line = line.strip()
    if not line:
        return ""
    line = unicodedata.normalize("NFKC", line[:200]).casefold().lstrip("#*-+•· \t")
    return _DIGITS.sub("0", _URL.sub("", line).replace(" ", ""))


# --- table of contents -------------------------------------------------------------------------------------------------

_CONTENTS = re.compile(
    r"(?:#{1,6}\s*|\*\*)?[【\[]?(?:(?:文章|本文|全文|内容)?目\s*[录錄](?:结构)?|内容导航|文章导航|table of contents|contents|toc|on this page|in this article)"
    r"[】\]]?(?:\*\*)?\s*[:：]?",
    re.IGNORECASE,
)
_ANCHOR = re.compile(r"\[[^\]]+\]\(#[^)]*\)")
_LEADER = re.compile(r"(?:\.{4,}|…{2,}|(?:\. ){4,}|·{4,})\s*\d{1,4}$")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^()]*\)")


def _entry(text: str) -> str:
    """A line as an entry of contents: the mark of the list off, links by their text, for comparison."""
    text = blocks.ITEM.sub("", text, count=1) if text[:1] in "-*+•·●○◦" else text
    text = _LEADER.sub("", _LINK.sub(r"\1", text)).strip("#* \t")
    return unicodedata.normalize("NFKC", text).casefold().replace(" ", "")


def _bare_entry(entry: str) -> str:
    return entry.lstrip("0123456789.、一二三四五六七八九十()第章节 ")


def _drop_contents(page: _Page) -> None:
    """A list (with or without the word) whose entries come back below as lines of their own."""
    lines = page.lines
    head = [i for i in range(min(len(lines), 400)) if lines[i].text and not lines[i].protected]
    marked = [i for i in head if len(lines[i].text) <= 40 and _CONTENTS.fullmatch(lines[i].text)]
    listed = [i for i in head if lines[i].kind == Kind.ITEM]
    if not marked and len(listed) < 4:
        return
    later: dict[str, int] = {}
    for i, line in enumerate(lines):
        if line.text and len(line.text) <= 200 and not line.protected:
            entry = _entry(line.text)
            later[entry] = later[_bare_entry(entry)] = i
    later.pop("", None)

    def returns(index: int, after: int) -> bool:
        entry = _entry(lines[index].text)
        return max(later.get(entry, -1), later.get(_bare_entry(entry), -1)) > after

    for start in marked:
        run, entries = _contents_run(lines, start + 1)
        if not entries:
            if lines[start].text.strip("[]【】").casefold() == "toc":
                page.drop(start, "table of contents")
            continue
        last = entries[-1]
        backed = sum(returns(i, last) for i in entries)
        linked = sum(bool(_ANCHOR.search(lines[i].text) or _LEADER.search(lines[i].text)) for i in entries)
        if backed * 10 >= len(entries) * 6 or linked * 2 > len(entries):
            for i in (start, *run):
                page.drop(i, "table of contents")
    start = 0
    while start < len(listed):
        stop = start
        while stop + 1 < len(listed) and all(not lines[k].text for k in range(listed[stop] + 1, listed[stop + 1])):
            stop += 1
        entries = [i for i in listed[start : stop + 1] if i not in page.reasons]
        if len(entries) >= 4:
            last = entries[-1]
            linked = sum(bool(_ANCHOR.search(lines[i].text) or _LEADER.search(lines[i].text)) for i in entries)
            backed = sum(returns(i, last) for i in entries)
            if linked * 10 >= len(entries) * 8 or (len(entries) >= 5 and backed * 10 >= len(entries) * 9):
                for i in range(entries[0], last + 1):
                    page.drop(i, "table of contents")
        start = stop + 1


def _contents_run(lines: Sequence[Line], start: int) -> tuple[list[int], list[int]]:
    """The lines from ``start`` that can be contents, and those of them that are entries; ends where an entry comes back."""
    run: list[int] = []
    entries: list[int] = []
    seen: set[str] = set()
    listed: bool | None = None
    for i in range(start, len(lines)):
        line = lines[i]
        if not line.text:
            run.append(i)
            continue
        entry = _entry(line.text)
        is_item = line.kind == Kind.ITEM or bool(_ANCHOR.search(line.text) or _LEADER.search(line.text))
        if line.protected or len(line.text) > 120 or line.text[-1] in "。；;" or line.text[0] == "#" or entry in seen:
            break
        if listed is None:
            listed = is_item
        elif listed and not is_item:
            break
        seen.add(entry)
        run.append(i)
        entries.append(i)
    while run and entries and run[-1] > entries[-1]:
        run.pop()
    return run, entries


# --- images ------------------------------------------------------------------------------------------------------------

_IMAGE_NAME = (
    r"(?:(?:image|img|screenshot|screen shot|pasted image|wps|clip|picture|photo|figure|pic|untitled|图片|截图|屏幕截图|截屏|微信图片|插图|图像)"
    r"[-_ ]?[\d.\-_ :at]*|[\w-]{1,80})\.(?:png|jpe?g|gif|webp|svg|bmp|avif)"
)
_GENERIC = (
    r"(?:(?:photo|image|picture|图片来源|图源|封面图?)\s*(?:by|credit|from|source|[:：]).{1,70}|在这里插入图片描述|(?:此处|这里|在此)?(?:请)?插入(?:一张)?图片(?:描述|说明)?|(?:image|img|screenshot|wps|pasted image)[-_ ]?\d{6,}[\d\-_]*"
    r"|图片(?:描述|说明|加载失败|转存失败.{0,10})?|image(?: description| alt text)?|img|alt text|picture|photo|截图|配图|插图|请输入图片描述|点击(?:查看|放大)(?:大图|图片|原图)?"
    r"|press enter or click to view image in full size|" + _IMAGE_NAME + r"|外链图片转存失败.{0,60})"
)
_IMAGE_LINE = re.compile(r"[\[【(（<]?" + _GENERIC + r"[\]】)）>]?", re.IGNORECASE)
_IMAGE_HINT = ("![", "图片", "image", "img", "截图", "截屏", "插图", "配图", "screen", "picture", "photo", "大图", "原图", "图源", "封面", "wps", "alt text", ".png", ".jp", ".gif", ".webp", ".svg", ".bmp", ".avif")
_MARKDOWN_IMAGE = re.compile(r"!\[([^\[\]\n]{0,300})\]\(([^()\n]{0,2000})\)")
_FORMULA_IMAGE = re.compile(r"equation\?tex=|latex|math|svg\.image\?|/tex\?", re.IGNORECASE)


def _drop_images(page: _Page) -> None:
    """Lines that only hold an image's place, and generic images inside lines. An image with a telling description stays."""
    for index in page.lines_with(_IMAGE_HINT):
        line = page.lines[index]
        if "![" in line.text:
            rest = line.text
            for match in _MARKDOWN_IMAGE.finditer(page.text, line.start, line.end):
                alt = match[1].strip()
                if _FORMULA_IMAGE.search(match[2]) or (alt and not _IMAGE_LINE.fullmatch(alt)):
                    continue
                rest = rest.replace(match[0], "", 1)
                page.cuts.append((match.start(), match.end(), "image placeholder"))
            if not rest.strip(" \t-*>|"):
                page.drop(index, "image placeholder")
        elif len(line.text) <= 120 and _IMAGE_LINE.fullmatch(blocks.ITEM.sub("", line.text, count=1)):
            page.drop(index, "image placeholder")


# --- lists of sources --------------------------------------------------------------------------------------------------

_LABEL = re.compile(
    r"(?:#{1,6}\s*|\*\*|[-*•]\s*)?(?:源|来源|信息来源|(?:主要)?参考(?:资料|文献|链接|来源|文章|博客|网址)?(?:和引用)?|引用(?:来源|文献|链接)?|资料来源"
    r"|references?|sources?|citations?|bibliography|learn more|further reading|了解(?:详细信息|更多))(?:\*\*)?\s*(?P<colon>[:：])?(?:\*\*)?\s*",
    re.IGNORECASE,
)
_LABEL_HINT = ("源", "参考", "引用", "reference", "source", "citation", "bibliography", "learn more", "further reading", "了解")
_NUMBERED_LINK = re.compile(r"[(（\[【]\d{1,3}[)）\]】]|(?:^|\s)\d{1,2}[.、]\s")
_CITED = re.compile(r"https?://|www\.|doi[:.]|arxiv|\.(?:com|org|cn|net|io)\b", re.IGNORECASE)
_PUBLISHED = re.compile(r"[(（\s.,，\[]((?:19|20)\d\d)[a-z]?\s*[)）.,，;:\]]|\[[JMCDPNRSZ](?:/OL)?\]")
_REFERENCE_NUMBER = re.compile(r"(?:[-*•]\s*)?(?:\[\d{1,3}\]|\(\d{1,3}\)|（\d{1,3}）|\d{1,3}[.、])")


def _drop_references(page: _Page) -> None:
    """What follows a label such as "sources:", where it is links or entries of a bibliography and nothing else."""
    lines = page.lines
    for index in page.lines_with(_LABEL_HINT):
        text = lines[index].text
        label = _LABEL.match(text)
        if label is None:
            continue
        rest = text[label.end() :]
        if rest:
            links = len(_URL.findall(rest))
            if label["colon"] is None or not links:
                continue
            outside = len(_URL.sub("", rest))
            numbers = len(_NUMBERED_LINK.findall(rest))
            if (links == 1 and outside <= 60) or (links > 1 and numbers * 2 >= links and outside <= 120 * links):
                page.drop(index, "reference list")
            continue
        run = []
        for i in range(index + 1, len(lines)):
            item = lines[i].text
            if not item:
                continue
            if item[0] == "#" or lines[i].protected or len(run) > 300:
                break
            cited = bool(_CITED.search(item))
            numbered = bool(_REFERENCE_NUMBER.match(item))
            prose = item[-1] in "。！？" and not cited
            if prose or not (cited or (numbered and _PUBLISHED.search(item)) or (run and len(item) <= 80 and numbered)):
                break
            run.append(i)
        strong = sum(bool(_CITED.search(lines[i].text) or _PUBLISHED.search(lines[i].text)) for i in run)
        ended = not run or not (rest_of := page.kept(run[-1] + 1, min(run[-1] + 4, len(lines) - 1))) or not (
            lines[rest_of[0]].text and rest_of[0] == run[-1] + 1
        )
        if run and strong * 10 >= len(run) * 7 and ended:
            for i in range(index, run[-1] + 1):
                page.drop(i, "reference list")


# --- notices of rights -------------------------------------------------------------------------------------------------

_RIGHTS_HINT = ("转载", "轉載", "侵权", "侵權", "侵删", "著作权", "著作權", "版权", "版權", "原文链接", "原文鏈接", "©", "立场", "观点", "all rights reserved", "originally ", "copyright")
_SELF = re.compile(r"本文|该文|此文|本站|本篇|本博客|本公众号|原文链接|原文鏈接|this (?:article|post|story|work|blog)|originally (?:published|appeared)", re.IGNORECASE)
_RIGHTS = re.compile(r"转载|轉載|侵权|侵權|侵删|侵刪|著作权|著作權|版权|版權|授权|出处|出處|立场|法律责任|删除|all rights reserved|©|copyright|licensed|cc by|投稿|原创", re.IGNORECASE)
_PLEA = re.compile(r"声明|聲明|注明|註明|遵循|协议|協議|联系|聯繫|投诉|投訴|举报|licensed|published|appeared|https?://|@", re.IGNORECASE)
_TAKEDOWN = re.compile(r"(?:如有?|若有?|涉及|涉嫌|造成)[^。\n]{0,30}侵[权權犯删][^。\n]{0,30}(?:联系|聯繫|告知|投诉|删除|刪除)|侵删|侵权(?:必|立)?删")
_DISCLAIMER = re.compile(r"[仅只]代表(?:原?作者|个人|本人).{0,6}观点|不代表.{0,10}(?:立场|观点)|信息(?:存储|存儲|发布).{0,4}(?:服务|平台)|不承担.{0,8}责任")
_COPYRIGHT_LINE = re.compile(r"(?:©|copyright\s*(?:©|\(c\)|\d{4})|著作权归|版权所有|版权归)", re.IGNORECASE)


def _drop_notices(page: _Page) -> None:
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
        addressed = bool(_URL.search(text) or _EMAIL.search(text))
        if (
            (about and rights >= 2 and plea)
            or (about and rights and addressed)
            or len(_DISCLAIMER.findall(text)) >= 2
            or (takedown and (about or addressed or len(text) <= 60))
            or (len(text) <= 120 and _COPYRIGHT_LINE.match(text) and (plea or "©" in text or re.search(r"\d{4}|所有$", text)))
        ):
            candidates.append((index, addressed or "©" in text))
    about_rights = len(found) - len(candidates)
    for index, sure in candidates:
        if about_rights < 4 or sure or index >= len(page.lines) - 12:
            page.drop(index, "copyright notice")


# --- page furniture ----------------------------------------------------------------------------------------------------

_DATE = re.compile(
    r"(?:19|20)\d\d\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}\s*日?|\d{1,2}月\d{1,2}日|(?:周|星期)[一二三四五六日天]|\d{1,2}:\d\d(?::\d\d)?"
    r"|(?:昨天|今天|前天|刚刚|\d+\s*(?:分钟|小时|天|个?月|年|周)前)"
    r"|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?\s+\d{1,2}(?:,?\s*'?\d{2,4})?|\b\d+\s*(?:minutes?|hours?|days?|weeks?|months?|years?)\s+ago"
    r"|\b\d+\s*min(?:ute)?s?(?:\s+read)?\b",
    re.IGNORECASE,
)
_WORDS = re.compile(
    r"点赞|點贊|收藏|评论|評論|分享|转发|关注|關注|喜欢|赞同|赞赏|贊|赞|踩|阅读(?:量|数|全文|原文|排行|时长|时间)?|閱讀|浏览(?:量|数)?|被浏览|观看|播放|订阅|复制(?:链接|代码)?|编辑于?|回复|举报|舉報|反馈|投诉"
    r"|打赏|推荐(?:阅读)?|登录|注册|登錄|发布于?|發佈|发表(?:于|评论)?|写(?:评论|留言|回答|文章)|留言|提交|取消|确定|确认|保存|删除|更多(?:精彩内容)?|展开|收起|目录|上一篇|下一篇|首页|返回顶部|回到顶部|顶部|客服|隐私|条款|协议"
    r"|博客园|博客|博主|文章(?:来源|标签|分类)?|作者|楼主|粉丝|原创|专栏|分类(?:专栏)?|标签|热门|最新|最热|热度|默认|排序|时间|查看(?:全部|更多)?|查看|全部|公告|昵称|园龄|随笔|积分|排名|访问(?:量)?|等级|勋章|私信|已采纳|采纳"
    r"|微信(?:支付|扫一扫|公众号)?|支付宝|朋友圈|微博|新浪|扫一扫|扫码|二维码|公众号|小程序|客户端|打开|下载|知乎|简书|掘金|CSDN|csdn|知了|来源|来自|转载自?|原文|链接|地址|版权|声明|最后|最近|最后编辑|修改|更新|创建|于|已|共|字数?|约|分钟|需要?"
    r"|IP\s*属地|属地|北京|上海|广东|浙江|江苏|四川|湖北|山东|福建|陕西|湖南|河南|安徽|重庆|天津|辽宁|江西|黑龙江|吉林|河北|山西|广西|贵州|云南|甘肃|海南|内蒙古|新疆|宁夏|青海|西藏|香港|台湾|澳门|海外|未知"
    r"|确定要|放弃|本次|机会|福利|倒计时|立减|立即|年卡|普通|优惠|可用|VIP|vip|收藏成功|已添加到|更改|总资产|获得|一共|精彩内容|写了|就在|小礼物|走一走|招贤纳士|商务合作|寻求报道|在线|工作时间|公安备案号|备案号|备案|京ICP|ICP|网安|许可证|营业执照|举报中心|违法|不良|有限公司|技术支持|服务条款|沸点|圈|话题|掘友|感谢|点我|管理|新随笔|联系|逛逛|刷新|页面|红包|余额|充值|支付|实付|抵扣|钱包|付费|购买|金额|虚拟货币|领取|祝福语|填写|标题|规则|会员|课程|成为|当前|前往|个数|最低|最小|使用|点击|重新获取|获取|发出|说明|添加|免费"
    r"|(?:非常)?没?有?帮助|一般|觉得|不错|还|一键|三连|在看|轻点两下|预览时标签不可点|继续滑动看下一个|轻触|知道了|允许|暂无|还没有人|数据|申请|禁止|所有|侵权|快来|抢|沙发|第一|说点什么|您|你的?|看法|请|先|后|即可|可|和|与|或|的|对|了|么|吗|个|条|次|人|元|为|在|我|以|加"
    r"|\b(?:follow(?:ing|ers?)?|sign|log(?:ged)?|up|in|out|share[ds]?|listen|saved?|comments?|responses?|likes?|claps?|reply|replies|subscribe[dr]?s?|read(?:ing)?|more|from|by|written|open|app|member-only|story|stories"
    r"|get|started|help|status|about|careers|press|blog|privacy|terms|text|speech|teams?|report|abuse|code|conduct|dropdown|menu|copy|link|hide|all|top|latest|newest|oldest|edit(?:ed|or)?|post(?:ed|s)?|published|publication|publish|updated|on|the|to|view(?:s|ed)?"
    r"|add|be|first|no|yes|yet|what|are|is|your|you|thoughts|cancel|respond|see|recommended|home|search|write|notifications?|tags?|author|reactions?|bookmarks?|previous|next|back|of|and|or|for|this|article|a|an|at|with|news|newsletter|email|skip|main|content|menu|profile|join|now|free|medium|dev|twitter|facebook|linkedin|reddit|github|discussion|discuss|leave|cookies?|policy|contact|rss|sitemap|powered|theme|copyright|rights|reserved|press|enter|click|image|full|size|min|it|if|enjoyed|support|supporters?|paid|podcasts?|terms|use|app|start|restacks?|collection|notice|skip|jump|unicorn|reaction|create|template|logo|writer|collapse|expand|community|subscribers?|thanks|reading|receive|work|free|chat|video|shop|faqs?|guidelines|moderation|feedback|tip|jar|sponsors?|advertise|newest|best|controversial|archive|previous|series|updated?|licensed?|under|all|our|we|use|cookies)\b",
    re.IGNORECASE,
)
_ANCHORS = re.compile(
    r"登录后|登录\s*/\s*注册|登录/注册|举报|IP\s*属地|posted\s*@|发布于|编辑于|阅读原文|扫一扫|打赏|赞赏|赞同|红包|三连|还没有人|暂无评论|写留言|写评论|申请转载|返回顶部|回到顶部|前往充值|加关注|园龄|关注我|写回答|"
    r"min read|sign (?:up|in)\b|open in app|member-only|report abuse|code of conduct|all rights reserved|top comments|leave a (?:comment|reply)|\bfollowers\b|powered by|在看|不可点|下一个|"
    r"对你有帮助|没帮助|有帮助|一键收藏|不良信息|备案|来源[:：]|上一篇|下一篇|previous (?:post|article)|next (?:post|article)|recommended from|more from|no responses|add comment|wechat|alipay|粉丝|著作权",
    re.IGNORECASE,
)
_COUNT = re.compile(
    r"(?:点赞数?|點贊|收藏数?|评论数?|評論|分享|转发|喜欢|赞同|赞|踩|阅读[量数]?|浏览[量数]?|被浏览|观看|播放量?|粉丝|关注者?|留言|推荐|字数|likes?|claps?|comments?|responses?|views?|shares?|followers?|reads?|reactions?)"
    r"\s*[(（:：]?\s*\d[\d.,]*\s*[kKwWmM万千+]?|\d[\d.,]*\s*[kKwWmM万千+]*\s*(?:次|人|条|个|篇)?\s*"
    r"(?:点赞|點贊|收藏|评论|評論|分享|转发|喜欢|赞同|人?赞|阅读|浏览|播放|粉丝|关注|likes?|claps?|comments?|responses?|views?|shares?|followers?|reads?|reactions?)\b",
    re.IGNORECASE,
)
_TIP = re.compile(
    r"(?:欢迎|感谢|喜欢|觉得|如果|支持)[^。\n]{0,40}(?:打赏|赞赏|投币|请我喝|赞助)|(?:打赏|赞赏)(?:支持|作者|一下)|tip the author|buy me a coffee|wechat\s*pay.{0,30}alipay|微信.{0,20}支付宝|请作者喝",
    re.IGNORECASE,
)
_FIELDS = re.compile(
    r"(?:作者|来源|文章来源|原文链接|原文地址|原文|标签|文章标签|分类|文章分类|分类专栏|所属专栏|专栏|版权|昵称|园龄|责任编辑|编辑|校对|审核|排版|本文链接|文章链接|链接|转载自|author|tags?|filed under|posted (?:on|by|in)|published|updated|last (?:modified|updated|edited)|category|categories|source)\s*[:：]",
    re.IGNORECASE,
)
_CRUMBS = re.compile(r"(?:(?:您的?)?(?:当前|现在)?的?位置[:：]?[^>»›\n]{0,12}|首页|主页|home)\s*[>»›].{0,80}[>»›]", re.IGNORECASE)
_HASHTAGS = re.compile(r"(?:#[^\s#]{1,40}#?\s+){1,}#[^\s#]{1,40}#?")
_PLATFORM = re.compile(
    r"posted\s*@|登录后才能|您还未登录|IP\s*属地|微信扫一扫|预览时标签不可点|前往充值|min read|member-only story|open in app|report abuse|code of conduct|all rights reserved|京ICP备|公安备案|粤ICP备|沪ICP备|icp备|最后编辑于|赞了该(?:文章|回答)|powered by|built on|©\s*(?:19|20)\d\d",
    re.IGNORECASE,
)
_STAMP = re.compile(r"(?:最后)?(?:发布|编辑|更新|修改|发表)(?:于|时间|日期)|(?:last )?(?:posted|published|updated|edited|modified)\b", re.IGNORECASE)
_LETTER = re.compile(r"[^\W\d_]")
_NUMBER = re.compile(r"\d[\d.,]*\s*[kKwWmM万千+%]?")


def _furniture(text: str) -> int:
    """How much a line looks like part of a page and not of a note: 0 not, 1 by its words, 2 by a count, date or phrase too."""
    if len(text) > 160:
        return 0
    text = text.lstrip("> ")
    if not text:
        return 0
    body = _URL.sub(" ", text)
    rest = _DATE.sub(" ", body)
    dated = rest != body
    letters = len(_LETTER.findall(rest))
    left = len(_LETTER.findall(_NUMBER.sub(" ", _WORDS.sub(" ", rest))))
    anchored = dated or body != text or bool(_ANCHORS.search(text) or _COUNT.search(text))
    if letters == 0:
        return 2 if dated else 1
    share = 1 - left / letters
    if len(text) >= 16 and text[-1] in "。！？":
        return 1 if share >= 0.5 else 0
    if left == 0 or share >= 0.8:
        return 2 if anchored else 1
    if (share >= 0.5 and (anchored or letters >= 8)) or (anchored and dated and left <= 24 and share >= 0.15) or (anchored and share >= 0.3 and len(text) <= 60):
        return 2 if anchored else 1
    if (_FIELDS.match(text) and len(text) <= 100) or _CRUMBS.match(text) or _HASHTAGS.fullmatch(text):
        return 1
    if _PLATFORM.search(text):
        return 2
    return 0


def _is_prose(line: Line) -> bool:
    """A line that says something: a sentence or a long line."""
    text = line.text
    return line.protected or len(text) > 60 or (len(text) >= 16 and text[-1] in _SENTENCE_END)


def _is_short(text: str) -> bool:
    """A few words, such as a name or a title."""
    return len(text) <= 25 or (len(text) <= 50 and text.isascii())


_HEADER = 40
"""Lines of text at the top among which the header of a page is looked for."""


def _drop_header(page: _Page) -> None:
    """Breadcrumbs, dates, authors and counters above the note. The title stays: a heading, or the longest plain line."""
    lines = page.lines
    zone: list[tuple[int, int]] = []
    titled = -1
    for i, line in enumerate(lines):
        if not line.text or i in page.reasons:
            continue
        text = line.text
        if text[0] == "#" and not _HASHTAGS.fullmatch(text):
            if titled >= 0:
                break
            titled = len(zone)
            zone.append((i, 0))
            continue
        grade = _furniture(text)
        if len(zone) >= _HEADER or (_is_prose(line) and (grade < 2 or text[-1] in "。！？")) or (line.kind == Kind.ITEM and not grade):
            break
        zone.append((i, grade))
    strong = [at for at, (_, grade) in enumerate(zone) if grade == 2]
    if not strong:
        return
    texts = [lines[i].text for i, _ in zone]
    solid = any(not _is_date(texts[at]) for at in strong)
    if not solid and (len(strong) > 2 or strong[0] > 2):
        return
    if titled < 0:
        plain = [at for at, (_, grade) in enumerate(zone) if grade == 0 and texts[at] not in texts[:at]]
        titled = max(plain, key=lambda at: sum(1 + (char > "\x7f") for char in texts[at]), default=-1)
    last = strong[-1]
    while last + 1 < len(zone) and (zone[last + 1][1] or (last + 1 == titled and last + 2 < len(zone) and zone[last + 2][1])):
        last += 1
    for at, (i, grade) in enumerate(zone[: last + 1]):
        if at == titled or (grade == 0 and not (solid and _is_short(texts[at]) and texts[at][-1] not in "？?：:")):
            continue
        if grade or (at < titled and len(strong) > 1) or (at > titled and at < strong[-1]):
            page.drop(i, "page header")


def _is_date(text: str) -> bool:
    return not _LETTER.search(_DATE.sub("", text))


_FOOTER = 1500
"""Lines of text at the end among which the footer of a page is looked for."""


def _drop_footer(page: _Page) -> None:
    """The end of the page from the line at which the evidence for furniture, less that for the note, is greatest."""
    lines = page.lines
    texts = [i for i, line in enumerate(lines) if line.text][-_FOOTER:]
    if not texts:
        return
    told, grams = _told(page)
    total = best = 0.0
    anchors = best_anchors = 0
    cut = len(lines)
    for i in reversed(texts):
        weight, anchor = _weigh(page, i, told, grams)
        total += weight
        anchors += anchor
        if total < best - 25:
            break
        if total > best:
            best, cut, best_anchors = total, i, anchors
    if best < 3 or best_anchors < 2:
        return
    while True:  # names and tags just above, that stand in the footer or in other files too
        above = next((i for i in range(cut - 1, max(-1, cut - 4), -1) if lines[i].text and i not in page.reasons), -1)
        if above < 0 or not _is_short(lines[above].text) or _is_prose(lines[above]) or lines[above].text[0] == "#":
            break
        same = any(lines[j].text == lines[above].text for j in range(cut, min(len(lines), cut + 60)))
        if not (same or _normal(lines[above].text) in page.repeated) or lines[above].kind == Kind.ITEM:
            break
        cut = above
    for i in page.kept(cut, len(lines) - 1):
        page.drop(i, "page footer")


def _told(page: _Page) -> tuple[str, dict[str, int]]:
    """What the note says: the sentences of the first part of the page in lower case, and how many hold each gram."""
    full = [line for i, line in enumerate(page.lines) if line.text and i not in page.reasons]
    body = [line.text for line in full[: max(len(full) * 6 // 10, 1)] if _is_prose(line)][:1000]
    counts: dict[str, int] = {}
    for text in body:
        for gram in set(_grams(text)):
            counts[gram] = counts.get(gram, 0) + 1
    return "\n".join(body).lower(), counts


def _related(text: str, counts: dict[str, int], told: str) -> float:
    """The share of the grams of ``text`` that other sentences of the note use, 0..1."""
    grams = set(_grams(text))
    own = text.lower() in told
    return sum(counts.get(gram, 0) > own for gram in grams) / len(grams) if grams else 0.0


def _weigh(page: _Page, index: int, told: str, grams: dict[str, int]) -> tuple[float, int]:
    """Evidence that the line belongs to a footer (above 0) or to the note (below 0), and its counts and fixed phrases."""
    line = page.lines[index]
    text = line.text
    if index in page.reasons:
        return (2.0, 2) if page.reasons[index] in {"copyright notice", "related articles", "advertisement"} else (0.0, 0)
    if line.protected:
        return -8.0, 0
    heading = text[0] == "#" and not _HASHTAGS.fullmatch(text)
    bare = text.lstrip("# ") if heading else text
    if _RELATED.fullmatch(bare) or _FORM.fullmatch(bare):
        return (1.0, 0) if not _known(bare, told) or not heading else (-1.0, 0)
    if heading:
        return -3.0, 0
    if _TIP.search(text) and len(text) <= 120:
        return 2.0, 2
    grade = _furniture(text)
    if grade and _known(text, told):
        grade = 0
    if grade == 2 and (text[-1] not in "。" or len(text) <= 20):
        marks = len(_COUNT.findall(text)) + len(_DATE.findall(text)) + bool(_PLATFORM.search(text) or _STAMP.match(text))
        return 2.0, max(1, marks)
    if grade and not (_is_prose(line) and text[-1] in "。"):
        return (0.5 if line.kind == Kind.ITEM else 1.0), 0
    if _TRUNCATED.search(text) and len(text) >= 25:
        return 0.5, 0
    related = _related(text, grams, told)
    if _is_prose(line):
        return (0.0 if grade else -1.5 if related < 0.25 else -4.0), 0
    if line.kind == Kind.ITEM or text[-1] in "？?：:":
        return (-0.5 if related < 0.2 else -1.0), 0
    return (-0.2 if _is_short(text) else -0.6 if related < 0.3 else -1.0), 0


def _known(text: str, told: str) -> bool:
    """Every interface word of the line is a word that the note itself uses."""
    words = {word.lower() for word in _WORDS.findall(text) if len(word) > 1}
    return bool(words) and not _COUNT.search(text) and all(word in told for word in words)


# --- related articles --------------------------------------------------------------------------------------------------

_RELATED = re.compile(
    r"(?:相关|相關)(?:文章|推荐|推薦|阅读|閱讀|资讯|内容|博文|帖子|问题|搜索|视频|链接)?|(?:推荐|延伸|扩展|更多|精彩|热门|最新|往期|猜你|编辑|为你|大家)(?:阅读|文章|推荐|回顾|精彩|喜欢|都在看|更多|资讯|帖子|博文|内容|更多精彩内容)+|推荐阅读更多精彩内容"
    r"|猜你喜欢|阅读排行榜?|评论排行榜?|最新随笔|最新评论|随笔档案|被以下专栏收录|related(?: posts?| articles?| stories| reading)?|you (?:may|might) also (?:like|enjoy)|more from .{1,60}|recommended(?: from .{1,40}| for you| reading)?|read next|up next|trending(?: on .{1,40})?|keep reading|popular posts",
    re.IGNORECASE,
)
_FORM = re.compile(r"评论(?:区)?|全部评论|留言板?|comments?(?:\s*\(\d+\))?|top comments.{0,10}|responses?(?:\s*\(\d+\))?|discussion.{0,6}|leave a (?:comment|reply)|发表评论|写留言|精选留言", re.IGNORECASE)
_RELATED_HINT = ("相关", "相關", "推荐", "阅读", "喜欢", "都在看", "回顾", "热门", "最新", "related", "also like", "also enjoy", "more from", "recommended", "next", "trending", "popular", "收录", "档案", "keep reading", "排行")
_TRUNCATED = re.compile(r"(?:…|\.\.\.|\[&hellip;\]|\[…\]|&g?t?…)\s*(?:阅读全文|read more|展开|»)?$", re.IGNORECASE)
_GRAM = re.compile(r"[\u3400-\u9fff]{2,}|[A-Za-z][A-Za-z0-9+-]+")


_MOST_MARKERS = 100
"""Markers that are looked at; no page has more."""


def _grams(text: str) -> list[str]:
    out: list[str] = []
    for match in _GRAM.findall(text):
        if match[0] > "\x7f":
            out.extend(match[i : i + 2] for i in range(len(match) - 1))
        elif len(match) > 3 or match.isupper():
            out.append(match.lower())
    return out


def _drop_related(page: _Page) -> None:
    """From a marker such as "related articles" to the end, or to where the note resumes, if teasers follow it."""
    lines = page.lines
    body: set[str] = set()
    read = seen = 0
    for index in page.lines_with(_RELATED_HINT):
        if seen > _MOST_MARKERS:
            break
        title = lines[index].text.strip("#*【】[]:：> -•—|").strip()
        if index in page.reasons or len(title) > 40 or not _RELATED.fullmatch(title) or not (page.standalone(index) or index + 1 == len(lines) or not lines[index + 1].text):
            continue
        seen += 1
        body.update(_grams(page.text[read : lines[index].start]))
        read = lines[index].start
        following = page.kept(index + 1, min(len(lines) - 1, index + 600))
        end = _resumption(page, index, following, body)
        block = [i for i in following if i < end]
        if not block or _is_teasers(page, block, body, end >= len(lines)):
            last = end if end < len(lines) else len(lines)
            if not block and index < len(lines) * 0.5:
                continue
            for i in range(index, last):
                if lines[i].text:
                    page.drop(i, "related articles")


def _resumption(page: _Page, marker: int, following: Sequence[int], body: set[str]) -> int:
    """Index of the first line after the marker at which the note goes on; the number of lines if it does not."""
    lines = page.lines
    mark = lines[marker].text
    level = len(mark) - len(mark.lstrip("#"))
    for at, i in enumerate(following):
        text = lines[i].text
        own = len(text) - len(text.lstrip("#"))
        heading = (0 < own <= (level or 6)) or (not level and re.match(r"\d+(?:\.\d+)+\s*\S|[一二三四五六七八九十]+、|第.{1,3}[章节]", text))
        if not heading:
            continue
        title = text.lstrip("# ")
        if _RELATED.fullmatch(title) or _FORM.fullmatch(title):
            continue
        for j in following[at + 1 : at + 6]:
            told = lines[j].text
            if lines[j].protected:
                return i
            if told[0] == "#":
                break
            if len(told) >= 30 and not _TRUNCATED.search(told) and _furniture(told) == 0:
                grams = _grams(told)
                if grams and sum(gram in body for gram in grams) >= 0.5 * len(grams):
                    return i
    return len(lines)


def _is_teasers(page: _Page, block: Sequence[int], body: set[str], final: bool) -> bool:
    """Cut-off summaries, counters or dates, links, or titles that have nothing to do with the note."""
    lines = page.lines
    texts = [lines[i].text for i in block]
    count = len(texts)
    truncated = sum(bool(len(text) >= 25 and _TRUNCATED.search(text)) for text in texts)
    furniture = sum(_furniture(text) == 2 for text in texts)
    linked = sum(bool(_LINK.search(text) or _URL.search(text)) for text in texts)
    if truncated >= 2 or (truncated and count <= 6):
        return True
    if furniture >= 2 and furniture * 10 >= count * 3:
        return True
    prose = sum(len(text) > 60 or (len(text) > 25 and text[-1] in "。；") for text in texts)
    if prose * 4 > count:
        return False
    grams = [gram for text in texts for gram in _grams(text)]
    related = sum(gram in body for gram in grams) / max(len(grams), 1)
    if count >= 2 and related < 0.3 and final:
        return True
    titles = sum(len(text) <= 60 and text[-1] not in "。；;" for text in texts)
    return final and count >= 3 and titles == count and linked * 2 >= count and related < 0.6


# --- adverts -----------------------------------------------------------------------------------------------------------

_CALL_HINT = ("二维码", "公众号", "微信", "领取", "私信", "加群", "进群", "入群", "扫码", "礼包", "优惠", "训练营", "后台回复", "资料包", "福利", "粉丝", "newsletter", "subscribe", "coupon", "% off", "enroll", "my course", "my book", "waitlist", "discount", "patreon", "clap", "三连", "点赞", "点个赞", "关注", "👇", "👉", "🎁", "↓↓")
_POINTING = re.compile(
    r"下方|下面的?(?:二维码|链接|卡片|名片)|文末|文章末尾|文章底部|评论区(?:留言|扣|自取|回复|领)|私信我|后台(?:私信|回复)|回复(?:关键[词字]|[「“\"【『])|即可(?:免费)?(?:领取|获取|获得|加入|入群)|有需要的|小伙伴|同学们?可以|朋友们?可以|加我|我的(?:微信|公众号|星球|课程|专栏)|本公众号|长按|识别|戳|👇|👉|👈|↓{2,}|⬇|🔽|关注我|(?:^|[,，。!！\s])(?:欢迎)?关注(?:公众号|本号|微信)"
    r"|\bsubscribe (?:for|to)\b|thanks for reading|\bmy (?:newsletter|course|book|patreon|channel|youtube|free)|\b(?:link|links) (?:in|below)|below (?:to|and)|\b(?:click|sign up|subscribe|enroll|join|download|grab|get) (?:here|now|today|below|my|our|it|your)|follow me|clap",
    re.IGNORECASE,
)
_REWARD = re.compile(
    r"免费|领取|礼包|资料|干货|福利|优惠|课程|训练营|教程|源码|电子书|书籍|学习路线|面试题|红包|抽奖|入群|进群|加群|折|名额|限时|🆓|🎁|\bfree\b|discount|% off|coupon|course|newsletter|ebook|e-book|cheat ?sheet|exclusive|waitlist|bonus|more (?:articles|stories|content)|articles like this|stories like this|support",
    re.IGNORECASE,
)
_CHANNEL = re.compile(
    r"二维码|微信|公众号|V[信:：]|vx|QQ群|扫码|扫描|链接|私信|评论区|社群|星球|卡片|名片|群|回复|添加|关注|订阅|click|link|subscribe|sign up|enroll|join|follow|patreon|ko-fi|twitter|linkedin|youtube|https?://",
    re.IGNORECASE,
)
_PROMOTION = re.compile(
    r"书籍|电子书|视频教程|教程|视频|报告|合集|资料|学习路线|路线图|课程|训练营|礼包|资源包|学习包|干货|源码|小白|零基础|入门|进阶|就业|年薪|高薪|薪资|大厂|饭碗|转行|内卷|涨薪|offer|岗位|风口|红利|程序员|打工人|免费|领取|分享|扫码|二维码|自学|门槛|学习成本|焦虑|先机|机会|老板|裁员|职场|二维码|福利|限时|优惠|名额|报名|老师|学员|讲师|私信|微信|公众号|抢",
    re.IGNORECASE,
)


_MOST_CALLS = 100
"""Adverts whose surroundings are looked at; no page has more."""


def _is_call(text: str) -> bool:
    """A line that points the reader to a reward through a channel."""
    if len(text) > 600 or not _POINTING.search(text):
        return False
    rewards = len({match.lower() for match in _REWARD.findall(text)})
    channels = len({match.lower() for match in _CHANNEL.findall(text)})
    arrows = bool(re.search(r"👇|👉|👈|↓{2,}|⬇|🔽|🎁|🆓", text))
    return bool(rewards and channels) and (rewards + channels >= 3 or arrows or len(text) <= 80)


def _drop_adverts(page: _Page) -> None:
    """Calls to action, with the passages around them that promote and do not tell."""
    lines = page.lines
    calls = [index for index in page.lines_with(_CALL_HINT) if _is_call(lines[index].text) and lines[index].text[0] != "#"]
    if not calls:
        return
    for call in calls[_MOST_CALLS:]:
        page.drop(call, "advertisement")
    del calls[_MOST_CALLS:]
    ads: set[int] = set(calls)
    heads = [i for i in range(len(lines)) if _opens(page, i)]
    sections = sorted({_section_of(heads, call, len(lines)) for call in calls})
    promoting = [span for span in sections if _promotes(page, *span)]
    for first, last in promoting:
        ads.update(range(first, last + 1))
    if promoting:
        first = promoting[0][0]
        until = calls[-1]
        while True:  # passages before the first that promote just as much
            before = _section_of(heads, first - 1, len(lines)) if first > 0 else (0, -1)
            if before[1] < before[0] or before[0] < len(lines) * 0.3 or not _promotes(page, *before):
                break
            first = before[0]
            ads.update(range(before[0], before[1] + 1))
        spans = [_section_of(heads, head, len(lines)) for head in heads if head > promoting[0][1]]
        for start, end in spans:
            if (start <= until and not _tells(page, start, end)) or _promotes(page, start, end):
                ads.update(range(start, end + 1))
            elif start > until:
                break
    for call in calls:
        for step in (-1, 1):
            i = call + step
            while 0 <= i < len(lines) and i not in ads and (not lines[i].text or (i not in heads and _promotion(lines[i].text) >= 2 and not lines[i].protected)):
                if lines[i].text:
                    ads.add(i)
                i += step
    for i in ads:
        if lines[i].text:
            if page.reasons.get(i) == "image placeholder":
                page.reasons[i] = "advertisement"
            page.drop(i, "advertisement")


def _promotion(text: str) -> int:
    return len(set(_PROMOTION.findall(text.lower())))


def _opens(page: _Page, index: int) -> bool:
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


def _section_of(heads: list[int], index: int, count: int) -> tuple[int, int]:
    at = bisect_right(heads, index) - 1
    first = heads[at] if at >= 0 else 0
    following = bisect_left(heads, first + 1)
    return first, (heads[following] if following < len(heads) else count) - 1


def _promotes(page: _Page, first: int, last: int) -> bool:
    """Most of the passage's paragraphs use the words of promotion, at least three different ones in all."""
    indexes = [i for i in range(first, last + 1) if page.lines[i].text and page.reasons.get(i) != "image placeholder"]
    if not indexes or any(page.lines[i].protected for i in indexes):
        return False
    texts = [page.lines[i].text for i in indexes]
    distinct = set().union(*(_PROMOTION.findall(text.lower()) for text in texts))
    touched = sum(bool(_PROMOTION.search(text)) or _is_call(text) for text in texts)
    return len(distinct) >= 3 and touched * 10 >= len(texts) * 6


def _tells(page: _Page, first: int, last: int) -> bool:
    """The passage says something that is no promotion: code, or a long sentence without its words."""
    for i in range(first, last + 1):
        line = page.lines[i]
        if line.protected:
            return True
        if len(line.text) >= 40 and line.text[-1] in "。.！!？?" and not _promotion(line.text):
            return True
    return False


# --- small talk of chat assistants --------------------------------------------------------------------------------------

_TALK = re.compile(
    r"(?P<help>(?:我)?(?:希望|愿)[^。！!？?\n，,]{0,30}?(?:对[你您大]家?[^。！!\n，,]{0,6}?(?:有所?|能有所?|能有)?帮助|(?:能够?|可以)?帮(?:助)?到?[你您])[^。！!\n]{0,40}?[。！!])"
    r"|(?P<more>(?:如果?|若|假如)[你您](?:对[^。！!\n]{1,20})?(?:还)?(?:有|需要|想)[^。！!\n]{0,50}?(?:欢迎|随时|请|可以|都可以)[^。！!\n]{0,20}?(?:提问|提出|告诉我|问我|联系我?|询问|交流|讨论|查阅|说明)[^。！!\n]{0,20}?[。！!])"
    r"|(?P<based>以上(?:信息|内容|回答|答案|资料)(?:都|均)?(?:是)?(?:根据|基于|来自)(?:网络)?搜索[^。！!\n]{0,80}[。！!])"
    r"|(?P<english>(?:I hope (?:this|that|it)[^.!\n]{0,60}?helps?[^.!\n]{0,40}|Hope (?:this|that|it) helps[^.!\n]{0,40}|(?:Please )?(?:let me know|feel free to)[^.!\n]{0,20}? (?:if|ask|reach)[^.!\n]{0,80})[.!])",
    re.IGNORECASE,
)
_TALK_HINT = ("希望", "愿这", "如果你", "如果您", "如你", "如您", "若你", "若您", "以上", "hope", "let me know", "feel free", "好的", "当然", "没问题", "可以的", "逐一", "一一", "certainly", "sure", "of course", "absolutely")
_LEAD = re.compile(
    r"(?:好的|当然(?:可以)?|没问题|可以的|关于[你您]的(?:这些?|几个)?问题|对于[你您]的(?:这些?|几个)?问题|Certainly|Sure|Of course|Absolutely)[,，！!。\s]{1,2}"
    r"(?:我(?:会|来|将|可以|很乐意)?[^。：:\n]{0,12}?(?:回答|解答|解释|介绍|说明|回复|帮[你您])[^。：:\n]{0,16}|(?:以下|下面|这里)(?:就)?是[^。：:\n]{0,50}|here(?:'s| is| are)[^.:\n]{0,80}|I(?:'ll| will| can)[^.:\n]{0,80})?[。：:！!.]?",
    re.IGNORECASE,
)
_SUMMING = re.compile(r"^(?:以上(?:就)?(?:是|为)|总之)[^。！!？?\n]{0,60}$")
_QUOTES = ("“", '"', "「", "『", "'", "‘")
_BREAKS = "。！？!?；;"


def _drop_small_talk(page: _Page) -> None:
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
            sentence = max((text.rfind(mark, 0, start) for mark in _BREAKS), default=-1) + 1
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
        if not re.search(r"[^\W_]", _SUPERSCRIPTS.sub("", left)):
            page.drop(index, "small talk")
        else:
            page.cuts.extend((base + start, base + end, "small talk") for start, end in spans)


def _in_quotes(text: str) -> bool:
    """A quotation is open at the end of ``text``."""
    return text.count("“") > text.count("”") or text.count("「") > text.count("」") or text.count("『") > text.count("』") or text.count('"') % 2 == 1


# --- marks of citations -------------------------------------------------------------------------------------------------

_SUPERSCRIPTS = re.compile(r"(?:[¹²³⁴⁵⁶⁷⁸⁹⁰]+|\[\^\d{1,3}\^\])+")
_ALWAYS = re.compile(r"(?:\[\^\d{1,3}\^\])+|【\d{1,3}(?::\d+)?†[^】\n]{0,60}】|\ue200cite[^\ue201\n]{0,200}\ue201")
_HAN = re.compile(r"[\u3400-\u9fff]")
_UNITS = frozenset("米里寸尺秒")
_FUNCTIONS = frozenset({"sin", "cos", "tan", "cot", "sec", "csc", "log", "exp", "cm", "km", "mm", "dm", "nm", "um", "ft"})


def _drop_citation_marks(page: _Page) -> None:
    """Numbers raised behind words, where the note uses them as citations. Exponents stay.

    Evidence: marks such as ``[^10^]``, lists of sources that were dropped, or many raised numbers behind Chinese words.
    """
    found = [(index, match) for index, match in page.find(_SUPERSCRIPTS)]
    always = [(index, match) for index, match in page.find(_ALWAYS)] if "^]" in page.text or "†" in page.text or "\ue200" in page.text else []
    for _, match in always:
        page.cuts.append((match.start(), match.end(), "citation mark"))
    behind = sum(bool(_HAN.match(page.text, match.start() - 1)) for _, match in found if match.start())
    referenced = sum(reason == "reference list" for reason in page.reasons.values())
    if not (behind >= 6 or (behind >= 1 and (referenced or any("^" in m[0] for _, m in always)))):
        return
    sure = behind >= 6 and bool(referenced or always)
    for _, match in found:
        if _is_citation(page.text, match, sure):
            page.cuts.append((match.start(), match.end(), "citation mark"))
    page.cuts = _merged(page.cuts)


def _is_citation(text: str, match: re.Match[str], sure: bool) -> bool:
    if "^" in match[0]:
        return True
    if match.start() == 0:
        return False
    before = text[match.start() - 1]
    after = text[match.end() : match.end() + 1]
    if after and (after in "=+-−*/×·^<>≈≤≥⁻⁺)" or after in "₀₁₂₃₄₅₆₇₈₉"):
        return False
    if _HAN.match(before):
        return before not in _UNITS
    if before in "。！？；：，、”’」』…!?;:,":
        return True
    if not sure:
        return False
    run = match[0]
    several = len(run) >= 2 and list(run) == sorted(run, key="⁰¹²³⁴⁵⁶⁷⁸⁹".index) and len(set(run)) == len(run)
    if before in ")）":
        opened = text.rfind("(" if before == ")" else "（", max(0, match.start() - 80), match.start())
        inside = text[opened + 1 : match.start() - 1] if opened >= 0 else ""
        return several or bool(_HAN.search(inside)) or bool(re.search(r"[A-Za-z]{4,}", inside))
    if before.isdigit():
        return several and bool(_HAN.match(text[match.start() - 2 : match.start() - 1])) and bool(not after or after in "。，,；、" or _HAN.match(after))
    word = re.search(r"[A-Za-z]+$", text[max(0, match.start() - 20) : match.start()])
    return bool(word) and len(word[0]) >= 3 and word[0].lower() not in _FUNCTIONS if word else False


def _merged(cuts: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    out: list[tuple[int, int, str]] = []
    for start, end, reason in sorted(cuts):
        if out and start < out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]), out[-1][2])
        else:
            out.append((start, end, reason))
    return out


# --- numbers of code lines ----------------------------------------------------------------------------------------------


_BUTTON = re.compile(r"(?:[A-Za-z+#]{1,12}\s*)?(?:(?:AI写代码|代码解读|复制代码|登录复制|复制|运行|体验AI代码助手|copy code|copy|run)\s*)+", re.IGNORECASE)
_LANGUAGE = re.compile(r"python3?|java|javascript|typescript|js|ts|bash|shell|sh|sql|c|c\+\+|cpp|c#|go|golang|rust|json|yaml|xml|html|css|text|plaintext|plain text|代码|scss|kotlin|swift|ruby|php|r|matlab|latex|markdown|vue|powershell|cmd|dockerfile|ini|toml", re.IGNORECASE)


def _drop_buttons(page: _Page) -> None:
    """The buttons and the name of the language that a page shows above code."""
    lines = page.lines
    for index in page.lines_with(("复制", "copy", "运行", "ai写代码")):
        text = lines[index].text
        if len(text) > 40 or not _BUTTON.fullmatch(text):
            continue
        above = next((i for i in range(index - 1, max(-1, index - 4), -1) if lines[i].text), -1)
        below = next((i for i in range(index + 1, min(len(lines), index + 12)) if lines[i].text and not lines[i].text.isdecimal()), -1)
        named = above >= 0 and bool(_LANGUAGE.fullmatch(lines[above].text))
        if named or (below >= 0 and lines[below].kind is Kind.CODE) or (above >= 0 and lines[above].kind is Kind.CODE):
            page.drop(index, "code button")
            if named:
                page.drop(above, "code button")


_FIRST_NUMBER = re.compile(r"^[-*• \t]{0,8}1[ \t]{0,8}$", re.MULTILINE)


def _drop_line_numbers(page: _Page) -> None:
    """A column of 1, 2, 3, ... that a page showed beside its code."""
    if not _FIRST_NUMBER.search(page.text):
        return
    run: list[int] = []
    for i, line in enumerate(page.lines):
        bare = line.text.lstrip("-*• ")
        if len(bare) <= 4 and bare.isdecimal() and not line.protected and int(bare) == len(run) + 1:
            run.append(i)
            continue
        if not line.text:
            continue
        if len(run) >= 4:
            for number in run:
                page.drop(number, "line numbers")
        run = [i] if bare == "1" and not line.protected else []
    if len(run) >= 4:
        for number in run:
            page.drop(number, "line numbers")
