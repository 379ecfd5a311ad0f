"""A small transformer in ONNX (written by ``ingest/train/transformer.py``): embedding and scoring with onnxruntime, no torch.

Decisions:

- Each text runs alone: in a batch, int8 activations are scaled by the largest value of all, so a text's vector would hang on
  its neighbours, and short texts would pay for long ones.
- Nothing is used before its SHA-256 is that of ``SHA256SUMS``, as with the static model.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from ingest.embed import fingerprint_of, sums_of, whole
from ingest.errors import MissingExtra, ModelError
from ingest.lexical import simplified

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

_CLS, _SEP = "[CLS]", "[SEP]"


class OnnxModel:
    """The encoder of such a folder, an ``Embedder``. Raises ``ModelError``, and ``MissingExtra("onnx")`` without onnxruntime."""

    def __init__(self, folder: Path) -> None:
        self.fingerprint = fingerprint_of(folder)
        self._session, self._tokenizer = _open(folder, "model.onnx")
        self._unknown = self._tokenizer.token_to_id("[UNK]")
        self.dimensions = int(self._session.get_outputs()[0].shape[1])

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, ``[len(texts), dimensions]``; a text without a known token gives a zero row."""
        import numpy as np

        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for row, text in enumerate(texts):
            ids = self._tokenizer.encode(simplified(text), add_special_tokens=False).ids
            if any(number != self._unknown for number in ids):
                vectors[row] = _run(self._session, input_ids=ids, attention_mask=[1] * len(ids))
        return vectors

    def directions(self, text: str) -> tuple[list[tuple[int, int]], NDArray[np.float32], NDArray[np.float32]]:
        """The whole text as one: its words have no vectors of their own."""
        text = simplified(text)
        return whole(text, self.encode([text]))


class OnnxRanker:
    """The cross-encoder of such a folder: how well a text answers a question, 0..1."""

    def __init__(self, folder: Path) -> None:
        self._session, self._tokenizer = _open(folder, "reranker.onnx")
        self._ends = self._tokenizer.token_to_id(_CLS), self._tokenizer.token_to_id(_SEP)
        self._length = int((self._tokenizer.truncation or {"max_length": 256})["max_length"])

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        """One number a text, in their order; larger is better."""
        asked, *read = (self._tokenizer.encode(simplified(text), add_special_tokens=False).ids for text in (question, *texts))
        asked = asked[: self._length // 2]
        first, end = self._ends
        out = []
        for ids in read:
            kept = ids[: self._length - len(asked)]
            row = [first, *asked, end, *kept, end]
            kinds = [0] * (len(asked) + 2) + [1] * (len(kept) + 1)
            out.append(float(_run(self._session, input_ids=row, attention_mask=[1] * len(row), token_type_ids=kinds)))
        return out


def _run(session: Any, **inputs: Sequence[int]) -> Any:
    """The one output row for one row of each input."""
    import numpy as np

    return session.run(None, {name: np.array([row], dtype=np.int64) for name, row in inputs.items()})[0][0]


def _open(folder: Path, weights: str) -> tuple[Any, Any]:
    """The session of a graph and the tokenizer, both checked against ``SHA256SUMS``."""
    try:
        import onnxruntime
    except ImportError as exc:
        raise MissingExtra("onnx", f"the model {folder}") from exc
    from tokenizers import Tokenizer

    sums = sums_of(folder, (weights, "tokenizer.json"))
    try:
        content = {file: (folder / file).read_bytes() for file in sums}
    except OSError as exc:
        raise ModelError(f"{folder}: the model cannot be read ({exc})") from exc
    for file, digest in sums.items():
        if hashlib.sha256(content[file]).hexdigest() != digest:
            raise ModelError(f"{folder / file}: not the file that SHA256SUMS names")
    try:
        session = onnxruntime.InferenceSession(content[weights], providers=["CPUExecutionProvider"])
        tokenizer = Tokenizer.from_buffer(content["tokenizer.json"])
    except Exception as exc:  # onnxruntime and tokenizers raise what they like
        raise ModelError(f"{folder}: not a model of this program ({str(exc).splitlines()[0]})") from exc
    tokenizer.no_padding()
    return session, tokenizer
