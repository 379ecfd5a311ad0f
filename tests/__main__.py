"""``python3 tests ...``: set up ``.venv`` with what the tests need, then run pytest there with the arguments given."""

import os
import sys

root = sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
if sys.version_info < (3, 10):  # noqa: UP036
    sys.exit("Footnote needs Python 3.10 or newer; this is {}.{}. Run it with a newer one.".format(*sys.version_info))

from ui.checkout import SetupError, prepare, program, run  # noqa: E402

try:
    python = program(prepare(["test"]), "python")
except SetupError as exc:
    sys.exit(str(exc))
os.chdir(root)
sys.exit(run([python, "-m", "pytest", *sys.argv[1:]]))
