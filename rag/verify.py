"""Check a sentence against the passages it rests on: no LLM, deterministic, milliseconds for a passage or two.

A sentence is compared with every sentence of the evidence, and with every two that follow each other. What counts is how
much of its content stands there (tokens weighted by how much they carry; the shipped embedding model where the two are in
different languages), and whether what stands there says otherwise: another number, the opposite polarity, a swapped pair
(encoder/decoder, raise/lower), a replacement the wrong way round ("用 GeLU 替换 ReLU" against "用 ReLU 替换 GeLU").

Faithfulness is the share of claims that are supported (Es et al., RAGAS, 2023), ``None`` where nothing is claimed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from ingest.lexical import fold, has_chinese, tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.types import Embedder
    from rag.types import Verdict

SUPPORTED = 0.7
PARTIAL = 0.45
OTHER_NUMBER = 0.4
"""What is left of the support when the claim has a number that the evidence lacks."""

_SENTENCE = re.compile(r"[^。！？!?；;\n]+(?:[。！？!?；;]+|\n|$)")
_ENGLISH_STOP = re.compile(r"(?<=[a-z0-9)])\.\s+(?=[A-Z])")
_NUMBER = re.compile(r"\d+(?:\.\d+)?%?|[零一二三四五六七八九十百千]+(?=[个层种步倍次头位亿万])")
_NEGATION = re.compile(
    r"不(?!同|仅|但|断|过|管|论|只是|妨)|没有?(?=[\u3400-\u9fff])|无法|无需|未(?!来)|并非|非(?=[\u3400-\u9fff])|禁止|避免|"
    r"\b(?:not|no|never|cannot|without|avoid|neither|nor)\b|n't\b"
)
_CLAUSE = re.compile(r"[,，;；。!！?？]")
_NO_CLAIM = re.compile(
    r"\s*(?:很?抱歉|对不起|不好意思|好的|你好|您好|谢谢|"
    r"(?:(?:根据|从|在)?(?:我的|你的|您的)?(?:笔记|资料|文档|上下文|提供的\S{0,6})(?:里|中|内)?[,，]?)?(?:我?不知道|无法回答|没有(?:相关|找到|提到|写到|说))|"
    r"希望.{0,12}帮助|如有.{0,8}问题|"
    r"i (?:do not|don't|cannot|can't) (?:know|answer|find|tell)|(?:the |your )?notes do(?:n't| not) (?:say|mention)|sorry\b|hello\b|hope this helps|as an ai)",
    re.IGNORECASE,
)
"""How a sentence begins that claims nothing."""
_THING = r"((?<![a-z0-9_.+-])[a-z][a-z0-9_.+-]*(?: [a-z0-9_.+-]+)??|[\u3400-\u9fff]{1,8}?)"
_QUOTES = re.compile(r"[`\[\]“”\"'「」]")
_AFTER = r"(?=激活|函数|做|来|[^\w\u3400-\u9fff]|$)"
_REPLACES = (
    re.compile(rf"(?:用|以|使用|采用)\s*{_THING}\s*(?:去|来)?\s*(?:替\W?换|换掉|替代|取代|代替)\s*(?:掉|了)?\s*{_THING}{_AFTER}"),
    re.compile(
        rf"{_THING}\s*(?:替换|替代|取代|代替|\breplaces?\b|\breplac(?:ed|ing)\b|\binstead of\b)\s*(?:了|掉)?\s*{_THING}{_AFTER}"
    ),
)
"""What is new stands first."""
_BECOMES = (
    re.compile(rf"(?:把|将|由|又|从)?\s*{_THING}\s*(?:换成|改为|改成|替换为|替换成|换为)了?\s*{_THING}{_AFTER}"),
    re.compile(rf"{_THING}\s*(?:后来|为什么|为何)?\s*(?:后来|为什么|为何)?\s*被\s*{_THING}\s*(?:替换|替代|取代|代替)"),
    re.compile(rf"\breplac(?:e|es|ed|ing)\s+{_THING}\s+(?:with|by)\s+{_THING}{_AFTER}"),
)
"""What is old stands first."""
_OPPOSITES = tuple(
    tuple(pair.split("/"))
    for line in (
        "增加/减少 增大/减小 提高/降低 提升/降低 加快/减慢 加速/减缓 更快/更慢 更大/更小 更多/更少 大于/小于 高于/低于 优于/劣于",
        "之前/之后 上升/下降 编码器/解码器 训练/推理 串行/并行 单向/双向 绝对/相对 消失/爆炸 前向/反向 输入/输出 优点/缺点",
        "encoder/decoder increase/decrease higher/lower faster/slower before/after larger/smaller",
    )
    for pair in line.split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One sentence with what was found for it."""

    text: str
    support: float
    verdict: Verdict | Literal["no-claim"]
    evidence: str
    """The sentences of the contexts that come closest, without their marks; empty when nothing does."""
    reason: str = ""
    """One plain line that says why the text is not (fully) supported; empty when it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """A whole answer."""

    faithfulness: float | None
    """Mean of supported (1), partly supported (0.5) and other (0) claims; ``None`` when nothing is claimed."""
    verdict: Literal["faithful", "unfaithful", "no-claim"]
    sentences: tuple[Check, ...]


def verify(answer: str, contexts: Sequence[str], question: str = "", *, embedder: Embedder | None = None) -> Verification:
    """Check every sentence of ``answer`` against all ``contexts``. ``embedder`` serves claims in another language.

    ``faithful`` when every claim is supported or partly supported and none is contradicted.
    """
    checks = tuple(check(sentence, contexts, embedder=embedder) for sentence in sentences(answer))
    claims = [item for item in checks if item.verdict != "no-claim"]
    if not claims:
        return Verification(faithfulness=None, verdict="no-claim", sentences=checks)
    worth = {"supported": 1.0, "partial": 0.5}
    score = sum(worth.get(item.verdict, 0.0) for item in claims) / len(claims)
    good = all(item.verdict in worth for item in claims) and score > PARTIAL
    return Verification(faithfulness=score, verdict="faithful" if good else "unfaithful", sentences=checks)


def sentences(text: str) -> list[str]:
    """The sentences of ``text``, without footnote marks; code blocks stay whole."""
    out: list[str] = []
    for number, block in enumerate(re.split(r"```", text)):
        if number % 2:
            out.append(f"```{block}```")
            continue
        plain = re.sub(r"\s*\[\d+\]", "", block)
        for piece in _SENTENCE.findall(plain):
            out += [part.strip() for part in _ENGLISH_STOP.split(piece)]
    return [sentence for sentence in out if tokens(sentence)]


def check(claim: str, contexts: Sequence[str], *, embedder: Embedder | None = None) -> Check:
    """The best support for ``claim`` among the sentences of ``contexts``."""
    if _NO_CLAIM.match(claim) or claim.rstrip().endswith(("?", "？")) or claim.rstrip().endswith(("：", ":")):
        return Check(text=claim, support=0.0, verdict="no-claim", evidence="")
    folded = fold(" ".join(claim.split()))
    if any(folded in fold(" ".join(context.split())) for context in contexts):
        return Check(text=claim, support=1.0, verdict="supported", evidence=claim)
    best = Check(text=claim, support=0.0, verdict="unsupported", evidence="")
    for evidence in _windows(contexts):
        support, against = _compare(claim, evidence, embedder)
        verdict: Verdict = (
            "contradicted"
            if against
            else "supported"
            if support >= SUPPORTED
            else "partial"
            if support >= PARTIAL
            else "unsupported"
        )
        found = Check(text=claim, support=min(support, 0.3) if against else support, verdict=verdict, evidence=evidence)
        if (found.support, support) > (best.support, 0.0) or (against and best.support < PARTIAL and support > PARTIAL):
            best = found
    return best


def contradiction(claim: str, evidence: str) -> str:
    """Why ``evidence`` says the opposite of ``claim``: "replacement", "negation", "opposite"; empty when it does not."""
    return _against(fold(claim), fold(evidence), _coverage(claim, evidence))


def _windows(contexts: Sequence[str]) -> list[str]:
    out: list[str] = []
    for context in contexts:
        parts = sentences(context)
        out += parts
        out += [f"{left} {right}" for left, right in pairwise(parts)]
    return out


def _compare(claim: str, evidence: str, embedder: Embedder | None) -> tuple[float, bool]:
    covered = _coverage(claim, evidence)
    if embedder is not None and has_chinese(claim) != has_chinese(evidence):
        vectors = embedder.encode([claim, evidence])
        covered = max(covered, min(1.0, 1.3 * float(vectors[0] @ vectors[1])))
    folded, other = _folded(claim), _folded(evidence)
    numbers = set(_NUMBER.findall(folded)) - set(_NUMBER.findall(other))
    support = covered * (OTHER_NUMBER if numbers else 1.0)
    return support, bool(_against(folded, other, covered))


def _coverage(claim: str, evidence: str) -> float:
    """Share of the claim's content that stands in the evidence; a bigram or a Latin word weighs more than a character."""
    have = _tokens(evidence)
    total = found = 0.0
    for token in _tokens(claim):
        weight = 0.25 if len(token) == 1 and not token.isdigit() else 2.0 if token.isascii() else 1.0
        total += weight
        found += weight * (token in have)
    return found / total if total else 0.0


