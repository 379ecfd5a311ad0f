"""What a page shows around code: buttons, the name of the language, a column of line numbers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingest.blocks import Kind

if TYPE_CHECKING:
    from ingest.clean.page import Page

_BUTTON = re.compile(
    r"(?:[A-Za-z+#]{1,12}\s*)?(?:(?:AI写代码|代码解读|复制代码|登录复制|复制|运行|体验AI代码助手|copy code|copy|run)\s*)+",
    re.IGNORECASE,
)
_LANGUAGE = re.compile(
    r"python3?|java|javascript|typescript|js|ts|bash|shell|sh|sql|c|c\+\+|cpp|c#|go|golang|rust|json|yaml|xml|html|css"
    r"|text|plaintext|plain text|代码|scss|kotlin|swift|ruby|php|r|matlab|latex|markdown|vue|powershell|cmd|dockerfile"
    r"|ini|toml",
    re.IGNORECASE,
)


def drop_buttons(page: Page) -> None:
    """The buttons and the name of the language that a page shows above code."""
    lines = page.lines
    for index in page.lines_with(("复制", "copy", "运行", "ai写代码")):
        text = lines[index].text
        if len(text) > 40 or not _BUTTON.fullmatch(text):
            continue
        above = next((i for i in range(index - 1, max(-1, index - 4), -1) if lines[i].text), -1)
        below = next(
            (i for i in range(index + 1, min(len(lines), index + 12)) if lines[i].text and not lines[i].text.isdecimal()), -1
        )
        named = above >= 0 and bool(_LANGUAGE.fullmatch(lines[above].text))
        if named or (below >= 0 and lines[below].kind is Kind.CODE) or (above >= 0 and lines[above].kind is Kind.CODE):
            page.drop(index, "code button")
            if named:
                page.drop(above, "code button")


_FIRST_NUMBER = re.compile(r"^[-*• \t]{0,8}1[ \t]{0,8}$", re.MULTILINE)


def drop_line_numbers(page: Page) -> None:
    """A column of 1, 2, 3, ... that a page showed beside its code."""
    if not _FIRST_NUMBER.search(page.text):
        return
    run: list[int] = []
    for i, line in enumerate(page.lines):
        bare = line.text.lstrip("-*• ")
        if len(bare) <= 4 and bare.isdecimal() and not line.protected and int(bare) == len(run) + 1:
            run.append(i)
            continue
        if not line.text:
            continue
        if len(run) >= 4:
            for number in run:
                page.drop(number, "line numbers")
        run = [i] if bare == "1" and not line.protected else []
    if len(run) >= 4:
        for number in run:
            page.drop(number, "line numbers")
