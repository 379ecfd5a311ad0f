"""Text to unit vectors: the shipped static model by itself, any other model through sentence-transformers.

Decisions:

- A static model is a table: look up the tokens' rows, take the mean, divide by the length. ``tokenizers`` and numpy do
  that, without torch, and give what sentence-transformers gives from the same folder (a test holds it to 1e-5).
- The weights stay as they are on disk (float16, or int8 rows with one factor each) and mapped; only the rows of a text's
  tokens are widened to float32. Summing text by text was five times faster than ``np.add.reduceat`` over a batch.
- Nothing is used before its SHA-256 is that of ``SHA256SUMS``; the fingerprint is a hash of those two sums, so it is known
  without reading the weights.
- The model knows few Traditional characters, so text is turned to Simplified first (OpenCC ``t2s``), questions and
  passages alike; ``simplify=False`` leaves it as it is.
"""

from __future__ import annotations

import hashlib
import json
import os
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from ingest.errors import MissingExtra, ModelError
from ingest.lexical import simplified

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from ingest.types import Embedder

SHIPPED = Path(__file__).parent / "model"
_WEIGHTS, _TOKENIZER = "model.safetensors", "tokenizer.json"
_BATCH = 256
_ROOM = 2048
"""Words for whose directions there is room at first."""
_REMEMBERED, _PLACED = 8192, 4096
"""Texts whose vectors, and whose words, are remembered: the same passages come up for many questions."""


def load_embedder(name: str = "default") -> Embedder:
    """The shipped model for ``"default"``, else that of the folder, else the sentence-transformers model of that name.

    A folder with ``SHA256SUMS`` is one that this program wrote, static or ONNX (``embed_onnx``), and needs no torch. Raises
    ``ModelError`` when it cannot be loaded, ``MissingExtra`` when sentence-transformers or onnxruntime is missing.
    """
    if name == "default":
        return shipped()
    folder = Path(name)
    if not (folder / "SHA256SUMS").is_file():
        return SentenceTransformersModel(name)
    if (folder / "model.onnx").is_file():
        from ingest.embed_onnx import OnnxModel

        return OnnxModel(folder)
    return StaticModel(folder)


@lru_cache(maxsize=1)
def shipped() -> StaticModel:
    """The shipped model, read and checked once a process: reading it takes a fifth of a cold answer's CPU."""
    return StaticModel(SHIPPED)


def known_fingerprint(name: str) -> str | None:
    """The fingerprint of a model without loading it; ``None`` where only loading tells."""
    folder = SHIPPED if name == "default" else Path(name)
    return fingerprint_of(folder) if name == "default" or (folder / "SHA256SUMS").is_file() else None


