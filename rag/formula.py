"""Formulas, assignments and calls within a text, brought to one spelling so that they can be compared character by character."""

from __future__ import annotations

import re
from functools import lru_cache

from rag.quantity import raised

_RUN = re.compile(r"[A-Za-z0-9_;\\{}()\[\]^+\-−*/=<>≤≥≠±·×÷√∑∏∂∇α-ωΑ-Ω⁰¹²³⁴-⁹⁺⁻.,|' ]{3,400}")
_SIGN = re.compile(r"[=^*/√∑∏∂×÷·<>≤≥]|(?<=[\w)\]}|])\s?[+\-−]\s?(?=[\w(\\|])")
_WORDS = re.compile(r"(?<![A-Za-z\\_])[A-Za-z]{2,}(?:[ ]+[A-Za-z'-]{2,})+")
_EQUAL = str.maketrans(
    {"−": "-", "×": "*", "·": "*", "{": "(", "}": ")", "[": "(", "]": ")", "÷": "/", " ": None, "\\": None, "$": None}
)
_SIGNS = {"times": "*", "cdot": "*", "div": "/", "leq": "<=", "geq": ">=", "neq": "!=", "le": "<=", "ge": ">=", "ne": "!="}
_SIGNS |= {"sqrt": "√", "sum": "∑", "prod": "∏", "partial": "∂", "nabla": "∇", "infty": "∞", "pm": "±", "to": "→", "top": "T"}
_COMMAND = re.compile(r"\\(" + "|".join(_SIGNS) + r")(?![A-Za-z])")
_DRESS = re.compile(
    r"\\(?:left|right|big|Big|mathrm|mathbf|mathbb|mathcal|text|operatorname|displaystyle|quad|qquad)(?![A-Za-z])|\\[,;:!]"
)
"""What changes only how a formula looks."""
_GROUP = r"\s*(?:\{((?:[^{}]|\{[^{}]*\})*)\}|(\w))"
_FRACTION = re.compile(rf"\\[dt]?frac{_GROUP}{_GROUP}")
_LOWERED = re.compile(r"_\s*(?:\{([\w,]*)\}|(?=\w))")
_SINGLE = re.compile(r"([\^√(/*=+-]|^)\(([\w^√.]+)\)")
"""A bracket around one thing: x^(2), (d)/(2)."""
_GREEK = (
    "α alpha β beta γ gamma δ delta ε epsilon ζ zeta η eta θ theta κ kappa λ lambda μ mu ν nu ξ xi π pi "
    "ρ rho σ sigma τ tau φ phi χ chi ψ psi ω omega"
)
_SPELLED = str.maketrans(dict(zip(_GREEK.split()[::2], _GREEK.split()[1::2], strict=True)) | {"≤": "<=", "≥": ">=", "≠": "!="})
_INDEXED = re.compile("(?:" + "|".join(f"(?<={name})" for name in _GREEK.split()[1::2]) + r")(?=\d)")
"""Between a Greek letter and its index: β2."""
_LONE = re.compile(r"(?<=[\w)])\s+[A-Za-z]{3,}(?:-[A-Za-z]+)*\s*$")
"""A word behind a number: 12 micro-batches, the 3/4 power."""
LONGEST = 160


def formulas(text: str) -> list[str]:
    """The formulas of ``text``, each with two operands and a sign at least, cut where words begin, commas apart."""
    out = []
    for run in _RUN.findall(text):
        for part in _parts(_WORDS.sub(";", run)):
            part = _LONE.sub("", part)
            if _SIGN.search(part) or _COMMAND.search(part):
                formula = symbols(part).strip(".")
                if len(formula) > 2 and not re.fullmatch(
                    r"[-+/]?[\d.]+[-+/]?[\d.]*|[a-z]+[-/][a-z]+(?:[-/][a-z]+)*|[a-z]+-?\d+[a-z]*|[\d.]+-[a-z]+", formula
                ):
                    out.append(_balanced(formula)[:LONGEST])
    return out


def _parts(run: str) -> list[str]:
    """``run`` cut at commas that stand in no bracket."""
    out, depth, start = [], 0, 0
    for place, sign in enumerate(run):
        depth += (sign in "([{") - (sign in ")]}")
        if sign == ";" or (depth <= 0 and (sign == "," or run[place : place + 2] == ". ")):
            out.append(run[start:place])
            depth, start = 0, place + 1
    return [*out, run[start:]]


@lru_cache(maxsize=1024)
def symbols(text: str) -> str:
    """``text`` without spaces, in one spelling of brackets, signs, powers, fractions and Greek letters, lower case."""
    text = _COMMAND.sub(lambda name: _SIGNS[name.group(1)], _DRESS.sub("", raised(text)))
    text = _FRACTION.sub(lambda part: "({}{})/({}{})".format(*(group or "" for group in part.groups())), text)
    text = _LOWERED.sub(lambda under: f"_{under.group(1) or ''}", text).translate(_EQUAL).translate(_SPELLED).lower()
    text = _INDEXED.sub("_", text)
    return _SINGLE.sub(r"\1\2", _SINGLE.sub(r"\1\2", text))


def _balanced(formula: str) -> str:
    """Without an opening bracket at the front or a closing one at the end that has no partner."""
    while formula.startswith("(") and formula.count("(") > formula.count(")"):
        formula = formula[1:]
    while formula.endswith(")") and formula.count(")") > formula.count("("):
        formula = formula[:-1]
    return formula
