"""The LLM judge: the figures that ragas computes from what a model says, where ragas is installed; its absence, where not."""

import builtins
import json
import re
from typing import Any

import pytest
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from eval.judge import _object, judge
from eval.samples import Sample
from ingest.embed import load_embedder
from ingest.errors import MissingExtra, ModelError

SAMPLE = Sample(
    id="s1",
    question="RoPE 转什么?",
    answer="RoPE 旋转 Q。蛋糕要烤四十分钟。",
    contexts=("蛋糕要烤四十分钟。", "RoPE 旋转 Q 和 K。"),
    reference="旋转 Q 和 K。不旋转 V。",
)


class _Says(BaseChatModel):
    """Answers what ragas asks, by the input that it is given; in a fence, with a word before it, as models do."""

    garbled: bool = False
    broken: bool = False

    @property
    def _llm_type(self) -> str:
        return "says"

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        if self.broken:
            raise OSError("connection refused for sk-planted-0123456789")
        prompt = str(messages[0].content)
        asked = json.loads(re.findall(r"input: (\{.*?\n\})", prompt, re.DOTALL)[-1])
        text = "I cannot say." if self.garbled else f"Here it is:\n```json\n{json.dumps(self._reply(asked, prompt))}\n```"
        return ChatResult(generations=[ChatGeneration(message=AIMessage(content=text))])

    def _reply(self, asked: dict[str, Any], prompt: str) -> dict[str, Any]:
        if "statements" in asked:
            verdicts = [{"statement": each, "reason": "", "verdict": int("RoPE" in each)} for each in asked["statements"]]
            return {"statements": verdicts}
        if "response" in asked:
            return {"question": "RoPE 转什么?", "noncommittal": 0}
        if "classifications" in prompt:
            each = [
                {"statement": "旋转 Q 和 K。", "reason": "", "attributed": 1},
                {"statement": "不旋转 V。", "reason": "", "attributed": 0},
            ]
            return {"classifications": each}
        if "context" in asked:
            return {"reason": "", "verdict": int("RoPE" in asked["context"])}
        return {"statements": ["RoPE 旋转 Q。", "蛋糕要烤四十分钟。"]}


@pytest.fixture
def _ragas() -> None:
    pytest.importorskip("ragas")


@pytest.mark.usefixtures("_ragas")
@pytest.mark.filterwarnings("ignore")
def test_ragas_computes_its_figures_from_what_the_model_says() -> None:
    steps: list[tuple[int, int, str]] = []
    found = judge([SAMPLE], _Says(), load_embedder(), progress=lambda *step: steps.append(step))
    assert found == {
        "s1": {
            "faithfulness": pytest.approx(0.5),
            "answer relevancy": pytest.approx(1.0, abs=1e-5),
            "context precision": pytest.approx(0.5, abs=1e-6),
            "context recall": pytest.approx(0.5),
        }
    }
    assert steps == [(1, 1, "judge")]


@pytest.mark.usefixtures("_ragas")
@pytest.mark.filterwarnings("ignore")
def test_what_the_model_garbles_has_no_value_and_a_model_that_fails_is_an_error() -> None:
    bare = Sample(id="s2", question="", answer="RoPE 旋转 Q。", contexts=("RoPE",))
    found = judge([SAMPLE, bare], _Says(garbled=True), load_embedder())
    assert set(found["s1"].values()) == {None}
    assert found["s2"] == {}
    with pytest.raises(ModelError, match="connection refused") as failed:
        judge([SAMPLE], _Says(broken=True), load_embedder())
    assert "planted" not in str(failed.value), "no key is shown"


def test_without_ragas_the_message_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.partition(".")[0] == "ragas":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtra, match=r"footnote-notes\[ragas\]"):
        judge([SAMPLE], _Says(), load_embedder())


def test_the_json_in_what_a_model_writes() -> None:
    assert _object('Sure:\n```json\n{"a": {"b": 1}}\n``` I hope') == {"a": {"b": 1}}
    for text in ("none", "{broken"):
        with pytest.raises(ValueError):  # noqa: PT011 (json's own)
            _object(text)
