"""Make a question stand by itself, and take it apart, without an LLM.

A follow-up ("它的缺点呢?", "那模型并行呢?") is completed from the last question of the chat. A question that asks for
several things ("Swish 和 GeLU 的公式各是什么?", two question marks) is cut into parts that are searched one by one; its
kind (code, formula, list, comparison, reason) tells the reader what to look for. Rules over Chinese and English question
forms: they are cheap, they never invent words, and what they produce is shown to the user.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ingest.lexical import fold, has_chinese
from rag.terms import aliases

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rag.types import Turn

Kind = Literal["code", "formula", "list", "comparison", "reason", "plain"]

_PRONOUN = re.compile(
    r"它们|它|这个方法|该方法|这种方法|那个(?=\S)|这个(?=\S)|这种|那种|上述|该(?=模型|算法|方法|结构)|其(?=[缺优公代原作步实区])|\b(?:its|it|they|them|this|that|these|those)\b",
    re.IGNORECASE,
)
_WHAT_ABOUT = re.compile(r"^(?:那么|那|and\s+)?[,，\s]*(?:what about|how about)?\s*(.+?)\s*呢?\s*[?？。!！]*$", re.IGNORECASE)
_IS_WHAT_ABOUT = re.compile(r"^(?:那(?![个些种])|what about|how about)|呢\s*[?？。]*$", re.IGNORECASE)
_ASPECT = re.compile(
    r"^(?:的)?(?:主要|具体|计算|训练|有什么|有哪些)?(?:优点|缺点|优缺点|好处|坏处|不足|局限性?|公式|代码|实现|步骤|原理|思路|作用|原因|区别|特点|参数量?|复杂度|用途|例子|应用|流程|损失函数?|"
    r"advantages?|disadvantages?|drawbacks?|limitations?|formula|code|steps?|cost|purpose|example)s?"
)
_OPENING = re.compile(
    r"^(?:(?:请问|请|能不能|可以|麻烦|简单|大概|再)*(?:介绍一下|解释一下|讲一下|讲讲|说说|说一下|谈一谈|谈谈|描述一下|写一下|推导一下|什么是|为什么|为何|为啥)\s*|"
    r"(?:what (?:is|are)|how (?:does|do|is|are|can)|why (?:does|do|is|are)|explain|describe|tell me about)\s+(?:the\s+)?)",
    re.IGNORECASE,
)
_TOPIC_END = re.compile(
    r"的(?!区别)|有什么|有哪些|有没有|是什么|是怎么|是如何|怎么|怎样|如何|为什么|为何|为啥|用什么|用的|用了|靠|采用|是(?=[\u3400-\u9fff])|能|可以|会|做|[,，?？。]|"
    r"\s(?:work|works|compare|help|helps|differ|used|do|does|update|avoid|reduce|solve|improve)\b|'s\b",
    re.IGNORECASE,
)
_SPLIT = re.compile(r"[?？;；]+|。(?=\S)")
_LATIN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.+/-]*(?: [A-Za-z0-9_.+/-]+)*")
_EACH = re.compile(r"各自|各(?=[是有用取把\u3400-\u9fff])|分别|respectively|\beach\b", re.IGNORECASE)
_PAIR = re.compile(
    r"(?P<a>[A-Za-z][A-Za-z0-9_ .+/-]*?|[\u3400-\u9fff]{2,8}?)\s*(?:和|与|跟|、|以及|\band\b|\bvs\.?\b)\s*"
    r"(?P<b>[A-Za-z][A-Za-z0-9_.+/-]*(?: [A-Z][A-Za-z0-9_.+-]*)*|[\u3400-\u9fff]{2,8}?)(?=\s*(?:各|分别|的|之间|有|是|都|在|$|[?？]|\bdiffer|\brespectively|\beach\b))",
    re.IGNORECASE,
)
MOST_PARTS = 8
"""Parts of a question that are searched; an answer has no room for more."""
_LEANS = re.compile(
    r"怎么|怎样|如何|为什么|为何|为啥|有什么|有哪些|有没有|是什么|是谁|用什么|多少|几[个种]|哪|能不能|可以|被|举|详细|展开|继续|"
    r"第[一二三四五六七八九十\d]|再|还有|具体|优点|缺点|区别|公式|代码|步骤|原理|例子|"
    r"(?:why|how|and|which|when|where|then|examples?|more)\b",
    re.IGNORECASE,
)
"""How a question begins that leaves its subject to what was said before."""
LONGEST_LEANING = 4
"""Words of such a question in English; three times as many characters in Chinese."""
_LONGEST_TOPIC = 24
_KINDS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (
        "code",
        re.compile(r"代码|手写|源码|伪代码|\bcode\b|\bsnippet\b|\bimplementation\b|用\s*(?:pytorch|python|numpy)", re.IGNORECASE),
    ),
    (
        "formula",
        re.compile(
            r"公式|计算式|表达式|怎么算|(?:怎么|如何)更新|如何计算|怎么计算|推导|\bformula\b|\bequation\b|\bderiv(?:e|ation)\b|\bcomputed\b",
            re.IGNORECASE,
        ),
    ),
    (
        "comparison",
        re.compile(r"区别|不同|差异|对比|相比|比较|异同|\bdiffer|\bcompare|\bversus\b|\bvs\b|\bthan\b", re.IGNORECASE),
    ),
    (
        "list",
        re.compile(
            r"哪些|(?:如何|怎么|怎样)(?:缓解|防止|解决|避免|处理|应对|提高|提升|减少|降低|加速|优化)|哪几|几种|几个|哪三|优缺点|步骤|方法|办法|手段|分别|各自|都有|\bwhich\b|\bwhat are\b|\bsteps?\b|\bways?\b|\blist\b",
            re.IGNORECASE,
        ),
    ),
    ("reason", re.compile(r"为什么|为何|为啥|原因|凭什么|图什么|\bwhy\b|\breason\b", re.IGNORECASE)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A question ready to be searched: ``text`` stands by itself; ``parts`` are searched one by one (at least one)."""

    text: str
    parts: tuple[str, ...]
    kind: Kind


