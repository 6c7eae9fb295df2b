"""Lets ``check`` look first where most files will turn out to have nothing to migrate.

``check`` has its cache and other processes, and the codemods need what was understood of a file in this
process. Where most files have sites, linting them here once is cheaper; where few have, having them linted
there and reading those few again is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from torchgate.cli._options import Arguments
from torchgate.cli._parallel import WORTH_IT
from torchgate.config import Config
from torchgate.files.discover import File
from torchgate.files.read import read_file
from torchgate.lint.engine import Outcome
from torchgate.source import UnreadableError

# The share of files with sites from which on linting them here is cheaper, for two processors.
_FEW = 0.4


def checked(given: Arguments, groups: Mapping[Config, Iterable[File]]) -> dict[str, Outcome] | None:
    """What ``check`` finds, by the names that it shows; None where it is not worth asking."""
    files = [(config, file) for config, group in groups.items() for file in group]
    if len(files) < WORTH_IT:
        return None
    patterns = {config: _pattern(config) for config in groups}
    likely = sum(_is_likely(file, patterns[config]) for config, file in files)
    if likely > _FEW * len(files):
        return None
    from torchgate.cli import check

    arguments = ["--quiet"]
    config_file = given.text("config")
    arguments += ["--config", config_file] if config_file is not None else []
    arguments += ["--force-exclude"] if given.flag("force_exclude") else []
    found = check.Check(check.parse([*arguments, "--", *given.paths]), announce=False).outcomes()
    return {outcome.path: outcome for outcome in found}


def _pattern(config: Config) -> re.Pattern[bytes]:
    """What a file with a site nearly always says; a guess is enough."""
    modules = [*config.gated_packages, *config.facade_modules, *config.torch_bound_modules]
    roots = "|".join(re.escape(name.removesuffix(".*").rpartition(".")[2]) for name in modules)
    helpers = "|".join(re.escape(name.rpartition(".")[2]) for name in config.default_helpers)
    text = rf"^[ \t]*(?:import|from)[ \t].*\b(?:{roots})\b|\bset_default_|\b(?:{helpers})\b"
    return re.compile(text.encode(), re.MULTILINE)


def _is_likely(file: File, pattern: re.Pattern[bytes]) -> bool:
    try:
        return pattern.search(read_file(file.path)) is not None
    except (FileNotFoundError, UnreadableError):
        return False
