"""Lets ``check`` look first where most files will turn out to have nothing to migrate.

``check`` has its cache and other processes, and the codemods need what was understood of a file in this
process: of those with sites, and of those that they ask about. Where many files have sites, linting all of
them here once is cheaper; where few have, having them linted there and reading those few again is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import islice

from torchgate.cli._options import Arguments
from torchgate.config import Config
from torchgate.config_load import file_info
from torchgate.files.discover import File
from torchgate.files.read import read_file
from torchgate.lint.engine import Outcome
from torchgate.lint.rules.tg101_raw_torch_import import RULE as RAW_IMPORT
from torchgate.lint.zones import is_skipped
from torchgate.processes import WORTH_IT
from torchgate.source import UnreadableError

# The share of files with sites from which on linting them here is cheaper, for two processors. Those sites
# have the codemods ask about most of the other files.
_FEW = 0.1


def checked(given: Arguments, groups: Mapping[Config, Iterable[File]]) -> dict[str, Outcome] | None:
    """What ``check`` finds, by the names that it shows; None where it is not worth asking."""
    files = [(config, file) for config, group in groups.items() for file in group]
    if len(files) < WORTH_IT:
        return None
    more = islice(filter(_Guess(), files), int(_FEW * len(files)), None)
    if any(True for _ in more):
        return None
    from torchgate.cli import check

    arguments = ["--quiet"]
    config_file = given.text("config")
    arguments += ["--config", config_file] if config_file is not None else []
    jobs = given.number("jobs")
    arguments += ["--jobs", str(jobs)] if jobs is not None else []
    arguments += ["--force-exclude"] if given.flag("force_exclude") else []
    found = check.Check(check.parse([*arguments, "--", *given.paths]), announce=False).outcomes()
    return {outcome.path: outcome for outcome in found}


class _Guess:
    """Whether a file is likely to have a site, by what nearly every site says; a guess is enough."""

    def __init__(self) -> None:
        self._patterns: dict[tuple[Config, bool], re.Pattern[bytes]] = {}

    def __call__(self, place: tuple[Config, File]) -> bool:
        config, file = place
        may_import = is_skipped(RAW_IMPORT, config, file_info(config, file.path))
        key = (config, may_import)
        if key not in self._patterns:
            self._patterns[key] = _pattern(config, may_import=may_import)
        try:
            return self._patterns[key].search(read_file(file.path)) is not None
        except (FileNotFoundError, UnreadableError):
            return False


def _pattern(config: Config, *, may_import: bool) -> re.Pattern[bytes]:
    """``may_import``: the file may import torch and what is bound to it."""
    modules = [*config.facade_modules]
    modules += [] if may_import else [*config.gated_packages, *config.torch_bound_modules]
    helpers = [rf"\b(?:{_last(config.default_helpers)})\b"] if config.default_helpers else []
    imports = [rf"^[ \t]*(?:import|from)[ \t].*\b(?:{_last(modules)})\b"] if modules else []
    text = "|".join([*imports, *helpers, r"\bset_default_"])
    return re.compile(text.encode(), re.MULTILINE)


def _last(names: Iterable[str]) -> str:
    return "|".join(re.escape(name.removesuffix(".*").rpartition(".")[2]) for name in names)
