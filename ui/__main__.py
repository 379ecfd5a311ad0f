"""``python3 ui ...`` in a checkout where nothing is installed yet, and ``python -m ui ...`` where it is.

The first makes ``.venv``, installs the project into it and runs ``footnote ...`` there; it needs the standard library
only, and its syntax stays old enough for any Python 3 to read and to say which version it takes.
"""

import os
import sys

if __package__:
    from ui.cli import main

    sys.exit(main())

sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
if sys.version_info < (3, 10):  # noqa: UP036
    sys.exit("Footnote needs Python 3.10 or newer; this is {}.{}. Run it with a newer one.".format(*sys.version_info))

from ui.checkout import run_footnote  # noqa: E402

sys.exit(run_footnote(sys.argv[1:]))