class StaticModel:
    """A sentence-transformers folder of ``StaticEmbedding`` and ``Normalize``, with its ``SHA256SUMS``.

    Raises ``ModelError`` when a file is missing, is not what ``SHA256SUMS`` says, or holds something else.
    """

    def __init__(self, folder: Path, *, simplify: bool = True) -> None:
        import numpy as np

        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # one question at a time; and forks stay quiet
        from tokenizers import Tokenizer

        sums = sums_of(folder, (_WEIGHTS, _TOKENIZER))
        self.fingerprint = fingerprint_of(folder)
        self._simplify = simplify
        try:
            weights = np.memmap(folder / _WEIGHTS, dtype=np.uint8, mode="r")
            tokenizer = (folder / _TOKENIZER).read_bytes()
        except (OSError, ValueError) as exc:
            raise ModelError(f"{folder}: the model cannot be read ({exc})") from exc
        for file, content in ((_WEIGHTS, weights.data), (_TOKENIZER, tokenizer)):
            if hashlib.sha256(content).hexdigest() != sums[file]:
                raise ModelError(f"{folder / file}: not the file that SHA256SUMS names; install the program again")
        try:
            self._table, self._factors = _table(weights)
            self._tokenizer: Any = Tokenizer.from_buffer(tokenizer)
        except Exception as exc:  # tokenizers raises bare Exception
            raise ModelError(f"{folder}: not a static embedding model ({exc})") from exc
        self._tokenizer.no_padding()
        self._unknown = self._tokenizer.token_to_id("[UNK]")
        if self._tokenizer.get_vocab_size() != len(self._table):
            raise ModelError(f"{folder}: {len(self._table)} vectors for {self._tokenizer.get_vocab_size()} tokens")
        self.dimensions = int(self._table.shape[1])
        self._placed = lru_cache(maxsize=_PLACED)(self._placed_anew)
        self._encoded: dict[str, NDArray[np.float32]] = {}
        self._learning = Lock()
        self._learned = 0
        self._slots = np.full(len(self._table), -1, dtype=np.int32)
        self._units = np.empty((0, self.dimensions), dtype=np.float32)
        self._lengths = np.empty(0, dtype=np.float32)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, ``[len(texts), dimensions]``: the normalised mean of the rows of each text's tokens.

        The tokenizer keeps the first 512 tokens. A text without a known one gives a zero row.
        """
        import numpy as np

        if len(texts) > _BATCH:  # an ingest, which reads each text once
            return self._encode(texts)
        known = self._encoded
        if not (new := [text for text in dict.fromkeys(texts) if text not in known]):
            return np.stack([known[text] for text in texts]) if texts else self._encode(texts)
        made = dict(zip(new, self._encode(new), strict=True))
        vectors = np.stack([made[text] if text in made else known[text] for text in texts])
        if len(known) + len(made) > _REMEMBERED:
            self._encoded = made
        else:
            known.update(made)
        return vectors

    def _encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        import numpy as np

        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for first in range(0, len(texts), _BATCH):
            batch = texts[first : first + _BATCH]
            if self._simplify:
                batch = [simplified(text) for text in batch]
            encodings = self._tokenizer.encode_batch_fast(batch, add_special_tokens=False)
            for position, encoding in enumerate(encodings, first):
                ids = encoding.ids
                if any(number != self._unknown for number in ids):
                    rows = self._table[ids]
                    if self._factors is None:
                        vectors[position] = rows.sum(axis=0, dtype=np.float32)
                    else:
                        vectors[position] = self._factors[ids] @ rows.astype(np.float32)
        return _unit(vectors)

    def words(self, text: str) -> tuple[list[tuple[int, int]], NDArray[np.float32]]:
        """The tokens of ``text`` as spans of it and their rows, ``[tokens, dimensions]``, as they go into the sum.

        Like ``encode`` it reads the first 512 tokens; unlike it, it leaves Traditional characters as they are.
        """
        spans, ids = self._cut(text)
        return spans, self._rows(ids)

    def directions(self, text: str) -> tuple[list[tuple[int, int]], NDArray[np.float32], NDArray[np.float32]]:
        """``words`` of the text in Simplified characters, their vectors of length one and their lengths before that; those
        without a vector are left out.
        """
        spans, slots, lengths = self._placed(text)
        return spans, self._units.take(slots, axis=0), lengths

    def cosines(self, vectors: NDArray[np.float32], texts: Sequence[str]) -> NDArray[np.float32]:
        """:func:`cosines`; a word that comes up again, in any of the texts, is compared once."""
        import numpy as np

        slots = np.concatenate([self._placed(text)[1] for text in texts])
        units = self._units
        new = np.zeros(len(units), dtype=np.bool_)
        new[slots] = True
        words = new.nonzero()[0]
        column = np.empty(len(units), dtype=np.intp)
        column[words] = np.arange(len(words))
        each = vectors @ units.take(words, axis=0).T
        return np.asarray(each.take(column[slots], axis=1))

    def _placed_anew(self, text: str) -> tuple[list[tuple[int, int]], NDArray[np.intp], NDArray[np.float32]]:
        """Where the words stand, their rows in ``_units``, and their lengths."""
        import numpy as np

        spans, numbers = self._cut(simplified(text))
        ids = np.array(numbers, dtype=np.int64)
        if (self._slots[ids] < 0).any():
            self._learn(ids)
        slots = self._slots[ids].astype(np.intp)
        lengths = self._lengths[slots]
        known = lengths > 0
        return [span for span, yes in zip(spans, known, strict=True) if yes], slots[known], lengths[known]

    def _learn(self, ids: NDArray[np.int64]) -> None:
        """Add the words to ``_units`` that are not there yet; who reads meanwhile finds the others where they were."""
        import numpy as np

        with self._learning:
            new = sorted(set(ids[self._slots[ids] < 0].tolist()))  # np.unique would load numpy.ma, 10 ms of a cold answer
            first, end = self._learned, self._learned + len(new)
            if end > len(self._units):
                room = min(max(end, 2 * first, _ROOM), len(self._table))
                units, lengths = np.empty((room, self.dimensions), dtype=np.float32), np.empty(room, dtype=np.float32)
                units[:first], lengths[:first] = self._units[:first], self._lengths[:first]
                self._units, self._lengths = units, lengths
            rows = self._rows(new)
            self._lengths[first:end] = made = np.linalg.norm(rows, axis=1)
            self._units[first:end] = rows / np.where(made > 0, made, 1)[:, None]
            self._slots[new] = np.arange(first, end)  # last: from here on they are found
            self._learned = end

    def _rows(self, ids: Sequence[int] | NDArray[np.int64]) -> NDArray[np.float32]:
        import numpy as np

        rows = self._table[ids].astype(np.float32)
        return rows if self._factors is None else rows * self._factors[ids][:, None]

    def _cut(self, text: str) -> tuple[list[tuple[int, int]], list[int]]:
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        return encoding.offsets, encoding.ids


class SentenceTransformersModel:
    """Any model that sentence-transformers loads, by name or folder; runs no code that comes with a model."""

    def __init__(self, name: str) -> None:
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError as exc:
            raise MissingExtra("models", f"the embedding model {name!r}") from exc
        try:
            self._model: Any = SentenceTransformer(name, trust_remote_code=False)
        except Exception as exc:  # whatever the model's parts raise
            raise ModelError(f"{name}: the model cannot be loaded ({str(exc).splitlines()[0] if str(exc) else exc!r})") from exc
        digest = hashlib.sha256()
        for key, tensor in sorted(self._model.state_dict().items()):
            digest.update(key.encode())
            digest.update(tensor.detach().cpu().float().numpy().tobytes())
        self.fingerprint = digest.hexdigest()[:16]
        self.dimensions = int(self.encode(["1"]).shape[1])

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, ``[len(texts), dimensions]``; an empty text gives a zero row."""
        import numpy as np

        if not texts:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        encoded = self._model.encode(list(texts), convert_to_numpy=True, show_progress_bar=False)
        vectors = np.nan_to_num(np.asarray(encoded, dtype=np.float32))
        vectors[[not text.strip() for text in texts]] = 0
        return _unit(vectors)

    def directions(self, text: str) -> tuple[list[tuple[int, int]], NDArray[np.float32], NDArray[np.float32]]:
        """The whole text as one: its words have no vectors of their own."""
        text = simplified(text)
        return whole(text, self.encode([text]))


