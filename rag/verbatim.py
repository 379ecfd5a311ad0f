"""Text reduced to its words, so that a quotation is found whatever its punctuation, spaces and marks of emphasis."""

from __future__ import annotations

import re

from ingest.lexical import fold

_SIGNS = re.compile(
    r"(?:[*`_#>|,，。;；:：!！?？、\"“”'‘’「」『』()（）\[\]{}\s~…—-]|\.(?!\d)|(?<!\d)\.)*[*`_#>|,，。;；:：!！?？、\"“”'‘’「」『』()（）\[\]{}~…—.-](?:[*`_#>|,，。;；:：!！?？、\"“”'‘’「」『』()（）\[\]{}\s~…—-]|\.(?!\d)|(?<!\d)\.)*"
)
_SPACES = re.compile(r"(?<=[^\x00-\x7f])\s+|\s+(?=[^\x00-\x7f])|\s+(?=\|)|(?<=\|)\s+")
UNDER = re.compile(
    r"如果|假如|假设|若|只有|除非|一旦|当.*时|并非|不是|误|以为|否则|\b(?:if|unless|when|not|only|claims?|claimed|believed?|would|suppose|assuming)\b"
)
"""What makes the rest of its sentence hold only on a condition, or not at all."""


def bare(text: str) -> str:
    """``text`` folded, with its signs and line ends as ``|`` and only the spaces between Latin words."""
    return _SPACES.sub("", " ".join(_SIGNS.sub("|", fold(text).replace("\n", "|")).split())).strip("|").replace("||", "|")
