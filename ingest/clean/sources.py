"""Lists of sources, and the marks in the text that point to them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingest.clean.page import SUPERSCRIPTS, URL

if TYPE_CHECKING:
    from ingest.clean.page import Page

_LABEL = re.compile(
    r"(?:#{1,6}\s*|\*\*|[-*•]\s*)?(?:源|来源|信息来源|(?:主要)?参考(?:资料|文献|链接|来源|文章|博客|网址)?(?:和引用)?"
    r"|引用(?:来源|文献|链接)?|资料来源"
    r"|references?|sources?|citations?|bibliography|learn more|further reading|了解(?:详细信息"
    r"|更多))(?:\*\*)?\s*(?P<colon>[:：])?(?:\*\*)?\s*",
    re.IGNORECASE,
)
_LABEL_HINT = ("源", "参考", "引用", "reference", "source", "citation", "bibliography", "learn more", "further reading", "了解")
_NUMBERED_LINK = re.compile(r"[(（\[【]\d{1,3}[)）\]】]|(?:^|\s)\d{1,2}[.、]\s")
_CITED = re.compile(r"https?://|www\.|doi[:.]|arxiv|\.(?:com|org|cn|net|io)\b", re.IGNORECASE)
_PUBLISHED = re.compile(r"[(（\s.,，\[]((?:19|20)\d\d)[a-z]?\s*[)）.,，;:\]]|\[[JMCDPNRSZ](?:/OL)?\]")
_REFERENCE_NUMBER = re.compile(r"(?:[-*•]\s*)?(?:\[\d{1,3}\]|\(\d{1,3}\)|（\d{1,3}）|\d{1,3}[.、])")


def drop_references(page: Page) -> None:
    """What follows a label such as "sources:", where it is links or entries of a bibliography and nothing else."""
    lines = page.lines
    for index in page.lines_with(_LABEL_HINT):
        text = lines[index].text
        label = _LABEL.match(text)
        if label is None:
            continue
        rest = text[label.end() :]
        if rest:
            links = len(URL.findall(rest))
            if label["colon"] is None or not links:
                continue
            outside = len(URL.sub("", rest))
            numbers = len(_NUMBERED_LINK.findall(rest))
            if (links == 1 and outside <= 60) or (links > 1 and numbers * 2 >= links and outside <= 120 * links):
                page.drop(index, "reference list")
            continue
        run: list[int] = []
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
        ended = (
            not run
            or not (rest_of := page.kept(run[-1] + 1, min(run[-1] + 4, len(lines) - 1)))
            or not (lines[rest_of[0]].text and rest_of[0] == run[-1] + 1)
        )
        if run and strong * 10 >= len(run) * 7 and ended:
            for i in range(index, run[-1] + 1):
                page.drop(i, "reference list")


_ALWAYS = re.compile(r"(?:\[\^\d{1,3}\^\])+|【\d{1,3}(?::\d+)?†[^】\n]{0,60}】|\ue200cite[^\ue201\n]{0,200}\ue201")
_HAN = re.compile(r"[\u3400-\u9fff]")
_UNITS = frozenset("米里寸尺秒")
_FUNCTIONS = frozenset({"sin", "cos", "tan", "cot", "sec", "csc", "log", "exp", "cm", "km", "mm", "dm", "nm", "um", "ft"})


def drop_citation_marks(page: Page) -> None:
    """Numbers raised behind words, where the note uses them as citations. Exponents stay.

    Evidence: marks such as ``[^10^]``, lists of sources that were dropped, or many raised numbers behind Chinese words.
    """
    found = [(index, match) for index, match in page.find(SUPERSCRIPTS)]
    always = (
        [(index, match) for index, match in page.find(_ALWAYS)]
        if "^]" in page.text or "†" in page.text or "\ue200" in page.text
        else []
    )
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
        return (
            several
            and bool(_HAN.match(text[match.start() - 2 : match.start() - 1]))
            and bool(not after or after in "。，,；、" or _HAN.match(after))
        )
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
