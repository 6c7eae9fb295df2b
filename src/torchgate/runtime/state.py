"""What this process has applied: one lock, one handle. Also after fork, where both need care."""

from __future__ import annotations

import os
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from torchgate.runtime.handle import TorchHandle


class _Process:
    """The one mutable place of the package."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.handle: TorchHandle | None = None
        self.place = ""
        """Where the program asked for the handle, for whoever wants another one later."""
        self.thread = threading.local()
        """Has ``applied`` in the threads that have called the effect."""
        self.import_error: str | None = None
        """Why torch could not be imported here, if a probe has seen that."""

    # No hook before the fork that would wait for a running effect: other hooks (logging's) hold their locks
    # by then, and the imports of the effect need them.
    def after_fork(self) -> None:
        # Another thread of the parent may have held the lock; in the child nobody would release it.
        self.lock = threading.RLock()
        if self.handle is not None:
            self.handle._expect_revalidation()


PROCESS = _Process()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=PROCESS.after_fork)
