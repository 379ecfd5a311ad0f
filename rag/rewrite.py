"""Make a question stand by itself, and take it apart, without an LLM.

A follow-up ("它的缺点呢?", "那模型并行呢?") is completed from the last question of the chat, itself completed; "两者" from the two
things named last. A question that asks for several things ("Swish 和 GeLU 的公式各是什么?", two question marks) is cut into parts
that are searched one by one; a part that names no subject of its own has the first one's. Its kind (code, formula, list,
comparison, reason) tells the reader what to look for. Rules over Chinese and English question
forms: they are cheap, they never invent words, and what they produce is shown to the user.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from ingest.lexical import fold, has_chinese
from rag.talk import only_talk, without_talk
from rag.terms import ASPECTS, aliases, is_model

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
_ASPECT_END = re.compile(r"(?:优点|缺点|优缺点|公式|代码|步骤|原理|思路|思想|作用|意义|原因|特点|流程|过程|方式|情况)\s*$")
"""How what follows 的 ends where it is asked of the thing, and no thing itself: "RLHF 的完整流程"."""
_OPENING = re.compile(
    r"^(?:(?:请问|请|能不能|可以|麻烦|简单|大概|再)*(?:介绍一下|解释一下|讲一下|讲讲|说说|说一下|谈一谈|谈谈|描述一下|写一下|推导一下|什么是|为什么|为何|为啥)\s*|"
    r"(?:what (?:is|are)|how (?:does|do|is|are|can)|why (?:does|do|is|are)|explain|describe|tell me about)\s+(?:the\s+)?)",
    re.IGNORECASE,
)
_TOPIC_END = re.compile(
    r"的(?!区别)|有什么|有哪些|有没有|是什么|是怎么|是如何|怎么|怎样|如何|为什么|为何|为啥|用什么|用的|用了|(?<!可)靠|采用|是(?=[\u3400-\u9fff])|(?<![性功可智技])能|可以|(?<![机社])会|做|[,，?？。]|"
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
    r"第[一二三四五六七八九十\d]|再|还有|具体|优点|缺点|区别|公式|代码|步骤|原理|例子|(?:用|在)?[中英]文|英语|全称|缩写|简称|叫什么|又叫|"
    r"(?:why|how|and|which|when|where|then|examples?|more)\b",
    re.IGNORECASE,
)
"""How a question begins that leaves its subject to what was said before."""
_LEANS_AT_ALL = re.compile(
    r"它们?|[这那]个?|两者|二者|里|中|呢|吗|的|例子?|[点些下个]|主要|什么|叫|用|有|是|讲|说|写|"
    r"优缺?点|缺点|好处|坏处|不足|区别|不同|公式|代码|步骤|原理|原因|作用|特点|例子|英文|中文|全称|缩写|详细"
)
LONGEST_LEANING = 4
"""Words of such a question in English; three times as many characters in Chinese."""
_LONGEST_TOPIC = 24
REMEMBERED = 4
"""Questions of the chat that a follow-up is completed from."""
_WHY = re.compile(
    r"^(?:那|但|可是?)?(?:这是)?(?:为什么|为何|为啥|why)(?:会?这样|是这样|不行|可以|so)?[呢吗]?\s*[?？。!！]*$", re.IGNORECASE
)
_AGAIN = re.compile(
    r"^(?:请|能不能|可以|麻烦|再|更|给我|帮我|讲|说|解释|描述|写|得|的|还)*(?:详细|具体|展开|继续|细致?|仔细|深入)(?:一?[点些下]|[讲说]|介绍|解释|描述|吗|吧)*\s*[?？。!！]*$|"
    r"^(?:more details?|go on|tell me more)(?: please)?\s*[?.!]*$",
    re.IGNORECASE,
)
_YES_NO = re.compile(r"[吗么]\s*[?？。]*$")
_ASKS = re.compile(r"什么|怎么|怎样|如何|哪|多少|几[个种]|谁")
_BOTH = re.compile(
    r"(?:[这那它他]们?)?(?:两者|二者)(?:之间)?|[这那它](?:们)?(?:两|俩)(?:[个种者])?(?:方法|模型|算法|技术|东西)?(?:之间)?|[它他]们(?:之间|两[个者]|俩)?|"
    r"\b(?:both of them|the two(?: of them)?|they|them)\b|^(?=各|分别)",
    re.IGNORECASE,
)
_TWO = re.compile(r"[两二俩]|both|two", re.IGNORECASE)
_AND = re.compile(r"\s*(?:和|与|跟|、|以及|\band\b|\bvs\.?)\s*", re.IGNORECASE)
_SEVERAL = re.compile(r"哪些|哪几|几种|各种|\bwhich\b", re.IGNORECASE)
_OWN = re.compile(
    r"^(?:什么是|什么叫|何为)\s*[\u3400-\u9fff]{2}|"
    r"(?:怎么|如何|怎样)(?:才能|能|去)?(?:处理|解决|缓解|防止|避免|应对|抑制|减轻|预防)(?!它|这|该|那|问题|此)[\u3400-\u9fff]{2}"
)
"""A part that asks what something is, or how to deal with it: its object is its own."""
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
    asked = [turn.content for turn in history if turn.role == "user" and not only_talk(turn.content)]
    said: list[str] = []
    for each in asked[-REMEMBERED:]:
        said.append(_standalone(without_talk(" ".join(each.split())), said))
    text = _standalone(without_talk(" ".join(question.split())), said)
    return Query(text=text, parts=_parts(text), kind=kind(text))


def undivided(query: Query) -> Query | None:
    """The question in one piece where "各" took it apart ("SGD 和 Adam 各有什么特点"): notes may write of the things together, and
    under the heading of neither. ``None`` for other questions.
    """
    pieces = [piece for piece in _SPLIT.split(query.text) if piece.strip(" ,，")]
    if len(pieces) != 1 or len(query.parts) < 2:
        return None
    return replace(query, parts=(_EACH.sub("", pieces[0], count=1).strip(),))


def own_words(question: str) -> str:
    """What is left of a question without the words that lean on what was said before: what it says of itself."""
    text = without_talk(question)
    if _AGAIN.match(text) or _WHY.match(text):
        return ""
    return _LEANS.sub(" ", _LEANS_AT_ALL.sub(" ", text))


def kind(text: str) -> Kind:
    """What the question asks for, by its words."""
    return next((name for name, pattern in _KINDS if pattern.search(text)), "plain")


def _standalone(text: str, said: Sequence[str]) -> str:
    previous = said[-1] if said else ""
    topic, rest = _topic(previous)
    if not topic or only_talk(text):
        return text
    if _AGAIN.match(text):
        return previous
    if _WHY.match(text):
        return _why(previous, topic, text)
    if (both := _BOTH.search(text)) and (pair := _pair(said, text, both)):
        return " ".join(f"{text[: both.start()]}{pair}{text[both.end() :]}".split())
    if _IS_WHAT_ABOUT.search(text) and (match := _WHAT_ABOUT.match(text)):
        return _what_about(text, _PRONOUN.sub("", match.group(1)).strip(" 的,，"), topic, rest, previous)
    if _PRONOUN.search(text):
        return _PRONOUN.sub(lambda _: f" {topic} " if topic.isascii() else topic, text, count=1).strip()
    return text if _stands_alone(text, topic) else f"{topic} {text}"


def _what_about(text: str, new: str, topic: str, rest: str, previous: str) -> str:
    """The last question, asked of something ``new``; or an aspect of what it was about."""
    if not new or topic.lower() in new.lower():
        return text
    if _ASPECT.match(new):
        return f"{topic}的{new}" if not new.isascii() else f"{topic} {new}"
    owner, of, part = topic.rpartition("的")
    if owner and _siblings(new, part.strip()):
        return f"{owner}{of}{new}{rest}"
    if _siblings(new, topic):
        opening = _OPENING.match(previous)
        return f"{new}{rest}" if rest.strip(" ?？。") or not opening else f"{opening.group()}{new}{rest}"
    if owner and _siblings(new, owner.strip()):
        return f"{new}{' ' * owner.endswith(' ')}{of}{part}{rest}"
    if _LATIN_NAME.fullmatch(new) and (old := _LATIN_NAME.search(topic)):
        return f"{topic[: old.start()]}{new}{topic[old.end() :]}{rest}"
    return f"{owner.strip() or topic} {new}"


def _why(previous: str, topic: str, text: str) -> str:
    """The last question again where it asked why; the reason of what it asked whether; else of its subject."""
    if kind(previous) == "reason":
        return previous
    if _YES_NO.search(previous) and not _ASKS.search(previous):
        return f"为什么{_YES_NO.sub('', previous)}?"
    return f"{topic} {text}"


def _pair(said: Sequence[str], text: str, both: re.Match[str]) -> str:
    """The two things named last, for "两者" and "它们"; empty where there are not two, or ``text`` names them itself."""
    if _AND.search(text, 0, both.start()):
        return ""
    two = bool(_TWO.search(both.group())) or kind(text) == "comparison" or bool(_EACH.search(text))
    names: list[str] = []
    for question in reversed(said):
        if names and not two:
            break
        for piece in reversed([piece for piece in _SPLIT.split(question) if piece.strip()]):
            if _SEVERAL.search(piece):
                return ""
            topic = re.sub(r"\s*(?:相比|之间)$", "", _topic(piece)[0])
            together = [name for name in _AND.split(topic.partition("的")[0]) if name]
            if len(together) > 2:
                return ""
            for name in reversed(together):
                if len(name) <= _LONGEST_TOPIC and name.lower() not in [known.lower() for known in names]:
                    names.append(name)
            if len(names) >= 2:
                one, other = (f" {name} " if name.isascii() else name for name in (names[1], names[0]))
                return f"{one}{'和' if has_chinese(text) else 'and'}{other}"
    return ""


def _topic(question: str) -> tuple[str, str]:
    """The thing that a question is about ("LoRA", "LoRA 的低秩矩阵", but not "LoRA 的优点"), and the rest of the question."""
    text = _OPENING.sub("", " ".join(question.split()), count=1)
    ends = [match for match in _TOPIC_END.finditer(text) if match.start() >= 2]
    stops = [match.start() for match in ends[1:]] + [len(text)]
    whole = (
        match
        for match, stop in zip(ends, stops, strict=False)
        if match.group() != "的" or _ASPECT.match(text[match.end() :]) or _ASPECT_END.search(text[match.end() : stop])
    )
    end = _first_of(text, next(whole, None), ends)
    if end is None:
        return text.strip(" ?？。"), ""
    return text[: end.start()].strip(), text[end.start() :].strip()


def _first_of(text: str, end: re.Match[str] | None, ends: Sequence[re.Match[str]]) -> re.Match[str] | None:
    """The end of the topic; where it would be longer than a topic is, what stands before the first 的."""
    length = end.start() if end else len(text)
    return ends[0] if ends and length > _LONGEST_TOPIC else end


def _siblings(new: str, topic: str) -> bool:
    """Two names of the same sort, so that one can stand in the other's place: 数据并行 and 模型并行, LN and BN."""
    if _LATIN_NAME.fullmatch(new) and _LATIN_NAME.fullmatch(topic):
        return True
    return len(new) <= 12 and new[-2:] == topic[-2:]


