"""Take out of a text what could load something or lead somewhere: images, links, addresses, HTML.

For text that an LLM wrote, which may have been told what to write by whoever wrote one of the notes. It is not a parser of
Markdown, of which there are many: what is recognised is taken out, and what is left is bent (a blank after ``<`` before a
letter, between ``]`` and ``(``) so that no renderer can read a tag or a link in it.
"""

from __future__ import annotations

import re

SPAN = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)|\$[^$\n]+\$|\\\([^\n]*?\\\)")
"""Inline code and formulas."""

SPECIAL = re.compile(
    r"</?(?:unk|pad|mask|bos|eos|cls|sep|sop|eop|eod|eot|gmask|s|w|extra_id_\d{1,3})>|<\|[a-z_]{2,20}\|>", re.IGNORECASE
)
"""A language model's special tokens, which look like tags; notes on language models are full of them."""
_CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff\U000e0000-\U000e007f]"
)
"""Control, direction-changing and invisible characters, and halves of characters."""
_PARENTHESES = r"\((?:[^()\n]|\([^()\n]*\))*\)"
_CODE = re.compile(f"{SPAN.pattern}|{SPECIAL.pattern}", re.IGNORECASE)
_IMAGE = re.compile(rf"!\[([^\[\]]*)\]\s*(?:{_PARENTHESES}|\[[^\[\]]*\])")
_LINK = re.compile(rf"\[([^\[\]]*)\]\s*(?:{_PARENTHESES}|\[[^\[\]\d][^\[\]]*\])")
_EMBED = re.compile(r"!\[\[[^\[\]]*\]\]")
_ADDRESS = re.compile(
    r"<?(?:\b[a-z][a-z0-9+.-]{1,20}://|\bwww\.|\b(?:javascript|vbscript|data|mailto|file):(?=[^\s\u3400-\u9fff])|(?<=[\s(])//(?=\w))"
    r"[^\s<>（）()\[\]\u3000-\u303f\u3400-\u9fff，；“”\"'`]*>?",
    re.IGNORECASE,
)
_WITH_CONTENT = re.compile(
    r"<\s*(script|style|iframe|object|embed|svg|math|noscript|template|textarea|title|xmp)\b.*?(?:<\s*/\s*\1[^>]*>|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_TAG = re.compile(r"<[/!]?[a-z][a-z0-9-]*(?:\s[^<>]*=[^<>]*|\s*)/?>|<!--.*?(?:-->|\Z)", re.IGNORECASE | re.DOTALL)
_COMMAND = re.compile(r"\\(?:href|url|includegraphics|html[A-Za-z]*)\b")


def harmless(text: str) -> str:
    """``text`` without them; what an image or link was called stays.

    Inline code stays as it is, but for a backtick that opens or closes none: it could pair with one of another sentence and
    lay bare what stood in code. A special token of a language model becomes inline code.
    """
    text = printable(text)
    out, place = "", 0
    for span in _CODE.finditer(text):
        if not span.group().startswith(("$", "\\")):
            code = span.group() if span.group().startswith("`") else f"`{span.group()}`"
            out += _bare(text[place : span.start()]) + code
            place = span.end()
    return out + _bare(text[place:])


def printable(text: str) -> str:
    """``text`` without characters that are not seen, or that turn others around."""
    return _CONTROL.sub("", text)


def _bare(text: str) -> str:
    before = None
    while text != before:  # until nothing changes: what is taken out of the middle must not leave a new one
        before = text
        for pattern, kept in ((_WITH_CONTENT, ""), (_TAG, ""), (_EMBED, ""), (_IMAGE, r"\1"), (_LINK, r"\1")):
            text = pattern.sub(kept, text)
        text = _COMMAND.sub("", _ADDRESS.sub("", text)).replace("`", "")
    text = re.sub(r"\](?=[(\[:])", "] ", text)
    text = re.sub(r"!(?=\[)", "", text)
    return re.sub(r"<(?=[A-Za-z/!?])", "< ", text)
