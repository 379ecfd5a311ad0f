"""Measure what Footnote promises: retrieval, answers, abstention, cleaning, speed. ``footnote eval --help``."""