def _stands_alone(text: str, topic: str) -> bool:
    """A question that begins with what it is about ("榴莲是什么"), or names a term; not one that begins with what is asked
    ("怎么缓解?", "被哪些模型用了?") and leaves open of what.
    """
    if re.search(r"[A-Za-z]{2,}", text) and has_chinese(text):
        return True
    if not _LEANS.match(text) or _terms(fold(text)) or _names_own(text, topic):
        return True
    return len(text.split()) > LONGEST_LEANING if not has_chinese(text) else len(text) > 3 * LONGEST_LEANING


def _names_own(text: str, topic: str) -> bool:
    """Whether a question without Latin names has a subject of its own beside ``topic``: what it asks to define or to deal
    with, a thing of the sort of the topic (梯度消失 beside 梯度爆炸), a term of the field that it begins with; that may be a part
    of a model, though.
    """
    if _OWN.search(text):
        return True
    sort = topic[-2:]
    if has_chinese(sort) and len(topic) > 2 and topic not in text:
        same = re.search(rf"([\u3400-\u9fff]{{2}})(?<!的){re.escape(sort)}", text)
        if same and same.group(1) not in ("什么", "哪些", "主要", "具体", "怎么", "如何"):
            return True
    if topic in text:
        return True
    folded = fold(text)
    return any(folded.startswith(name) for name in _terms(folded)) and not is_model(topic)


