"""Numbers with what they count, so that 两层 equals "2 layers", 0.8 米 80 厘米, 一成 10 % and "an hour and ten minutes" 70 min.

A quantity is a value in the base unit of its dimension (seconds, metres, bytes, a share of one ...). What counts things
(个, 层, "heads") has no dimension. A digit that belongs to a name (GPT-2, int8, x_1) is no quantity. Both ends of a range
are quantities of their own.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from functools import lru_cache

from rag.units import DIGITS, ENGLISH, MANY, MONTHS, ORDINAL, TENS, UNITS, WEEKDAYS

_UNIT = re.compile(
    r"[\s\\]?(?:(" + "|".join(sorted((re.escape(u) for u in UNITS if not u[0].isascii() or not u[0].isalpha()), key=len, reverse=True)) + r")"
    r"|[- ]?(" + "|".join(sorted((re.escape(u) for u in UNITS if u[0].isascii() and u[0].isalpha()), key=len, reverse=True)) + r")(?![a-z0-9]))"
)  # fmt: skip
_COUNTERS = "孔盏棵头次遍个层头步次种名位篇类项条章行列台颗轮代阶段句词字维张座部家只件款届队门级点份组对套趟处所本册道支根片块人亿万倍成年月日天号周岁秒分元度斤吨升米克"
_HAN = r"零〇一二两三四五六七八九十百千"
_NUMBER = re.compile(
    rf"(?P<weekday>(?<![a-z])(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day)(?=s?(?![a-z]))|(?:周|星期|礼拜)[一二三四五六日天](?!个))"
    rf"|(?P<month>(?<![a-z])(?:january|february|march|april|(?:(?<=\d )|(?<=in ))may|may(?= \d)|june|july|august|september|october|november|december)(?![a-z]))"
    rf"|(?P<clock>(?<![\d:])\d{{1,2}}:\d{{2}}(?![\d:]))"
    r"|(?<![\w./^{])(?P<over>\d{1,3})/(?P<under>[2-9]|10|16|32|64|100)(?![\d/%a-z年月日]|\.\d)"
    rf"|(?P<money>(?:\$(?![^$\n]*[=\\^_{{}}(][^$\n]*\$)|[£€¥])\s?)?(?P<digits>(?<![a-z0-9_.^])(?<![a-z][-/])(?<![a-z]_{{)(?<!\^{{)[-−]?(?:\d{{1,3}}(?:,\d{{3}})+|\d+)(?:\.\d+)?(?:e[+-]?\d+|\s?[×x*]\s?10\^?{{?[-−]?\d+}}?|\^{{?[-−]?\d+}}?)?)(?![\d_])"
    rf"|百分之(?P<hundredth>[{_HAN}]{{1,12}}(?:点[{_HAN}]{{1,12}})?|\d+(?:\.\d+)?)"
    rf"|(?P<below>[{_HAN}万亿]{{1,12}}|\d{{1,12}})分之(?P<above>[{_HAN}]{{1,12}}|\d{{1,12}})"
    rf"|(?P<ordinal>第)(?P<nth>[{_HAN}]{{1,12}}|\d{{1,12}})"
    rf"|(?P<han>(?!一半)(?:[{_HAN}]{{2,12}}(?:点[{_HAN}]{{1,12}})?|[{_HAN}])(?=[来多几余]?\s?[{_COUNTERS}钟小毫厘公平半字百千])|十[{_HAN}]{{1,8}}|[{_HAN}]{{1,8}}十[{_HAN}]?|[{_HAN}]点[{_HAN}]{{1,12}}|双(?=[层倍份重]))"
    r"|(?P<half>一半|半数|(?<![a-z])half(?![a-z]))|(?P<quarter>(?<![a-z])a quarter(?![a-z]))|(?P<third>(?<![a-z])a third(?![a-z]))|(?<![a-z])(?P<parts>one|two|three|four)[- ](?P<part>third|quarter|fifth|sixth|eighth|tenth)s?(?![a-z])"
    rf"|(?<![a-z])(?P<english>(?:{'|'.join(sorted(ENGLISH, key=len, reverse=True))})(?:[- ](?:{'|'.join(list(ENGLISH)[1:10])}))?|an?(?=\s(?:hour|minute|second|day|week|month|year|dozen|hundred|thousand|million|billion)(?![a-z])))(?![a-z])"
    rf"|(?<![a-z])(?P<english_nth>{'|'.join(ORDINAL)})(?![a-z])"
    r"|(?<![a-z])(?P<twice>once|twice|double[ds]?|thrice)(?![a-z])"
)  # fmt: skip
_SCALE = re.compile(
    r"\s?(万亿|百万|千万|万|亿|兆)|\s?(thousand|million|billion|trillion|hundred|dozen|bn)(?![a-z])|(k|m|b|t)(?![a-z0-9])"
)
_ABOUT = re.compile(r"(?:大?约|大概|将?近|接近|左右|上下|差不多|around|about|approximately|roughly|nearly|almost|close to|some|(?<!\d)~|≈|超过|逾|over|more than|under|less than|不到|不足)\s*$")  # fmt: skip
_AFTER_ABOUT = re.compile(r"\s?(?:左右|上下|or so)")
_LOOSE = re.compile(r"[来多几余]")
_LIST_MARK = re.compile(r"(?:^|\n)\s*[-*(（]?\s*\d{1,2}[.)、）:](?!\d)\s*|^[-*]\s+")
_COUNTED = re.compile(r"[\s-]?([\u3400-\u9fff]|[a-z]{3,})")
_TO = re.compile(r"\s?(?:[~～–—-]|至|到|to|and|or|或)\s?")
_IDIOM = re.compile(
    r"十分|万一|千万别|一一|百般|千方百计|三番|七八|一五一十|百科|千问|四处|[两三四]者|一旦|一点|十足|三元组|二元|一元|二进制|十进制|二阶|三角|二分|二叉|四则|五官"
)
_CLOCK = re.compile(
    r"点(?:(半|[一二三]刻|[二三四五]?十[一二三四五六七八九]?分?|\d\d分?)|钟|(?=[发到开\W之前后以就]|$)(?!\s?[零一二三四五六七八九\d]))"
)
_EVENING = re.compile(r"(?:下午|晚上|傍晚|夜里|晚)\s*$")


_RAISED = re.compile(r"[⁰¹²³⁴-⁹⁺⁻]+")


def raised(text: str) -> str:
    """``text`` with its raised digits as powers, 10⁻⁶ as 10^{-6}: folded as they are, they would run on in the number."""
    return _RAISED.sub(lambda power: f"^{{{unicodedata.normalize('NFKC', power.group())}}}", text)


@dataclass(frozen=True, slots=True)
class Quantity:
    """One number of a text: ``value`` in the base unit of ``dimension`` (empty: a bare number or a count)."""

    value: float
    dimension: str
    slack: float
    """How far another value may lie from it, as a share of it: what "about" leaves open."""
    weak: bool
    """A number that says little by itself: one, an ordinal, a count of a few things."""
    start: int
    end: int
    text: str
    plain: float = 0.0
    """The number without its unit: 12 for "12 years"."""
    counts: str = ""
    """What it counts: the character or the word behind it."""

    def same(self, other: Quantity) -> bool:
        """Whether both can be one number: equal values where the dimensions allow it."""
        if self.dimension == "clock" and other.dimension == "clock":
            return (self.value - other.value) % 43200 == 0
        if self.dimension != other.dimension and self.dimension and other.dimension:
            kinds = {self.dimension: self.value, other.dimension: other.value}
            if kinds.keys() == {"day", "second"}:
                return kinds["day"] * 86400 == kinds["second"]
            return self.value == other.value and kinds.keys() <= _LIKE
        if (not self.dimension and self.value == other.plain) or (not other.dimension and other.value == self.plain):
            return True
        room = max(self.slack, other.slack, 1e-6)
        return abs(self.value - other.value) <= room * max(abs(self.value), abs(other.value))


_LIKE = frozenset({"date", "day", "month", "times"})


@lru_cache(maxsize=4096)
def quantities(text: str) -> tuple[Quantity, ...]:
    """The numbers of ``text`` (folded: NFKC, lower case, Simplified) in order."""
    marks = [match.span() for match in _LIST_MARK.finditer(text)]
    out: list[Quantity] = []
    for match in _NUMBER.finditer(text):
        if any(start <= match.start() < end for start, end in marks) or _IDIOM.match(text, match.start()):
            continue
        found = _quantity(match, text)
        before = out[-1] if out else None
        if (
            before is not None
            and before.dimension == found.dimension == "second"
            and found.value < before.value
            and re.fullmatch(r"\s?(?:and|零|又|,)?\s?", text[before.end : found.start])
        ):
            out[-1] = Quantity(
                before.value + found.value, "second", before.slack, False, before.start, found.end, text[before.start : found.end]
            )
            continue
        if before is not None and found.dimension and not before.dimension and _TO.fullmatch(text[before.end : found.start]):
            factor = found.value / plain if (plain := _digits_of(found.text)) else 1.0
            out[-1] = replace(before, value=before.value * factor, dimension=found.dimension)
        out.append(found if found.dimension else replace(found, counts=_counted(text, found.end)))
    return tuple(out)


def _counted(text: str, end: int) -> str:
    """The counter (个, 层) or the noun behind a number."""
    match = _COUNTED.match(text, end)
    return match.group(1).rstrip("s") if match else ""


def _digits_of(text: str) -> float:
    """The bare number that ``text`` begins with, 0 where it begins with none."""
    number = re.match(r"-?[\d,]+(?:\.\d+)?", text)
    return _digits(number.group()) if number else _han(han.group()) if (han := re.match(f"[{_HAN}]+", text)) else 0.0


def _quantity(match: re.Match[str], text: str) -> Quantity:
    start, end = match.span()
    group = match.groupdict()
    if (fixed := _fixed(group, match.group(), _slack(text, start, end))) is not None:
        value, dimension, slack, weak = fixed
        return Quantity(value, dimension, slack, weak, start, end, match.group())
    if group["digits"]:
        value, weak = _digits(group["digits"]), False
        dimension = {"$": "dollar", "£": "pound", "€": "euro", "¥": "yuan"}.get((group["money"] or "").strip(), "")
    else:
        value = (
            _han(group["han"]) if group["han"] else sum(ENGLISH.get(word, 1.0) for word in re.split(r"[- ]", group["english"]))
        )
        weak, dimension = value <= 1, ""
    slack = _slack(text, start, end)
    value, slack, grown = _scaled(value, slack, text, end, digits=bool(group["digits"]), unit=bool(dimension))
    weak, end = weak and grown == end, grown
    if group["han"] and value <= 24 and (clock := _CLOCK.match(text, end)):
        late = 43200 if value < 12 and _EVENING.search(text, 0, start) else 0
        seconds = value * 3600 + _minutes(clock.group(1)) * 60 + late
        return Quantity(seconds, "clock", slack, False, start, clock.end(), text[start : clock.end()])
    plain = value
    if not dimension and (unit := _UNIT.match(text, end + (text[end : end + 1] == ")"))):
        dimension, factor = UNITS[unit.group(1) or unit.group(2)]
        value, end = value * factor, unit.end()
        weak = weak and (dimension in ("", "times", "second") or group["english"] is not None)
        if text[end : end + 1] == "半" and dimension in ("second", "month", "litre", "gram", "metre", "times"):
            value, end = value + factor / 2, end + 1
    weak = weak or (value == 1 and not dimension)
    slack = max(slack, 0.3 if _LOOSE.match(text, end) else 0.0)
    return Quantity(value, dimension, slack, weak, start, end, text[start:end], plain)


def _fixed(group: dict[str, str | None], text: str, slack: float) -> tuple[float, str, float, bool] | None:
    """Value, dimension, slack and weakness of a number that needs no unit; ``None`` for the others."""
    shares = {"half": 0.5, "quarter": 0.25, "third": 1 / 3}
    if (name := next((name for name in shares if group[name]), None)) is not None:
        return shares[name], "share", 0.02, name == "half"
    if group["parts"] and group["part"]:
        parts = 4 if group["part"] == "quarter" else ORDINAL[group["part"]]
        return ENGLISH[group["parts"]] / parts, "share", 0.02, False
    if group["clock"]:
        hours, minutes = text.split(":")
        return int(hours) * 3600.0 + int(minutes) * 60, "clock", 0.0, False
    if group["weekday"]:
        return WEEKDAYS[text if text.isascii() else text[-1]], "weekday", 0.0, False
    if group["month"]:
        return MONTHS[text], "date", 0.0, False
    if group["hundredth"]:
        return _han(group["hundredth"]) / 100, "share", slack, False
    if group["below"] and group["above"]:
        below = {"万": 1e4, "亿": 1e8}.get(group["below"]) or _han(group["below"].rstrip("万亿"))
        return _han(group["above"]) / below if below else 0.0, "share", 0.01, False
    if group["over"] and group["under"]:
        return int(group["over"]) / int(group["under"]), "share", 0.01, False
    if group["nth"] or group["english_nth"]:
        return _han(group["nth"]) if group["nth"] else ORDINAL[text], "ordinal", 0.0, True
    if group["twice"]:
        return {"once": 1.0, "thrice": 3.0}.get(text, 2.0), "times", 0.0, True
    return None


def _scaled(value: float, slack: float, text: str, end: int, *, digits: bool, unit: bool) -> tuple[float, float, int]:
    """The number with what follows it: 来, 多 ("and some"), 万, million, k. Value, slack and the new end."""
    loose = _LOOSE.match(text, end)
    if loose and not (loose.group() == "多" and text[end + 1 : end + 2] in ("头", "层", "种", "个")):
        slack, end = max(slack, 0.3), loose.end()
    if scale := _SCALE.match(text, end):
        name = next(part for part in scale.groups() if part)
        if not scale.group(3) or (name == "m" and unit) or (name != "m" and digits and not unit):
            value, end = value * MANY[name], scale.end()
            if loose := _LOOSE.match(text, end):
                slack, end = max(slack, 0.3), loose.end()
    return value, slack, end


def _minutes(text: str | None) -> float:
    """What stands behind 点: 半, 一刻, 二十分."""
    if not text:
        return 0
    return 30 if text == "半" else _han(text[0]) * 15 if text.endswith("刻") else _han(text.rstrip("分"))


def _slack(text: str, start: int, end: int) -> float:
    return 0.1 if _ABOUT.search(text, max(0, start - 14), start) or _AFTER_ABOUT.match(text, end) else 0.0


def _digits(text: str) -> float:
    text = re.sub(r"[,\s]", "", text.replace("−", "-"))
    if power := re.fullmatch(r"(-?[\d.]+)\^{?(-?\d+)}?", text):
        text = f"1e{power[2]}" if power[1] == "10" else power[1]
    elif times := re.fullmatch(r"(-?[\d.]+)[×x*]10\^?{?(-?\d+)}?", text):
        text = f"{times[1]}e{times[2]}"
    try:
        return min(max(float(text), -1e300), 1e300)
    except ValueError:
        return 0.0


def _han(text: str) -> float:
    """二百五十六 → 256, 二〇二四 → 2024, 三点五 → 3.5; digits as they stand."""
    if text[:1].isascii():
        return _digits(text)
    whole, _, fraction = text.partition("点")
    if not any(c in TENS for c in whole):
        value = float("".join(str(DIGITS[c]) for c in whole) or 0)
    else:
        value, digit = 0.0, 0
        for c in whole:
            if c in TENS:
                value, digit = value + (digit or 1) * TENS[c], 0
            else:
                digit = DIGITS[c]
        value += digit
    return value + (float("0." + "".join(str(DIGITS.get(c, 0)) for c in fraction)) if fraction else 0.0)
