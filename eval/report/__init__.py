"""What an evaluation found, as types, as JSON, as a page and as lines for a terminal.

Every run function (``eval.answers.run(cases, library, sections, progress=progress)``) gives a ``record.Report``;
``record.save(report, folder)`` writes ``report.json`` and ``report.html``, ``page.html(report)`` is the page alone (no script,
nothing fetched), ``record.load(path)`` reads the JSON again, for ``eval.compare``. ``strings`` holds the words, zh and en.
"""