@lru_cache(maxsize=4096)
def _tokens(text: str) -> dict[str, None]:
    """The tokens of ``text``, each once, in order."""
    return dict.fromkeys(tokens(text))


@lru_cache(maxsize=4096)
def _folded(text: str) -> str:
    return fold(text)


def _against(claim: str, evidence: str, covered: float) -> str:
    pairs, others = _replacements(claim), _replacements(evidence)
    if any((new, old) in others for old, new in pairs):
        return "replacement"
    if covered < 0.6:
        return ""
    clauses = _CLAUSE.split(evidence)
    for said in _CLAUSE.split(claim):  # clause by clause: "A, but not B" denies B alone
        covered, _, clause = max((_coverage(said, clause), -len(clause), clause) for clause in clauses)
        if covered >= 0.6 and len(_NEGATION.findall(said)) % 2 != len(_NEGATION.findall(clause)) % 2:
            return "negation"
    for left, right in _OPPOSITES:
        for one, two in ((left, right), (right, left)):
            if one in claim and two not in claim and two in evidence and one not in evidence:
                return "opposite"
    return ""


def _replacements(text: str) -> set[tuple[str, str]]:
    """Pairs (old, new) of what the text says was replaced by what."""
    text = " ".join(_QUOTES.sub(" ", text).split())
    out = {(old.strip(), new.strip()) for pattern in _REPLACES for new, old in pattern.findall(text)}
    return out | {(old.strip(), new.strip()) for pattern in _BECOMES for old, new in pattern.findall(text)}
