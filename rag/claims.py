"""Cut an answer into the sentences that are checked one by one, a sentence into clauses, and tell what claims nothing.

A list item, a row of a table, a formula and a block of code each stay whole: half of one says something else. A clause is
what one comma or conjunction sets apart; one that is too short to say anything by itself ("for example," or one item of an
enumeration) stays with the clause before it.
"""

from __future__ import annotations

import re

from ingest.lexical import tokens

_BLOCK = re.compile(r"(```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|\$\$.*?\$\$|\\\[.*?\\\])", re.DOTALL)
_MARK = re.compile(r"[ \t]{0,4}\[(?:\d{1,3}(?:\s*[,，-]\s*\d{1,3})*)\](?!\()")
_SENTENCE = re.compile(r"(?:[^。！？!?；\n;]|(?<![\u3400-\u9fff]);(?![\u3400-\u9fff]))+(?:[。！？!?；;]+[”’」』\"')）]*|\n|$)")
_STOP = re.compile(
    r"(?<=[^\W_A-Z\d][.;])[\"”’)]?\s+(?=[\"“‘(]?[A-Z\d\u3400-\u9fff])|(?<=[\d)\]%A-Z][.;])[\"”’)]?\s+(?=[\"“‘(]?[A-Z])"
)
_SHORTENED = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|vs|cf|al|Fig|Eq|Sec|No|Dr|Mr|Mrs|Ms|Prof|St|Jr|Sr|Inc|Ltd|Co|Corp|approx|Jan|Feb|Mar|Apr|Aug|Sept?|Oct|Nov|Dec)"
    r"|\b[A-Z]|\b(?:[A-Za-z]\.)+[A-Za-z])\.$"
)
"""What ends in a full stop and ends no sentence."""
_CLAUSE = re.compile(
    r"[。！？!?；：]|(?<!\d)[,，]|[,，](?!\d)|[;:](?=[\s\u3400-\u9fff]|$)|(?<=[\u3400-\u9fff])[;:]|(?<=[a-z])\s(?=(?:but|while|whereas|although|though|because|which|so|if|unless|when|since|after|before)\s)"
    r"|(?<=[\u3400-\u9fff])(?=(?:但是|但|而(?![且非言])|因此|所以|因为|并且|而且|否则))|\s[—–-]{1,2}\s|[—–]{2}"
)
_AND = re.compile(r"\sand(?=\s)")
_NO_CLAIM = re.compile(
    r"[\s*_#>\-]*(?:很?抱歉|对不起|不好意思|好的(?:[,，。!！]|$)|当然(?:可以)?[,，。!！]|没问题|你好|您好|谢谢|感谢|"
    r"(?:(?:根据|从|在)?(?:我的|你的|您的|现有|以上|上述|提供的?|给出的?|这些|当前)*(?:笔记|资料|文档|上下文|材料|段落|内容|信息)?(?:里|中|内)?[,，]?)?"
    r"(?:并?(?:我|我们)?(?:不知道|不清楚|不确定|无法(?:回答|确定|得知|判断|给出)|不能(?:回答|确定))|(?:并?没有|未|并未)(?:相关|找到|提到|提及|写到|说明|给出|包含|涉及))|"
    r"希望.{0,14}(?:帮助|有用|帮到)|如(?:果|有|需).{0,12}(?:问题|疑问|需要|了解)|以上(?:就|便)?是|(?:总结|综上|答案)如下|"
    r"(?:sure|certainly|of course|thank|thanks|okay|ok|great question|good question)\b[^a-z]*(?:$|[!.,])|"
    r"i(?:'m| am) (?:sorry|afraid|unable|not sure)|i (?:do not|don't|cannot|can't|could not|couldn't|am unable to) (?:know|answer|find|tell|say|provide|determine)|"
    r"(?:(?:based on|according to|from|in)? ?(?:the |your |my |these |this |given |provided )*(?:notes?|passages?|contexts?|documents?|texts?|information)(?: provided| given)?,? )?"
    r"(?:it )?(?:do(?:es)?(?:n't| not) (?:say|mention|contain|provide|specify|state|include|give|cover)|(?:there is )?no (?:information|mention|answer)|(?:is|are) not (?:mentioned|specified|stated|provided|given)|unable to answer)|"
    r"(?:it is |this is )?(?:not mentioned|unknown|unanswerable)\W*$|"
    r"sorry\b|hello\b|hi\b[!, ]|i? ?hope (?:this|that|it)|let me know|feel free|as an ai|here (?:is|are) (?:the|a|an|some|my|your)?.{0,60}:?$)",
    re.IGNORECASE,
)
"""How a sentence begins that claims nothing about the subject."""
_ASKS = re.compile(r"[?？][\"”’」』)）\s]*$|(?:吗|呢)[。.]?$")
_WORDED = re.compile(r"[^\W_]")
_LEADS = re.compile(r"[:：]\s*\**\s*$")


def sentences(text: str) -> list[str]:
    """The sentences of ``text``, without footnote marks; code blocks, displayed formulas, items and rows stay whole."""
    out: list[str] = []
    for number, block in enumerate(_BLOCK.split(text)):
        if number % 2:
            out.append(block.strip())
            continue
        for piece in _SENTENCE.findall(_MARK.sub("", block)):
            out += _stops(piece)
    return [sentence for sentence in out if _WORDED.search(sentence) or tokens(sentence)]


def _stops(piece: str) -> list[str]:
    """``piece`` cut at the full stops of English sentences."""
    if "." not in piece and ";" not in piece:
        return [piece.strip()]
    out, start = [], 0
    for stop in _STOP.finditer(piece):
        if not _SHORTENED.search(piece[max(start, stop.start() - 14) : stop.start()]):
            out.append(piece[start : stop.end()].strip())
            start = stop.end()
    return [*out, piece[start:].strip()]


def clauses(text: str) -> list[int]:
    """Where the clauses of ``text`` begin, the first at 0."""
    cuts = [cut.end() for cut in _CLAUSE.finditer(text) if cut.end() < len(text)]
    out = [0]
    for cut in cuts:
        if cut > out[-1]:
            out.append(cut)
    ends = [*out[1:], len(text)]
    for start, end in zip(list(out), ends, strict=True):
        for place in _AND.finditer(text, start, end):
            if (
                text.count(" ", max(start, out[-1] if out[-1] < place.start() else start), place.start()) > 1
                and text.count(" ", place.end(), end) > 1
            ):
                out.append(place.start() + 1)
    return sorted(set(out))


def claims_nothing(sentence: str) -> bool:
    """Whether ``sentence`` greets, asks, declines, or only leads on to what follows."""
    return bool(_NO_CLAIM.match(sentence) or _ASKS.search(sentence) or _LEADS.search(sentence))
