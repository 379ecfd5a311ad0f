"""The build line: load → clean → section → chunk → embed → index. ``ingest/build.py`` is this line."""
