r"""Formulas as trees (MathML of web pages, OMML of Word) to one line of LaTeX-like text.

Only the structure becomes LaTeX (``\frac``, ``^``, ``_``, ``\sqrt``, ...); symbols stay the characters that they are, so
that "α" and "∑" are found by a search and still rendered by KaTeX.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from xml.etree.ElementTree import Element

_DEPTH = 60
"""Nesting beyond which a formula is written as its bare characters."""
_ACCENTS = {
    "^": "hat", "ˆ": "hat", "\u0302": "hat", "~": "tilde", "˜": "tilde", "\u0303": "tilde",
    "¯": "bar", "‾": "bar", "\u0304": "bar", "\u0305": "bar", "→": "vec", "\u20d7": "vec",
    ".": "dot", "˙": "dot", "\u0307": "dot", "¨": "ddot", "\u0308": "ddot",
}  # fmt: skip
_FUNCTIONS = frozenset(
    ("arccos", "arcsin", "arctan", "arg", "cos", "cosh", "cot", "det", "dim", "exp", "inf", "lim", "ln", "log", "max", "min",
     "sin", "sinh", "sup", "tan", "tanh", "Pr")
)  # fmt: skip
_INVISIBLE = str.maketrans(
    {"\u2061": None, "\u2062": None, "\u2063": None, "\u2064": None, "\u200b": None, "−": "-", "\xa0": " "}
)
_ONE = re.compile(r"\\?[^\W\d_]+|\d+|.", re.DOTALL)
_WRAPPER = re.compile(r"\{\s*\\(?:display|text)style\s*(.*)\}", re.DOTALL)


def tex(source: str) -> str:
    r"""LaTeX as a page carries it, on one line and without ``$``, ``\(``, ``\[`` or ``{\displaystyle ...}`` around it."""
    source = " ".join(source.split())
    for left, right in (("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]")):
        if source.startswith(left) and source.endswith(right) and len(source) > len(left) + len(right):
            source = source[len(left) : -len(right)].strip()
            break
    wrapper = _WRAPPER.fullmatch(source)
    return wrapper[1].strip() if wrapper else source


def mathml(element: Element) -> str:
    """A ``<math>`` element: its LaTeX annotation or ``alttext`` where it has one, else its structure."""
    for node in element.iter():
        if node.tag == "annotation" and "tex" in node.get("encoding", "").lower() and (source := tex("".join(node.itertext()))):
            return source
    return tex(element.get("alttext", "")) or " ".join(_mathml(element, 0).split())


def omml(element: Element) -> str:
    """An ``m.oMath`` element of Word (names as ``m.oMath``)."""
    return " ".join(_omml(element, 0).split())


def _group(text: str) -> str:
    """``text`` as the argument of ``^`` or ``_``: in braces unless it is one symbol."""
    text = text.strip()
    single = _ONE.fullmatch(text) and (len(text) == 1 or text.startswith("\\"))
    return text if single else "{" + text + "}"


def _join(parts: Sequence[str]) -> str:
    """Parts side by side, with a space where a command would run into a letter."""
    out = ""
    for part in parts:
        if out and part and part[0].isalpha() and re.search(r"\\[a-zA-Z]+$", out):
            out += " "
        out += part
    return out


def _scripts(base: str, sub: str, sup: str) -> str:
    base = base if len(base) <= 1 or _ONE.fullmatch(base) or base[0] == "\\" else "{" + base + "}"
    return base + (f"_{_group(sub)}" if sub.strip() else "") + (f"^{_group(sup)}" if sup.strip() else "")


def _root(body: str, degree: str = "") -> str:
    return f"\\sqrt[{degree}]{{{body}}}" if degree.strip() else f"\\sqrt{{{body}}}"


def _accent(base: str, mark: str) -> str:
    name = _ACCENTS.get(mark.strip())
    return f"\\{name}{{{base}}}" if name else f"\\overset{{{mark}}}{{{base}}}"


def _matrix(rows: Sequence[Sequence[str]]) -> str:
    return "\\begin{matrix} " + " \\\\ ".join(" & ".join(row) for row in rows) + " \\end{matrix}"


def _leaf(text: str) -> str:
    return text.translate(_INVISIBLE)


# MathML


def _mathml(node: Element, depth: int) -> str:
    if depth > _DEPTH:
        return _leaf("".join(node.itertext()))
    if node.tag in _LEAVES:
        return _LEAVES[node.tag](_leaf("".join(node.itertext())).strip())
    if node.tag == "mtable":
        return _matrix([[_mathml(cell, depth + 2) for cell in row] for row in node])
    if node.tag == "semantics":
        return _mathml(node[0], depth + 1) if len(node) else ""
    parts = [_mathml(child, depth + 1) for child in node]
    if node.tag == "mfenced":
        return node.get("open", "(") + node.get("separators", ",")[:1].join(parts) + node.get("close", ")")
    build = _MATHML.get((str(node.tag), len(parts)))
    if build:
        return build(*parts)
    if node.tag == "msqrt":
        return _root(_join(parts))
    return _join(parts) if parts else _leaf(node.text or "")


def _identifier(text: str) -> str:
    if text in _FUNCTIONS:
        return f"\\{text} "
    return f"\\mathrm{{{text}}}" if len(text) > 1 and text.isascii() and text.isalpha() else text


_LEAVES: dict[str, Callable[[str], str]] = {
    "mi": _identifier,
    "mn": str,
    "mo": str,
    "ms": str,
    "mtext": lambda text: f"\\text{{{text}}}" if text else " ",
    "mspace": lambda text: " ",
    "mphantom": lambda text: "",
    "annotation": lambda text: "",
    "annotation-xml": lambda text: "",
}
_MATHML: dict[tuple[str, int], Callable[..., str]] = {
    ("mfrac", 2): lambda a, b: f"\\frac{{{a}}}{{{b}}}",
    ("msup", 2): lambda a, b: _scripts(a, "", b),
    ("msub", 2): lambda a, b: _scripts(a, b, ""),
    ("msubsup", 3): _scripts,
    ("munder", 2): lambda a, b: _scripts(a, b, ""),
    ("mover", 2): _accent,
    ("munderover", 3): _scripts,
    ("mroot", 2): _root,
}


# OMML


def _omml(node: Element | None, depth: int) -> str:
    if node is None:
        return ""
    if depth > _DEPTH:
        return _leaf("".join(node.itertext()))
    if node.tag == "m.t":
        return _leaf(node.text or "")
    build = _OMML.get(str(node.tag))
    if build:
        return build(node, lambda name: _omml(node.find(f"m.{name}"), depth + 1), depth)
    if str(node.tag).endswith("Pr") or node.tag in ("w.del", "w.moveFrom", "w.instrText"):
        return ""
    return _join([_omml(child, depth + 1) for child in node])


def _value(node: Element, properties: str, name: str, default: str) -> str:
    found = node.find(f"m.{properties}/m.{name}")
    return default if found is None else found.get("m.val", default)


def _delimited(node: Element, part: Callable[[str], str], depth: int) -> str:
    inner = _value(node, "dPr", "sepChr", "|").join(_omml(child, depth + 1) for child in node.findall("m.e"))
    return _value(node, "dPr", "begChr", "(") + inner + _value(node, "dPr", "endChr", ")")


def _rows(node: Element, part: Callable[[str], str], depth: int) -> str:
    if node.tag == "m.eqArr":
        return _matrix([[_omml(row, depth + 1)] for row in node.findall("m.e")])
    return _matrix([[_omml(cell, depth + 2) for cell in row.findall("m.e")] for row in node.findall("m.mr")])


def _function(node: Element, part: Callable[[str], str], depth: int) -> str:
    name = part("fName").strip()
    return _join([f"\\{name} " if name in _FUNCTIONS else name, part("e")])


_OMML: dict[str, Callable[[Element, Callable[[str], str], int], str]] = {
    "m.f": lambda node, part, depth: f"\\frac{{{part('num')}}}{{{part('den')}}}",
    "m.sSup": lambda node, part, depth: _scripts(part("e"), "", part("sup")),
    "m.sSub": lambda node, part, depth: _scripts(part("e"), part("sub"), ""),
    "m.sSubSup": lambda node, part, depth: _scripts(part("e"), part("sub"), part("sup")),
    "m.sPre": lambda node, part, depth: _scripts("{}", part("sub"), part("sup")) + part("e"),
    "m.rad": lambda node, part, depth: _root(part("e"), part("deg")),
    "m.nary": lambda node, part, depth: _scripts(_value(node, "naryPr", "chr", "∫"), part("sub"), part("sup")) + " " + part("e"),
    "m.d": _delimited,
    "m.m": _rows,
    "m.eqArr": _rows,
    "m.func": _function,
    "m.acc": lambda node, part, depth: _accent(part("e"), _value(node, "accPr", "chr", "\u0302")),
    "m.bar": lambda node, part, depth: f"\\overline{{{part('e')}}}",
    "m.limLow": lambda node, part, depth: _scripts(part("e"), part("lim"), ""),
    "m.limUpp": lambda node, part, depth: _scripts(part("e"), "", part("lim")),
}
