"""Formulas, assignments and calls within a text, brought to one spelling so that they can be compared character by character."""

from __future__ import annotations

import re

_RUN = re.compile(r"[A-Za-z0-9_;\\{}()\[\]^+\-−*/=<>≤≥≠±·×÷√∑∏∂∇α-ωΑ-Ω.,|' ]{3,400}")
_SIGN = re.compile(r"[=^*/√∑∏∂×÷·<>≤≥]|(?<=[\w)\]}|])\s?[+\-−]\s?(?=[\w(\\|])")
_WORDS = re.compile(r"(?<![A-Za-z\\_])[A-Za-z]{2,}(?:[ ]+[A-Za-z'-]{2,})+")
_EQUAL = str.maketrans(
    {"−": "-", "×": "*", "·": "*", "{": "(", "}": ")", "[": "(", "]": ")", "÷": "/", " ": None, "\\": None, "$": None}
)
LONGEST = 160


def formulas(text: str) -> list[str]:
    """The formulas of ``text``, each with two operands and a sign at least, cut where words begin, commas apart."""
    out = []
    for run in _RUN.findall(text):
        for part in _parts(_WORDS.sub(";", run)):
            if _SIGN.search(part):
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


def symbols(text: str) -> str:
    """``text`` without spaces, in one spelling of brackets and signs, lower case."""
    return text.translate(_EQUAL).lower()


def _balanced(formula: str) -> str:
    """Without an opening bracket at the front or a closing one at the end that has no partner."""
    while formula.startswith("(") and formula.count("(") > formula.count(")"):
        formula = formula[1:]
    while formula.endswith(")") and formula.count(")") > formula.count("("):
        formula = formula[:-1]
    return formula
