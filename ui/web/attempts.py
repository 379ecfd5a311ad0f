"""Slows down whoever guesses passwords: each failure makes the next try wait longer, by user and address, and by address.

A few failures are free, then the wait doubles. A try is counted before the password is looked at, so that many tries at
once gain nothing. What is remembered is bounded; the oldest failures are forgotten first.
"""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

FREE = {"user": 4, "address": 20}
"""Failures that cost nothing: of one name from one address, and of one address with any names."""
LONGEST = 900.0
"""Seconds that a failure costs at most."""
REMEMBERED = 10_000


class Attempts:
    """The failed tries of late. Every method may be called from any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures: OrderedDict[tuple[str, str], tuple[int, float]] = OrderedDict()

    def begin(self, name: str, address: str) -> float:
        """Count a try of ``name`` from ``address`` as failed; the seconds to wait, or 0 where it may be made now."""
        now = self._clock()
        with self._lock:
            keys = _keys(name, address)
            wait = max(self._failures.get(key, (0, 0.0))[1] - now for key in keys)
            if wait > 0:
                return wait
            for kind, key in zip(FREE, keys, strict=True):
                count, until = self._failures.pop(key, (0, 0.0))
                count = 1 if now - until > 2 * LONGEST and count else count + 1
                over = count - FREE[kind]
                self._failures[key] = (count, now + min(LONGEST, 2.0 ** min(over - 1, 20)) if over > 0 else now)
            while len(self._failures) > REMEMBERED:
                self._failures.popitem(last=False)
        return 0.0

    def succeeded(self, name: str, address: str) -> None:
        """The try was right: forget the failures of this name, and take this one back from the address."""
        with self._lock:
            user, place = _keys(name, address)
            self._failures.pop(user, None)
            count, until = self._failures.get(place, (0, 0.0))
            if count:
                self._failures[place] = (count - 1, min(until, self._clock()))


def _keys(name: str, address: str) -> tuple[tuple[str, str], tuple[str, str]]:
    """By user and address, by address. Of an IPv6 address the network counts: one machine has all of it."""
    try:
        parsed = ipaddress.ip_address(address)
        place = str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else address
    except ValueError:
        place = address
    return (name[:64], place), ("", place)
