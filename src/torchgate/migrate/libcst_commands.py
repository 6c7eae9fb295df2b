"""The codemods as commands of LibCST: ``python -m libcst.tool codemod``, as docs/migrate.md has it.

LibCST hands over one file at a time and writes it itself, so a command makes the edits that lie within that
file, checked as ``torchgate migrate`` checks them, and warns of every other site with its reason. Of what
``migrate`` does it lacks the other files, the journal and the atomic write.
"""

from __future__ import annotations

import os
from abc import ABC
from typing import ClassVar

import libcst
from libcst.codemod import CodemodCommand, SkipFile

from torchgate.config import Config
from torchgate.config_load import ConfigLoader
from torchgate.files.discover import Discovery, File
from torchgate.files.read import read_file
from torchgate.lint.rules import ALL as RULES
from torchgate.lint.selection import Selection
from torchgate.migrate import codemods
from torchgate.migrate.refusals.reason import RefusalReason
from torchgate.migrate.result import Left, Result
from torchgate.migrate.run import Task, run
from torchgate.source import UnreadableError


class Command(CodemodCommand, ABC):
    """One codemod on one file. (A direct child of ABC: LibCST does not list it.)

    ``CODEMOD`` is its name; what LibCST says of it is the docstring of the class.
    """

    CODEMOD: ClassVar[str]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.DESCRIPTION = cls.__doc__ or cls.CODEMOD

    def transform_module_impl(self, tree: libcst.Module) -> libcst.Module:
        """The file with the edits that it can be given alone.

        Raises:
            SkipFile: the file is excluded, or LibCST would not give it back as it is.
        """
        if self.context.filename is None:
            raise SkipFile("torchgate has to know the file's path: the project decides what its names mean")
        path = os.path.abspath(self.context.filename)
        loader = ConfigLoader()
        config = loader.for_folder(os.path.dirname(path))
        discovery = Discovery(loader)
        if discovery.is_excluded(path, config):
            raise SkipFile("the configuration excludes it")
        try:
            data = read_file(path)
        except (FileNotFoundError, UnreadableError) as error:
            raise SkipFile(str(error)) from None
        if tree.bytes != data:
            # The tool would write what LibCST made of it.
            raise SkipFile("LibCST does not give the file back as it is")
        result = self._run(config, File(path, discovery.shown(path), config, listed=False))
        self._warn(result, discovery)
        if path not in result.rewrites:
            return tree
        changed = libcst.parse_module(result.rewrites[path].after)
        if changed.bytes != result.rewrites[path].after:
            raise SkipFile("LibCST does not give the rewritten file back as it is")
        return changed

    def _run(self, config: Config, file: File) -> Result:
        return run(Task(config, [file], Selection(config, RULES), codemods.ALL, only=self.CODEMOD))

    def _warn(self, result: Result, discovery: Discovery) -> None:
        for found in result.sites:
            if isinstance(found, Left) and found.reason is not RefusalReason.SUPPRESSED:
                place = found.site.place
                where = f"{discovery.shown(place.path)}:{place.line}:{place.column}"
                self.warn(f"{where}: {found.site.code} {found.reason.value}: {found.detail}")
        for fault in result.faults:
            self.warn(f"a fault of torchgate, please report it: {fault}")


class MigrateDefaultDevice(Command):
    """Pass device and dtype explicitly, in place of helpers and contexts that set defaults."""

    CODEMOD = "default-device"


class MigrateHelperImport(Command):
    """Remove imports of ambient helpers that nothing uses any more."""

    CODEMOD = "helper-import"


class MigrateFacadeImport(Command):
    """Import names from where they are defined, in place of an import facade."""

    CODEMOD = "facade-import"


class MigrateHandleInjection(Command):
    """Take torch as a parameter, in place of importing it."""

    CODEMOD = "handle-injection"


class MigrateLocalImport(Command):
    """Import torch-bound modules inside the functions that hold the handle."""

    CODEMOD = "local-import"


class MigrateImportTimeEffect(Command):
    """Apply the runtime effect when the program runs, not when a module is imported."""

    CODEMOD = "import-time-effect"


class MigrateGlobalHandle(Command):
    """Keep the handle in a local name of the program, in place of a global."""

    CODEMOD = "global-handle"
