"""From arguments to files: folders listed (by git, or walked), excludes applied, everything once."""

from __future__ import annotations

import errno
import os

from torchgate import documents
from torchgate.config import ALSO_PACKAGES, DEFAULT_EXCLUDE
from torchgate.config_load import is_within, relative_to
from torchgate.config_roots import is_package_after_all
from torchgate.globs import Globs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from torchgate.config import Config
    from torchgate.config_load import ConfigLoader
    from torchgate.files.gitignore import GitIgnore

SUFFIXES = (".py", ".pyi", *documents.SUFFIXES)


class File:
    """A file to check. ``path`` is absolute, ``shown`` is its name in findings; ``listed``: found in a
    folder, not named by the user, so that its absence is no error."""

    __slots__ = ("config", "listed", "path", "shown")

    def __init__(self, path: str, shown: str, config: Config, listed: bool) -> None:
        self.path = path
        self.shown = shown
        self.config = config
        self.listed = listed


class Discovery:
    """The files of one run. ``missing`` are arguments that do not exist, ``unlisted`` folders that could
    not be read, each with the reason."""

    def __init__(self, loader: ConfigLoader, *, force_exclude: bool = False) -> None:
        self._loader = loader
        self._force = force_exclude
        self._globs: dict[Config, Globs] = {}
        self._excluded: dict[tuple[str, str], bool] = {}
        self.files: dict[str, File] = {}
        self.missing: list[str] = []
        self.unlisted: list[tuple[str, str]] = []
        # For whoever wants to know later whether the same would be found again: folders that were walked,
        # git's answers by folder and work tree, and whether anything else was asked of git.
        self.walked: list[str] = []
        self.listings: dict[tuple[str, str], bytes] = {}
        self.is_repeatable = True
        self.asked_for: list[str] = []  # files that decide by being there or not

    def add(self, arguments: Iterable[str]) -> None:
        """Take files and folders as the user named them.

        Raises:
            UsageError: a configuration on the way is not valid.
        """
        for argument in arguments:
            path = os.path.abspath(argument)
            if not argument:  # an empty shell variable must not mean the working directory
                self.missing.append(argument)
            elif os.path.isdir(path):
                self._add_folder(path)
            elif _exists(path):
                config = self._loader.for_folder(os.path.dirname(path))
                if not (self._force and self._is_excluded(path, config, config.root)):
                    self._add(path, config, listed=False)
            else:
                self.missing.append(argument)

    def is_excluded(self, path: str, config: Config) -> bool:
        """Whether ``exclude`` matches a file or a folder around it."""
        return self._is_excluded(path, config, config.root)

    def shown(self, path: str) -> str:
        """A path as findings show it: relative to the working directory, with ``/``."""
        return shown_path(path, self._loader.cwd)

    def _add(self, path: str, config: Config, listed: bool) -> None:
        known = self.files.get(path)
        if known is None:
            self.files[path] = File(path, self.shown(path), config, listed)
        elif not listed:
            known.listed = False

    def _add_folder(self, folder: str) -> None:
        if self._force and self._is_excluded(folder, *self._config_and_root(folder)):
            return
        for path in self._list(folder):
            config = self._loader.for_folder(os.path.dirname(path))
            above = config.root if self._force else folder
            if not self._is_excluded(path, config, above) and not _leads_outside(path, (folder, config.root)):
                self._add(path, config, listed=True)

    def _config_and_root(self, folder: str) -> tuple[Config, str]:
        config = self._loader.for_folder(folder)
        return config, config.root

    def _list(self, folder: str) -> Iterable[str]:
        from torchgate.files.git import is_ignored, listing, paths, work_tree

        root = work_tree(folder)
        if root is None or _is_beyond_link(folder, root):
            return self._walk(folder)  # git lists a link as a file, and nothing behind it
        answer = listing(folder, root)
        self.is_repeatable &= bool(answer)
        if answer is None:
            return self._walk(folder)
        if not answer and is_ignored(folder, root):
            return self._walk(folder, named=True)  # ignored, but named: somebody wants it looked at
        self.listings[folder, root] = answer
        return [path for path in paths(answer, root) if path.endswith(SUFFIXES)]

    def _walk(self, folder: str, *, named: bool = False) -> Iterator[str]:
        """Depth first; symbolic links to folders are not followed, so that none can loop. What ignores a
        folder that was ``named`` does not count."""
        from torchgate.files.gitignore import load

        stack = [(folder, () if named else self._ignores_above(folder))]
        while stack:
            current, ignores = stack.pop()
            self.walked.append(current)
            try:
                entries = sorted(os.scandir(current), key=lambda entry: entry.name)
            except OSError as error:
                self.unlisted.append((self.shown(current), error.strerror or str(error)))
                continue
            own = load(current)
            if own is not None:
                ignores = (*ignores, (current, own))
            config = self._loader.for_folder(current)
            for entry in entries:
                is_folder = entry.is_dir(follow_symlinks=False)
                if not is_folder and not entry.name.endswith(SUFFIXES):
                    continue
                if entry.name in (".git", ".torchgate_cache") or _is_ignored(entry.path, is_folder, ignores):
                    continue
                if not is_folder:
                    yield entry.path
                elif not self._is_excluded(entry.path, config, folder):
                    stack.append((entry.path, ignores))

    def _ignores_above(self, folder: str) -> tuple[tuple[str, GitIgnore], ...]:
        """The ``.gitignore`` files between the project's root and ``folder``, outermost first."""
        from torchgate.files.git import work_tree
        from torchgate.files.gitignore import load

        top = work_tree(folder) or self._loader.for_folder(folder).root
        found: list[tuple[str, GitIgnore]] = []
        while folder != top and is_within(folder, top):
            folder = os.path.dirname(folder)
            rules = load(folder)
            if rules is not None:
                found.append((folder, rules))
        return tuple(reversed(found))

    def _is_excluded(self, path: str, config: Config, above: str) -> bool:
        """Whether ``path``, or a folder around it below ``above``, matches an exclude of ``config``."""
        globs = self._globs.get(config)
        if globs is None:
            globs = self._globs[config] = Globs(config.lint.exclude)
        if globs.match(relative_to(path, config.root)) and not self._is_package(path, config):
            return True
        parent = os.path.dirname(path)
        if parent == above or not is_within(parent, above) or not is_within(parent, config.root):
            return False
        if parent == config.root:
            return False
        key = (parent, above)
        if key not in self._excluded:
            self._excluded[key] = self._is_excluded(parent, config, above)
        return self._excluded[key]

    def _is_package(self, path: str, config: Config) -> bool:
        """Whether only a default pattern excludes the folder ``path``, and it is a package all the same."""
        if os.path.basename(path) not in ALSO_PACKAGES:
            return False
        exclude = config.lint.exclude
        if Globs(exclude[len(DEFAULT_EXCLUDE) :]).match(relative_to(path, config.root)):
            return False
        self.asked_for.append(os.path.join(path, "__init__.py"))
        return is_package_after_all(path, exclude)