def rewrite(question: str, history: Sequence[Turn] = ()) -> Query:
    """Complete ``question`` from ``history`` where it leans on it, and take it apart. Never raises."""
    text = " ".join(question.split())
    previous = next((turn.content for turn in reversed(history) if turn.role == "user" and turn.content.strip()), "")
    if previous:
        text = _standalone(text, previous)
    return Query(text=text, parts=_parts(text), kind=kind(text))


def kind(text: str) -> Kind:
    """What the question asks for, by its words."""
    return next((name for name, pattern in _KINDS if pattern.search(text)), "plain")


def _standalone(text: str, previous: str) -> str:
    topic, rest = _topic(previous)
    if not topic:
        return text
    if _IS_WHAT_ABOUT.search(text) and (match := _WHAT_ABOUT.match(text)):
        new = _PRONOUN.sub("", match.group(1)).strip(" 的,，")
        if not new or topic.lower() in new.lower():
            return text
        if _ASPECT.match(new):
            return f"{topic}的{new}" if not new.isascii() else f"{topic} {new}"
        if _siblings(new, topic):
            return f"{new}{rest}" if rest else new
        if _LATIN_NAME.fullmatch(new) and (old := _LATIN_NAME.search(topic)):
            return f"{topic[: old.start()]}{new}{topic[old.end() :]}{rest}"
        return f"{topic} {new}"
    if _PRONOUN.search(text):
        return _PRONOUN.sub(lambda _: f" {topic} " if topic.isascii() else topic, text, count=1).strip()
    return text if _stands_alone(text) else f"{topic} {text}"


def _topic(question: str) -> tuple[str, str]:
    """The thing that a question is about, and the rest of the question behind it."""
    text = _OPENING.sub("", " ".join(question.split()), count=1)
    end = next((match for match in _TOPIC_END.finditer(text) if match.start() >= 2), None)
    if end is None:
        return text.strip(" ?？。"), ""
    return text[: end.start()].strip(), text[end.start() :].strip()


def _siblings(new: str, topic: str) -> bool:
    """Two names of the same sort, so that one can stand in the other's place: 数据并行 and 模型并行, LN and BN."""
    if _LATIN_NAME.fullmatch(new) and _LATIN_NAME.fullmatch(topic):
        return True
    return len(new) <= 12 and new[-2:] == topic[-2:]


def _stands_alone(text: str) -> bool:
    """A question that begins with what it is about ("榴莲是什么"), or names a term; not one that begins with what is asked
    ("怎么缓解?", "被哪些模型用了?") and leaves open of what.
    """
    if re.search(r"[A-Za-z]{2,}", text) and has_chinese(text):
        return True
    if aliases(fold(text)) or not _LEANS.match(text):
        return True
    return len(text.split()) > LONGEST_LEANING if not has_chinese(text) else len(text) > 3 * LONGEST_LEANING


def _parts(text: str) -> tuple[str, ...]:
    pieces = [piece.strip(" ,，") for piece in _SPLIT.split(text) if len(piece.strip(" ,，")) >= 3]
    if not pieces:
        return (text,)
    topic, _ = _topic(pieces[0])
    whole = [pieces[0]]
    for piece in pieces[1:]:
        if not topic or len(topic) > _LONGEST_TOPIC or re.search(r"[A-Za-z]{2,}", piece) or "哪" in topic:
            whole.append(piece)
        else:
            whole.append(_PRONOUN.sub(lambda _: topic, piece, count=1) if _PRONOUN.search(piece) else f"{topic} {piece}")
    out: list[str] = []
    for piece in whole:
        pair = _PAIR.search(piece) if _EACH.search(piece) else None
        if pair:
            before, after = piece[: pair.start()], _EACH.sub("", piece[pair.end() :], count=1)
            out += [f"{before}{pair.group(name).strip()} {after.strip()}".strip() for name in ("a", "b")]
        else:
            out.append(piece)
    return tuple(dict.fromkeys(out))[:MOST_PARTS]
