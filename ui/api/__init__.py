"""Doors for other programs: REST and OpenAI's protocol beside the page of ``footnote serve``, and ``footnote mcp``."""
