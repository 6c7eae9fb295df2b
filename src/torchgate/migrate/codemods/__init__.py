"""The codemods, one file each. ``ALL`` is in the order in which they get to speak of a finding."""

from __future__ import annotations

from torchgate.migrate.codemods import default_device, helper_import
from torchgate.migrate.decisions import Codemod

ALL: tuple[Codemod, ...] = (default_device.CODEMOD, helper_import.CODEMOD)
