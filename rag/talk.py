"""Take the small talk off a question, and put standard words for colloquial ones.

"你好,请问 RoPE 是啥意思啊,给我讲讲,谢谢" asks "RoPE 是什么意思": greetings, thanks and pleas stand in no note, and each
word of the question that no note meets lowers the confidence. Only whole phrases at the ends of a question, or between
commas, are taken off; what is left is never nothing.
"""

from __future__ import annotations

import re

_STANDARD = (
    (
        re.compile(
            r"(?<![称稱名作叫认認视視变變成分改化列定译譯])[为為](?:甚[么麼]|啥子?)|干啥(?=要|不)|凭(?:啥子?|什么|甚[么麼])"
        ),
        "为什么",
    ),
    (re.compile(r"甚[么麼]|啥子?"), "什么"),
    (re.compile(r"咋个?(?=[\u3400-\u9fff])"), "怎么"),
    (re.compile(r"怎么整(?=[?？。!！啊呀呢]*$)"), "怎么办"),
)
_TELL = r"(?:详细|简单|具体|好好|大概)?(?:讲解|讲|说明|说|介绍|解释|解答|科普|分析|谈|聊|描述)"
_PLEA = (
    rf"(?:(?:能不能|能否|可不可以|可否|能|可以)(?=[请帮给跟为麻]|{_TELL})|请|麻烦|劳烦|拜托)?(?:你|您|各位|大家)?"
    r"(?:帮忙|帮我|给我|跟我|为我|帮|(?<=[请烦])我?)?"
)
_THANKS = (
    r"(?:非常|十分)?(?:多谢|感谢|谢谢|谢(?=[你您啦了哈]))(?:[你您]|大家|各位)?[啦了哈咯]?|"
    r"\b(?:many thanks|thanks(?: a lot)?|thank you|thx)\b"
)
_GREETING = (
    r"(?:(?:[你您]|老师|同学|各位|大佬|朋友)们?好|大家好|早上好|下午好|晚上好|嗨|哈[喽啰罗]|\b(?:hi|hello|hey)\b)(?:[啊呀哦])?"
)
_HEARD = (
    r"(?:好[的吧]?|嗯|哦|噢|明白|懂|知道|了解|收到|原来如此|原来是这样|不错|太好|可以|行|没事|没问题|再见|拜拜|"
    r"\b(?:ok(?:ay)?|got it|i see|great|bye)\b)了?"
)
_AWAY = (
    r"(?:在线等|急|挺急的|求助|求解答?|求教|求指教|求科普"
    r"|(?:我)?(?:还是|有点|一直|实在)?(?:不太|没太|不|没|搞不|看不|弄不)(?:看|搞|弄)?(?:懂|明白|清楚|会)(?:了)?"
    r"|(?:请|要|能不能|用)?(?:说人话|讲人话|(?:用)?大白话(?:说|讲|解释)?|(?:说|讲)?(?:通俗|简单)(?:一?点|易懂)(?:说|讲|地说)?)"
    r"|不好意思|打扰(?:一?下|了)?|老师|大佬|小白一枚|新手)"
)
_MARK = r"[\s,，。.!！?？~～…、;；:：]"
_ALONE = re.compile(rf"^{_MARK}*(?:(?:{_THANKS}|{_GREETING}|{_HEARD}|{_AWAY}){_MARK}*)+$", re.IGNORECASE)
_BEFORE = re.compile(
    rf"^(?:{_MARK}*(?:(?:{_GREETING}|{_THANKS}|{_HEARD}|{_AWAY})\s*(?:[,，。.!！?？~～…、;；:：]+|(?=那|请|我想|想问))"
    r"|(?:请问|我?[想要](?:请教|请问|问|咨询)|我?(?:请教|问|咨询)(?=[你您]?一?下))(?:[你您]|大家)?(?:一?下)?"
    r"|(?:我)?想(?:知道|了解|搞懂|弄懂|弄清楚)(?:一下)?"
    r"|(?:有没有人|有谁|谁|你|您|大家)(?:能|可以)?知道"
    rf"|{_PLEA}(?<=.)(?={_TELL})))+{_MARK}*",
    re.IGNORECASE,
)
_AFTER = re.compile(
    rf"(?:(?<!{_MARK}){_MARK}+(?:(?:{_THANKS}|{_AWAY})"
    rf"|{_PLEA}(?:{_TELL}|贴|发|看)?(?:一下|一?{_TELL}|下)(?:看|吧|呗|吗|可以吗|好吗|行吗|好不好)*"
    rf"|{_PLEA}(?<=[我忙帮]){_TELL}(?:看|吧|呗|吗)*))+(?P<end>{_MARK}*)$",
    re.IGNORECASE,
)
_THANKED = re.compile(rf"(?:{_THANKS}){_MARK}*$", re.IGNORECASE)
_PARTICLE = re.compile(r"(?<=[\u3400-\u9fffA-Za-z0-9])[啊呀哦噢呗哇啦嘞]+(?=[\s,，。.!！?？~～;；]|$)")


def only_talk(text: str) -> bool:
    """Whether nothing is asked ("谢谢", "好的,明白了", "ok")."""
    return not text.strip() or bool(_ALONE.match(text.strip()))


def without_talk(text: str) -> str:
    """The question alone, in standard words; ``text`` as it is where it is nothing but talk."""
    if only_talk(text):
        return text
    bare = _PARTICLE.sub("", text)
    for pattern, standard in _STANDARD:
        bare = pattern.sub(standard, bare)
    bare = _BEFORE.sub("", bare)
    bare = _AFTER.sub(lambda match: "?" if re.search("[?？]", match.group()) and not match.group().startswith("?") else "", bare)
    bare = _THANKED.sub("", bare).strip().rstrip(",，、")
    return bare if re.search(r"[^\W_]", bare) else text
