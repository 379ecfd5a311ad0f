"""Why a sentence is not supported, in one plain line in its language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.lexical import has_chinese

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.fault import Fault

LONGEST = 60
"""Characters of a quoted piece."""
_LINES = {
    "number": ("数字不同:笔记是 {found},回答是 {said}", "different number: the notes say {found}, the answer {said}"),
    "unknown-number": ("笔记里没有 {said} 这个数字", "the notes do not give {said}"),
    "moved": ("数字对不上:{said} 在笔记里说的不是这个,这里是 {found}", "the notes give {said} for something else; here they say {found}"),
    "formula": ("公式不同:笔记是 {found},回答是 {said}", "different formula: the notes say {found}, the answer {said}"),
    "formula alone": ("笔记里没有这个公式:{said}", "the notes do not have this formula: {said}"),
    "negation": ("肯定与否定相反:笔记写的是「{found}」", "the opposite is said: the notes say “{found}”"),
    "opposite": ("意思相反:笔记是「{found}」,回答是「{said}」", "the opposite is said: the notes say “{found}”, the answer “{said}”"),
    "reversed": ("关系说反了:笔记写的是「{found}」", "the wrong way round: the notes say “{found}”"),
    "bound": ("笔记里这说的不是「{said}」:「{found}」", "the notes do not say this of “{said}”: “{found}”"),
    "exchanged": ("「{said}」和「{found}」对调了", "“{said}” and “{found}” have changed places"),
    "edited": ("改动了一处:笔记是「{found}」,回答是「{said}」", "one thing was changed: the notes say “{found}”, the answer “{said}”"),
    "edited to": ("多了一处:笔记里没有「{said}」", "one thing was put in: the notes do not say “{said}”"),
    "edited from": ("少了一处:笔记写的是「{found}」", "one thing was left out: the notes say “{found}”"),
    "swapped": ("用词不同:笔记是「{found}」,回答是「{said}」", "another word: the notes say “{found}”, the answer “{said}”"),
    "reach": ("说得太绝对:笔记是「{found}」,回答是「{said}」", "too strong: the notes say “{found}”, the answer “{said}”"),
    "reach alone": ("说得太绝对:笔记没有说「{said}」", "too strong: the notes do not say “{said}”"),
    "name": ("笔记里没有提到「{said}」", "the notes do not mention “{said}”"),
    "added": ("笔记里没有写到「{said}」", "the notes do not say “{said}”"),
    "nothing": ("笔记里没有写到这一点", "the notes do not say this"),
    "empty": ("没有可以核对的内容", "there is nothing to check it against"),
    "judge": ("交叉编码器认为笔记不支持这句话", "the cross-encoder finds it unsupported by the notes"),
}  # fmt: skip
_WORTH = {"number": 1.0, "formula": 0.95, "moved": 0.8, "negation": 0.9, "opposite": 0.95, "reversed": 0.9, "bound": 0.8, "exchanged": 0.95, "edited": 0.75, "reach": 0.75, "unknown-number": 0.7, "name": 0.75, "added": 0.7, "swapped": 0.6}  # fmt: skip
CONTRADICTS = frozenset({"number", "formula", "negation", "opposite", "reversed", "moved", "exchanged"})
"""Faults that say the opposite of the evidence, not only more than it."""


def weightiest(faults: Sequence[Fault]) -> Fault | None:
    """The fault that tells the reader most."""
    return max(faults, key=lambda fault: (fault.strength * _WORTH[fault.kind], fault.kind), default=None)


def reason(claim: str, fault: Fault | None, *, otherwise: str = "nothing") -> str:
    """One line about ``fault``, or about ``otherwise`` where there is none."""
    kind = fault.kind if fault is not None else otherwise
    if fault is not None and not fault.found and f"{kind} alone" in _LINES:
        kind = f"{kind} alone"
    elif kind == "edited" and fault is not None and not (fault.said and fault.found):
        kind = "edited to" if fault.said else "edited from"
    line = _LINES[kind][0 if has_chinese(claim) else 1]
    return line.format(said=_short(fault.said), found=_short(fault.found)) if fault is not None else line


_BETWEEN = {
    "number": ("数字不同:一处是 {said},一处是 {found}", "different numbers: {said} and {found}"),
    "moved": ("数字不同:一处是 {said},一处是 {found}", "different numbers: {said} and {found}"),
    "formula": ("公式不同:一处是 {said},一处是 {found}", "different formulas: {said} and {found}"),
    "opposite": ("意思相反:一处是「{said}」,一处是「{found}」", "opposites: “{said}” and “{found}”"),
}


def conflict_reason(question: str, fault: Fault) -> str:
    """One line about two notes that contradict each other."""
    chinese, english = _BETWEEN.get(fault.kind, ("两处说法相反", "they say the opposite of each other"))
    return (chinese if has_chinese(question) else english).format(said=_short(fault.said), found=_short(fault.found))


def _short(text: str) -> str:
    text = " ".join(text.split()).strip("|,，。;； ")
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
