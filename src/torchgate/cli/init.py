"""``torchgate init``: looks at a project, and proposes or writes a configuration, the hook and a baseline."""

from __future__ import annotations

import os
import sys

from torchgate import __version__
from torchgate.cli import _options, _project_files
from torchgate.cli._options import FLAG, Option
from torchgate.cli._proposal import Proposal, look
from torchgate.cli._run import complain
from torchgate.config_load import OWN_FILE, PROJECT_FILE, ConfigLoader
from torchgate.errors import UsageError
from torchgate.files.read import read_file
from torchgate.files.write import write_atomically
from torchgate.lint.baseline import DEFAULT_NAME
from torchgate.source import UnreadableError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from torchgate.cli._options import Arguments
    from torchgate.config import Config

HELP = "Look at the project, and propose a configuration, the pre-commit hook and a baseline."
HOOKS_FILE = ".pre-commit-config.yaml"
_THERE = "there already, and left as it is"
OPTIONS = (
    Option("--write", FLAG, "write them; what is there already stays as it is"),
    Option("--help -h", FLAG, "print this text"),
)


def parse(arguments: list[str]) -> Arguments:
    """The command line of ``init``.

    Raises:
        UsageError: it is not one.
    """
    given = _options.parse(arguments, OPTIONS)
    if given.paths:
        raise UsageError(
            f"init looks at the project in the working directory; {given.paths[0]!r} is too much"
        )
    return given


def run(given: Arguments) -> int:
    """Propose, and under ``--write`` write; returns 0."""
    if given.flag("help"):
        print(_options.usage("init", HELP, "", OPTIONS, "0 proposed, or written"))
        return 0
    loader = ConfigLoader()
    config = loader.for_folder(loader.cwd)
    parts = [_configuration(loader, config), _hooks(config.root)]
    if not given.flag("write"):
        for part in parts:
            part.show()
        rest = "and accepts what is found by then (`torchgate baseline`)"
        complain(f"torchgate: nothing was written; `torchgate init --write` writes this, {rest}\n")
        return 0
    for part in parts:
        part.write()
    return _accept(config.root)


def _accept(root: str) -> int:
    """Write a baseline where there is none."""
    from torchgate.cli import baseline

    config = ConfigLoader(cwd=root).for_folder(root)
    if config.file is None:
        complain("torchgate: run `torchgate baseline` when the configuration is in its place\n")
        return 0
    path = os.path.join(config.root, config.lint.baseline or DEFAULT_NAME)
    if os.path.lexists(path):
        complain(f"torchgate: {os.path.relpath(path)}: {_THERE}\n")
        return 0
    return baseline.run(baseline.parse([root]))


class _Part:
    """One file of the proposal: what is to stand in it, and the whole new text (None: by hand)."""

    def __init__(self, path: str, shown: str, text: str | None, is_there: str = "") -> None:
        """``is_there`` says why there is nothing to add."""
        self._path = path
        self._shown = shown
        self._text = text
        self._is_there = is_there

    def show(self) -> None:
        """Print what is to stand in the file."""
        name = os.path.relpath(self._path)
        print(f"# {name}: {self._is_there}\n" if self._is_there else f"# {name}\n{self._shown}")

    def write(self) -> None:
        """Write it, or say what is to be put in by hand.

        Raises:
            UsageError: the file cannot be written.
        """
        name = os.path.relpath(self._path)
        if self._is_there:
            complain(f"torchgate: {name}: {self._is_there}\n")
        elif self._text is None:
            complain(
                f"torchgate: {name}: nothing can be added safely; put this in by hand:\n\n{self._shown}\n"
            )
        else:
            try:
                write_atomically(self._path, self._text)
            except OSError as error:
                raise UsageError(f"{name}: it cannot be written: {error.strerror or error}") from None
            complain(f"torchgate: {name}: written\n")


def _configuration(loader: ConfigLoader, config: Config) -> _Part:
    if config.file is not None:
        return _Part(config.file, "", None, "torchgate is configured there already, which is left as it is")
    proposal = look(loader, config.root)
    if not proposal.looked_at:
        where = os.path.relpath(config.root)
        raise UsageError(f"{where}: no Python files here; run `torchgate init` in the project that it is for")
    _say(proposal)
    keys = _project_files.table(proposal.items, DEFAULT_NAME)
    project = os.path.join(config.root, PROJECT_FILE)
    if not os.path.lexists(project):
        return _Part(os.path.join(config.root, OWN_FILE), keys, keys)
    return _Part(project, f"[tool.torchgate]\n{keys}", _project_files.with_table(_read(project), keys))


def _hooks(root: str) -> _Part:
    path = os.path.join(root, HOOKS_FILE)
    text = _read(path) if os.path.lexists(path) else ""
    if _project_files.has_hook(text):
        return _Part(path, "", None, "a hook of torchgate's is there already")
    return _Part(
        path, f"repos:\n{_project_files.hook(__version__)}", _project_files.with_hook(text, __version__)
    )


def _read(path: str) -> str:
    """A text file.

    Raises:
        UsageError: it cannot be read.
    """
    name = os.path.relpath(path)
    try:
        return read_file(path).decode("utf-8")
    except FileNotFoundError:
        raise UsageError(f"{name}: it is a link to nothing") from None
    except UnreadableError as error:
        raise UsageError(f"{name}: it cannot be read: {error.reason}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{name}: it is not UTF-8") from None


def _say(proposal: Proposal) -> None:
    sys.stdout.flush()
    files = f"{proposal.looked_at} Python file{'' if proposal.looked_at == 1 else 's'}"
    complain(f"torchgate: {files}, {proposal.with_torch} of them import torch outside tests\n")
    for hint in proposal.hints:
        complain(f"torchgate: {hint}\n")
