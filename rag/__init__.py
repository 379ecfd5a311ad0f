"""The ask line, which is ``rag/answer.py``: (spell →) rewrite → retrieve → rerank → judge → read → cite → verify.

``from rag import Footnote`` is the whole program for Python programs (``rag/footnote.py``).
"""

from rag.footnote import Footnote

__all__ = ["Footnote"]
