"""Make labelled claims from plain passages: sentences put differently by rule (faithful), and with one planted fault.

For each passage a sentence is taken as the claim. Put differently: clauses dropped or exchanged, a lead-in added, words left out,
numbers in another notation, Traditional characters, two sentences in one, its translation where there is one. Faults: see
:data:`FAULTS`. A fault is planted in a sentence that may have been put differently before.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.lexical import fold, has_chinese
from rag.claims import claims_nothing, clauses, sentences
from rag.polarity import negations, opposites
from rag.quantity import quantities
from rag.words import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from random import Random


@dataclass(frozen=True, slots=True)
class Example:
    """A claim over passages; ``kind`` says how it was made."""

    claim: str
    contexts: tuple[str, ...]
    faithful: bool
    kind: str


_LEADS = ("据资料,", "简单来说,", "也就是说,", "可以看到,", "其中,", "具体而言,", "文中提到,"), ("In short, ", "According to the notes, ", "In other words, ", "Specifically, ", "The passage says that ")  # fmt: skip
_CHINESE_DIGITS = dict(zip("一二三四五六七八九", range(1, 10), strict=True))
_ENGLISH_DIGITS = dict(
    zip(range(1, 11), ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"], strict=True)
)
_ALIKE = (
    ("无法", "不能"), ("不需要", "无需"), ("能够", "可以"), ("因此", "所以"), ("由于", "因为"), ("使用", "采用"), ("例如", "比如"), ("但是", "不过"), ("通过", "借助"), ("包括", "包含"),
    ("如果", "若"), ("提高", "提升"), ("降低", "减少"), ("增加", "增大"), ("需要", "要"), ("以及", "和"), ("并且", "而且"), ("从而", "进而"), ("主要", "主要是"), ("称为", "叫做"),
    ("进行", "做"), ("获得", "得到"), ("帮助", "有助于"), ("常见", "常用"), ("避免", "防止"), ("方法", "办法"), ("问题", "难题"), ("每个", "每一个"), ("必须", "一定要"),
    ("cannot", "can't"), ("can not", "cannot"), ("do not", "don't"), ("does not", "doesn't"), ("is not", "isn't"), ("are not", "aren't"), ("use", "employ"), ("uses", "employs"),
    ("however", "but"), ("for example", "for instance"), ("because", "since"), ("allows", "lets"), ("large", "big"), ("many", "numerous"), ("need to", "have to"), ("must", "have to"),
    ("show", "demonstrate"), ("help", "assist"), ("such as", "like"), ("in order to", "to"), ("different", "distinct"), ("multiple", "several"), ("create", "build"), ("start", "begin"),
    ("usually", "typically"), ("often", "frequently"), ("quickly", "fast"), ("method", "approach"), ("obtain", "get"), ("require", "need"), ("requires", "needs"), ("improve", "enhance"),
)  # fmt: skip
_REACH = (
    ("部分", "全部"), ("一些", "所有"), ("某些", "所有"), ("有些", "所有"), ("通常", "总是"), ("往往", "总是"), ("一般", "总是"), ("经常", "始终"), ("有时", "总是"), ("可能", "一定"), ("可以", "必须"), ("大多数", "所有"), ("多数", "全部"), ("主要", "只"), ("也许", "肯定"), ("常", "必"),
    ("some", "all"), ("many", "all"), ("most", "all"), ("several", "all"), ("usually", "always"), ("often", "always"), ("sometimes", "always"), ("typically", "always"), ("generally", "always"), ("may", "must"), ("might", "will certainly"), ("can", "must"), ("could", "must"), ("mostly", "only"), ("mainly", "only"),
)  # fmt: skip
_OTHER_UNITS = (("毫秒", "秒"), ("秒", "分钟"), ("分钟", "小时"), ("小时", "天"), ("天", "周"), ("年", "个月"), ("米", "公里"), ("克", "千克"), ("元", "美元"), ("万", "亿"), ("%", " 倍"), ("GB", "MB"), ("MB", "GB"), ("KB", "MB"), ("ms", "s"), ("seconds", "minutes"), ("minutes", "hours"), ("hours", "days"), ("days", "weeks"), ("years", "months"), ("million", "billion"), ("billion", "million"), ("km", "m"))  # fmt: skip


def examples(passages: Sequence[tuple[str, str]], random: Random, translations: dict[str, str]) -> Iterator[Example]:
    """Labelled claims from ``passages`` (source, text), in order; passages of one source serve each other for additions."""
    for number, (_source, text) in enumerate(passages):
        parts = [s for s in sentences(text) if 12 <= len(s) <= (110 if has_chinese(s) else 240) and not claims_nothing(s)]
        if len(parts) < 3:
            continue
        other = passages[(number + random.choice((1, 2, 3, 5))) % len(passages)]
        foreign = [s for s in sentences(other[1]) if 12 <= len(s) <= 200 and not claims_nothing(s)]
        contexts = (
            (text,) if random.random() < 0.6 or has_chinese(other[1]) != has_chinese(text) else (text, passages[number - 1][1])
        )
        if foreign and foreign[0][:20] in "".join(contexts):
            foreign = []
        sentence = random.choice(parts)
        yield Example(_differently(sentence, random), contexts, True, "rephrased")
        if random.random() < 0.35:
            one, two = random.sample(parts, 2)
            yield Example(_both(_shorter(one, random), _shorter(two, random)), contexts, True, "two sentences")
        if sentence in translations and random.random() < 0.7:
            yield Example(translations[sentence], contexts, True, "translated")
        made = 0
        for fault in random.sample(FAULTS, len(FAULTS)):
            victim = random.choice(parts)
            base = _differently(victim, random) if random.random() < 0.5 else victim
            changed = fault(base, parts, foreign, random)
            if changed and fold(changed) != fold(base) and not any(fold(changed) in fold(context) for context in contexts):
                yield Example(changed, contexts, False, fault.__name__.strip("_"))
                made += 1
                if victim in translations and random.random() < 0.4:
                    crossed = fault(translations[victim], [translations.get(p, p) for p in parts], [], random)
                    if crossed and crossed != translations[victim]:
                        yield Example(crossed, contexts, False, "translated " + fault.__name__.strip("_"))
                if made == 2:
                    break


# ---------------------------------------------------------------------------------------------- put differently


def _differently(sentence: str, random: Random) -> str:
    for change in random.sample(_CHANGES, random.choice((0, 1, 1, 2, 2, 3))):
        sentence = change(sentence, random)
    return sentence


def _alike(sentence: str, random: Random) -> str:
    for one, two in random.sample(_ALIKE, len(_ALIKE)):
        for old, new in ((one, two), (two, one)):
            pattern = rf"\b{old}\b" if old.isascii() else old
            if len(old) > 1 and re.search(pattern, sentence) and random.random() < 0.8:
                return re.sub(pattern, new, sentence, count=1)
    return sentence


def _shorter(sentence: str, random: Random) -> str:
    """One or some of the clauses."""
    parts = _parts(sentence)
    if len(parts) < 2:
        return sentence
    keep = sorted(random.sample(range(len(parts)), random.randint(max(1, len(parts) - 2), len(parts) - 1)))
    out = "".join(parts[n] for n in keep).strip(" ,，;；:：")
    return out + ("。" if has_chinese(out) else ".") if len(out) >= 10 else sentence


def _turned(sentence: str, random: Random) -> str:
    """Two clauses exchanged."""
    parts = [part.strip(" ,，;；。.") for part in _parts(sentence)]
    if not 2 <= len(parts) <= 4 or min(map(len, parts)) < 5:
        return sentence
    first, second = random.sample(range(len(parts)), 2)
    parts[first], parts[second] = parts[second], parts[first]
    return (",".join(parts) + "。") if has_chinese(sentence) else ", ".join(parts) + "."


def _led(sentence: str, random: Random) -> str:
    chinese = has_chinese(sentence)
    lead = random.choice(_LEADS[0 if chinese else 1])
    return lead + (sentence if chinese else sentence[:1].lower() + sentence[1:])


def _thinned(sentence: str, random: Random) -> str:
    """Without some words that say little."""
    light = [w for w in parse(sentence).words if w.weight < 0.35]
    if not light:
        return sentence
    text = parse(sentence).folded
    word = random.choice(light)
    return text[: word.start] + text[word.end :]


def _notation(sentence: str, random: Random) -> str:
    """A number in another notation."""
    if has_chinese(sentence):
        out = re.sub(r"(\d+(?:\.\d+)?)%", lambda m: f"百分之{m[1]}", sentence, count=1) if random.random() < 0.5 else sentence
        out = re.sub(
            r"(?<![\d.a-zA-Z_-])([2-9]) ?(?=[个层种步倍次头位年天])", lambda m: "一二三四五六七八九"[int(m[1]) - 1], out, count=1
        )
        return (
            re.sub(
                r"(?<![一二三四五六七八九十百])[二两三四五六七八九](?=[个层种步倍次头位])",
                lambda m: str({"两": 2}.get(m[0]) or _CHINESE_DIGITS[m[0]]),
                out,
                count=1,
            )
            if out == sentence
            else out
        )
    out = re.sub(r"(?<![\d.\w-])([2-9])(?= [a-z])", lambda m: _ENGLISH_DIGITS[int(m[1])], sentence, count=1)
    return (
        re.sub(
            r"\b(two|three|four|five|six|seven|eight|nine|ten)\b",
            lambda m: next(str(n) for n, w in _ENGLISH_DIGITS.items() if w == m[1]),
            sentence,
            count=1,
        )
        if out == sentence
        else out
    )


def _traditional(sentence: str, random: Random) -> str:
    if not has_chinese(sentence) or random.random() < 0.6:
        return sentence
    from opencc import OpenCC

    converted: str = OpenCC("s2t").convert(sentence)
    return converted


_CHANGES: tuple[Callable[[str, Random], str], ...] = (
    _alike,
    _alike,
    _shorter,
    _turned,
    _led,
    _thinned,
    _thinned,
    _notation,
    _traditional,
)


def _both(one: str, two: str) -> str:
    if has_chinese(one):
        return one.rstrip("。.") + "," + two
    return one.rstrip(".") + ", and " + two[:1].lower() + two[1:]


def _parts(sentence: str) -> list[str]:
    starts = clauses(sentence)
    return [sentence[a:b] for a, b in zip(starts, [*starts[1:], None], strict=True)]


# ---------------------------------------------------------------------------------------------- faults


def _number(sentence: str, parts: Sequence[str], foreign: Sequence[str], random: Random) -> str:
    found = [
        m
        for m in re.finditer(
            r"(?<![A-Za-z_\d.-])\d+(?:\.\d+)?(?![A-Za-z_\d])|(?<=[^第])[二三四五六七八九](?=[个层种步倍次头位年天])|\b(?:two|three|four|five|six|seven|eight|nine|ten)\b",
            sentence,
        )
    ]
    if not found or not quantities(fold(sentence)):
        return ""
    match = random.choice(found)
    old = match.group()
    if old[0].isdigit():
        value = float(old)
        new = (
            value * random.choice((0.5, 2, 3, 10, 0.1))
            if random.random() < 0.5
            else value + random.choice((-3, -2, -1, 1, 2, 3, 5, 10))
        )
        shown = f"{abs(new):.10g}" if "." in old else str(int(abs(new)) or 7)
    elif old.isascii():
        shown = random.choice([w for w in _ENGLISH_DIGITS.values() if w not in (old, "one")])
    else:
        shown = random.choice([c for c in "二三四五六七八九" if c != old])
    return sentence[: match.start()] + shown + sentence[match.end() :] if shown != old else ""


def _unit(sentence: str, parts: Sequence[str], foreign: Sequence[str], random: Random) -> str:
    for old, new in random.sample(_OTHER_UNITS, len(_OTHER_UNITS)):
        pattern = rf"(?<=\d)(\s?){re.escape(old)}" + (r"(?![a-zA-Z])" if old.isascii() else "")
        if re.search(pattern, sentence):
            return re.sub(pattern, rf"\g<1>{new}", sentence, count=1)
    return ""


def _negation(sentence: str, parts: Sequence[str], foreign: Sequence[str], random: Random) -> str:
    if has_chinese(sentence):
        if negations(fold(sentence)):
            for old, new in (
                ("不需要", "需要"),
                ("无需", "需要"),
                ("无法", "能够"),
                ("不能", "能"),
                ("不会", "会"),
                ("不是", "是"),
                ("没有", "有"),
                ("不可", "可"),
                ("不支持", "支持"),
                ("并非", "是"),
                ("避免", "使用"),
            ):
                if old in sentence:
                    return sentence.replace(old, new, 1)
        for old in random.sample(("可以", "能够", "需要", "会", "是", "能", "支持", "使用", "包含", "有", "适合", "应该"), 12):
            at = sentence.find(old)
            if at >= 0 and not (at and sentence[at - 1] in "不没无只还就也但于可总社机学体功性智"):
                return sentence[:at] + ("没" if old == "有" else "不") + sentence[at:]
        return ""
    if negations(fold(sentence)):
        for pattern, new in (
            (r"\b(is|are|was|were|do|does|did|can|should|will|would|could) ?n(?:o|['’])t\b", r"\1"),
            (r"\bcannot\b", "can"),
            (r"\bwithout\b", "with"),
            (r"\bnever\b", "always"),
            (r"\bno longer\b", "still"),
        ):
            if re.search(pattern, sentence):
                return re.sub(pattern, new, sentence, count=1)
    for pattern, new in (
        (r"\b(is|are|was|were|can|should|will|would|could|must|may)\b(?! not)", r"\1 not"),
        (r"\b(uses|needs|requires|supports|allows|provides|contains|has)\b", "does not use"),
        (r"\bwith\b", "without"),
    ):
        if re.search(pattern, sentence):
            return re.sub(pattern, new, sentence, count=1)
    return ""


def _opposite(sentence: str, parts: Sequence[str], foreign: Sequence[str], random: Random) -> str:
    found = sorted(opposites(fold(sentence)).items())
    random.shuffle(found)
    for word, others in found:
        new = random.choice(sorted(others))
        if word.isascii():
            if re.search(rf"\b{word}\b", sentence):
                return re.sub(rf"\b{word}\b", new, sentence, count=1)
        elif word in sentence:
            return sentence.replace(word, new, 1)
    return ""


def _swap(sentence: str, parts: Sequence[str], foreign: Sequence[str], random: Random) -> str:
    """Two words of the sentence exchanged, or one put in the place of a word of another sentence of the passage."""
    text = parse(sentence)
    strong = [w for w in text.words if w.weight > 0.75 and w.end - w.start > 1]
    if len({w.key for w in strong}) < 2:
        return ""
    one, two = sorted(random.sample(strong, 2), key=lambda w: w.start)
    if (
        one.key == two.key
        or one.key in two.key
        or two.key in one.key
        or re.fullmatch(r"\s?(?:and|or|和|与|、|,|/)\s?", text.folded[one.end : two.start])
    ):
        return ""
    return (
        text.folded[: one.start]
        + text.folded[two.start : two.end]
        + text.folded[one.end : two.start]
        + text.folded[one.start : one.end]
        + text.folded[two.end :]
    )


def _replaced(sentence: str, parts: Sequence[str], foreign: Sequence[str], random: Random) -> str:
    """A weighty word replaced by another of the passage (attribution, entity)."""
    text = parse(sentence)
    strong = [w for w in text.words if w.weight > 0.8 and w.end - w.start > 1]
    pool = list(parts) if random.random() < 0.7 or not foreign else list(foreign)
    other = parse(random.choice(pool))
    new = [w for w in other.words if w.weight > 0.8 and w.end - w.start > 1 and w.key not in text.folded]
    if not strong or not new:
        return ""
    named = [w for w in strong if w.name]
    old = random.choice(named or strong)
    fit = [w for w in new if w.name == old.name] or new
    word = random.choice(fit)
    return text.folded[: old.start] + other.folded[word.start : word.end] + text.folded[old.end :]


def _moved(sentence: str, parts: Sequence[str], foreign: Sequence[str], random: Random) -> str:
    """The beginning of one sentence with the rest of another."""
    other = random.choice(list(parts))
    if other == sentence:
        return ""
    left, right = parse(sentence), parse(other)
    heads = [w for w in left.words[:2] if w.weight > 0.7]
    tails = [w for w in right.words[:2] if w.weight > 0.7]
    if not heads or not tails or heads[0].key in right.folded or tails[0].key in left.folded:
        return ""
    return right.folded[: tails[0].start] + left.folded[heads[0].start : heads[0].end] + right.folded[tails[0].end :]


def _reach(sentence: str, parts: Sequence[str], foreign: Sequence[str], random: Random) -> str:
    for old, new in random.sample(_REACH, len(_REACH)):
        pattern = rf"\b{old}\b" if old.isascii() else old
        if re.search(pattern, sentence):
            return re.sub(pattern, new, sentence, count=1)
    return ""


def _added(sentence: str, parts: Sequence[str], foreign: Sequence[str], random: Random) -> str:
    """A clause that stands elsewhere."""
    if not foreign:
        return ""
    more = max((part.strip(" ,，;；。.") for part in _parts(random.choice(list(foreign)))), key=len)
    if len(more) < 8:
        return ""
    if has_chinese(sentence):
        return sentence.rstrip("。. ") + random.choice((",并且", ",", ",从而", ",因为")) + more + "。"
    return sentence.rstrip(". ") + random.choice((", and ", ", which means ", ", because ")) + more + "."


def _elsewhere(sentence: str, parts: Sequence[str], foreign: Sequence[str], random: Random) -> str:
    return random.choice(list(foreign)) if foreign else ""


FAULTS: tuple[Callable[[str, Sequence[str], Sequence[str], Random], str], ...] = (_number, _unit, _negation, _opposite, _swap, _swap, _replaced, _moved, _reach, _added, _elsewhere)  # fmt: skip
"""One function a kind of fault; each gives the sentence with the fault, or nothing where it has no place for it."""