def cosines(vectors: NDArray[np.float32], texts: Sequence[str], embedder: Embedder) -> NDArray[np.float32]:
    """The cosine of each of ``vectors``, of length one, with each word of ``texts`` (at least one) that has a vector: ``[vectors,
    words]``, the words of one text after those of another.
    """
    import numpy as np

    if isinstance(embedder, StaticModel):
        return embedder.cosines(vectors, texts)
    return np.asarray(vectors @ np.concatenate([embedder.directions(text)[1] for text in texts]).T)


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    import numpy as np

    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1), dtype=np.float32)


def whole(text: str, vector: NDArray[np.float32]) -> tuple[list[tuple[int, int]], NDArray[np.float32], NDArray[np.float32]]:
    """The one word that a text is to a model without words, whose ``vector`` is ``[1, dimensions]``; none where it is zero."""
    import numpy as np

    lengths = np.linalg.norm(vector, axis=1)
    known = lengths > 0
    return [(0, len(text))] * int(known.sum()), vector[known] / lengths[known, None], lengths[known]


def sums_of(folder: Path, files: Sequence[str]) -> dict[str, str]:
    """What ``SHA256SUMS`` says of ``files``; raises ``ModelError`` where it does not name them all."""
    try:
        lines = (folder / "SHA256SUMS").read_text(encoding="ascii").splitlines()
        sums = {name.lstrip("*"): digest for digest, name in (line.split(maxsplit=1) for line in lines if line.strip())}
        return {file: sums[file] for file in files}
    except (OSError, ValueError, KeyError) as exc:
        raise ModelError(f"{folder}: no model here, or its SHA256SUMS is incomplete ({exc})") from exc


def fingerprint_of(folder: Path) -> str:
    """A hash of the sums of a folder's weights (ONNX where there are such, else the static table) and tokenizer."""
    weights = "model.onnx" if (folder / "model.onnx").is_file() else _WEIGHTS
    return hashlib.sha256(" ".join(sums_of(folder, (weights, _TOKENIZER)).values()).encode()).hexdigest()[:16]


def _table(weights: NDArray[np.uint8]) -> tuple[NDArray[Any], NDArray[np.float32] | None]:
    """The rows of a safetensors file, a view of its bytes (8 bytes length, JSON header, data), and the rows' factors where
    they are int8: ``embeddings`` and ``weights``, as sentence-transformers reads them too.
    """
    import numpy as np

    start = 8 + int.from_bytes(bytes(weights[:8]), "little")
    header = json.loads(bytes(weights[8:start]))
    header.pop("__metadata__", None)

    def view(name: str, kinds: dict[str, str], dimensions: int) -> NDArray[Any]:
        tensor = header[name]
        (begin, end), shape = tensor["data_offsets"], tensor["shape"]
        count = int(np.prod(shape))
        flat: NDArray[Any] = np.frombuffer(weights, dtype=np.dtype(kinds[tensor["dtype"]]), count=count, offset=start + begin)
        if len(shape) != dimensions or end - begin != flat.nbytes:
            raise ValueError("the size of a tensor does not fit its shape")
        shaped: NDArray[Any] = flat.reshape(shape)
        return shaped

    if set(header) == {"embeddings", "weights"}:
        rows, factors = view("embeddings", {"I8": "i1"}, 2), view("weights", {"F32": "<f4"}, 1)
        if len(rows) != len(factors):
            raise ValueError("not one factor a row")
        return rows, factors
    (name,) = header
    return view(name, {"F16": "<f2", "F32": "<f4"}, 2), None