def _terms(folded: str) -> list[str]:
    return [name for name, _ in aliases(folded) if name not in ASPECTS and not _ASPECT.match(name)]


def _parts(text: str) -> tuple[str, ...]:
    pieces = [piece.strip(" ,，") for piece in _SPLIT.split(text) if len(piece.strip(" ,，")) >= 3]
    if not pieces:
        return (text,)
    topic, _ = _topic(pieces[0])
    nearest = topic  # what "它" is
    whole = [pieces[0]]
    for piece in pieces[1:]:
        if (both := _BOTH.search(piece)) and (two := _pair(whole, piece, both)):
            whole.append(" ".join(f"{piece[: both.start()]}{two}{piece[both.end() :]}".split()))
        elif not topic or len(topic) > _LONGEST_TOPIC or re.search(r"[A-Za-z]{2,}", piece) or "哪" in topic:
            whole.append(piece)
        elif _PRONOUN.search(piece):
            whole.append(_PRONOUN.sub(lambda _, it=nearest: it, piece, count=1))
            continue
        elif _names_own(piece, topic):
            whole.append(piece)
        else:
            whole.append(f"{topic} {piece}")
            continue
        own, _ = _topic(piece)
        nearest = (
            own
            if own and len(own) <= _LONGEST_TOPIC and "哪" not in own and not _LEANS.match(own) and not _PRONOUN.search(own)
            else nearest
        )
    out: list[str] = []
    for piece in whole:
        pair = _PAIR.search(piece) if _EACH.search(piece) else None
        if pair:
            before, after = piece[: pair.start()], _EACH.sub("", piece[pair.end() :], count=1)
            out += [f"{before}{pair.group(name).strip()} {after.strip()}".strip() for name in ("a", "b")]
        else:
            out.append(piece)
    return tuple(dict.fromkeys(out))[:MOST_PARTS]