def shown_path(path: str, cwd: str) -> str:
    """An absolute path relative to ``cwd``, with ``/``; absolute where there is no relative form."""
    shown = relative_to(path, cwd)
    if os.path.isabs(shown):
        try:
            shown = os.path.relpath(path, cwd)
        except ValueError:  # another drive
            return path.replace(os.sep, "/")
    return shown if os.sep == "/" else shown.replace(os.sep, "/")


def _is_ignored(path: str, is_folder: bool, ignores: Iterable[tuple[str, GitIgnore]]) -> bool:
    ignored = False
    for folder, rules in ignores:
        verdict = rules.verdict(relative_to(path, folder), is_folder)
        ignored = ignored if verdict is None else verdict
    return ignored


def _exists(path: str) -> bool:
    """False where there is nothing, a dangling link included; what cannot be looked at (no permission, links
    that loop) is there, and reading it gives the reason."""
    try:
        os.stat(path)
    except OSError as error:
        return error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG)
    except ValueError:
        return False
    return True


def _is_beyond_link(folder: str, root: str) -> bool:
    """Whether a symbolic link leads from ``root`` to ``folder``, or is it."""
    expected = os.path.normpath(os.path.join(os.path.realpath(root), os.path.relpath(folder, root)))
    return os.path.normcase(os.path.realpath(folder)) != os.path.normcase(expected)


def _leads_outside(path: str, folders: Iterable[str]) -> bool:
    """Whether a listed file is a symbolic link to something outside the folder asked for and its project:
    a repository must not be able to have another file's lines quoted."""
    if not os.path.islink(path):
        return False
    target = os.path.realpath(path)
    return not any(is_within(target, os.path.realpath(folder)) for folder in folders)
