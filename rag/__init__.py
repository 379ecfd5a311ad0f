"""The ask line: (spell →) rewrite → retrieve → rerank → judge → read → cite → verify. ``rag/answer.py`` is this line."""
