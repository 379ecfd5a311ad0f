"""The head of the page without what Gradio says there of itself: its name, its address and a picture on another host."""

from __future__ import annotations

import re

_OTHERS = re.compile(r'\s*<meta\s+(?:property="og:|name="twitter:)[^>]*>')


def bare_head() -> None:
    """Let Gradio render every page from here on without metadata for social networks."""
    from gradio.routes import templates
    from jinja2.ext import Extension

    class Bare(Extension):
        """Takes the tags out of a template as it is read; what they would show is not even looked at."""

        identifier = "footnote.bare"

        def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
            return _OTHERS.sub("", source)

    templates.env.add_extension(Bare)
    if templates.env.cache is not None:  # what was read before keeps its tags
        templates.env.cache.clear()
