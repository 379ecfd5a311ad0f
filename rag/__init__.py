"""The ask line: rewrite → retrieve → rerank → generate → cite → verify. ``rag/answer.py`` is this line."""
