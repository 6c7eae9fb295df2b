"""What torch's callables do with the ambient default device and dtype, as measured: lookups without torch.

The rows are data, one file for each torch version (``torch_2_13.json``), written by
``scripts/generate_factory_table.py`` from probes of the installed torch and compared against it again in the
tests. ``docs/factories.md`` explains how a row was measured and how to read it.
"""

from __future__ import annotations

from torchgate.migrate.factories.binding import Binding, Signature
from torchgate.migrate.factories.model import Aspect, Effect, Factory, Kind, Reader
from torchgate.migrate.factories.table import FactoryTable, table, versions

__all__ = [
    "Aspect",
    "Binding",
    "Effect",
    "Factory",
    "FactoryTable",
    "Kind",
    "Reader",
    "Signature",
    "table",
    "versions",
]
