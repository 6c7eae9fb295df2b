"""Smoke: proof, from fresh processes, that the allowed path works on this machine.

`run_smoke` starts the workers and returns a `Report`; ``torchgate smoke`` is its command line. Nothing of the
effect's own lists is used: `flags` reads what must hold from a list of its own.
"""

from __future__ import annotations
