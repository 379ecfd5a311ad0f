"""The one line that says how an answer with an LLM came to be, in the language of the question."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.lexical import has_chinese

if TYPE_CHECKING:
    from rag.write import Flaw

_WHY: dict[Flaw, tuple[str, str]] = {
    "key": ("模型服务不接受这个密钥", "the model's server refuses the key"),
    "forbidden": ("模型服务不许用这个模型", "the model's server does not allow this model"),
    "unknown": ("模型服务没有这个模型", "the model's server does not have this model"),
    "busy": ("模型服务太忙", "the model's server is overloaded"),
    "refused": ("模型服务拒绝了请求", "the model's server refused the request"),
    "server": ("模型服务出错", "the model's server failed"),
    "unreachable": ("连不上模型服务", "the model's server cannot be reached"),
    "silent": ("模型太久没有回应", "the model fell silent"),
    "cut": ("模型的连接断了", "the connection to the model broke"),
    "garbled": ("模型服务的回应读不懂", "what the model's server sent cannot be read"),
    "unsupported": ("模型写的在笔记里找不到依据", "the notes do not bear out what the model wrote"),
    "empty": ("模型什么也没有答", "the model gave no answer"),
    "language": ("模型没有用提问的语言回答", "the model answered in another language"),
    "length": ("模型写得太长或一再重复", "the model wrote on and on"),
    "stopped": ("已停止", "stopped"),
}
_QUOTED = ("{}；这里是笔记原文。", "{}; these are the notes' own words.")
_PART = ("{}；这里只有已经核对过的部分。", "{}; this is the part that was checked.")


def notice(question: str, flaw: Flaw, detail: str = "", *, kept: bool) -> str:
    """What went wrong, and what stands below: the part of the model's answer that was ``kept``, or the notes' own words."""
    place = 0 if has_chinese(question) else 1
    why = _WHY[flaw][place]
    if detail:
        why += f"（{detail}）" if place == 0 else f" ({detail})"
    if flaw == "stopped" or (flaw == "language" and kept):
        return why[0].upper() + why[1:] + ("。" if place == 0 else ".")
    line = (_PART if kept else _QUOTED)[place].format(why)
    return line[0].upper() + line[1:]
