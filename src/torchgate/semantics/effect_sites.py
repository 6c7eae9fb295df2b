"""Every place of the project that applies the effect, for the one rule that compares places.

Only files that name an effect function are read, by whatever name a re-export gives it: the names grow
until no file binds a new one.
"""

from __future__ import annotations

import os

from torchgate.config_load import file_info, relative_to
from torchgate.config_roots import source_folders
from torchgate.files.read import read_file
from torchgate.semantics.values import Ref
from torchgate.source import UnreadableError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from torchgate.semantics.project import Project
    from torchgate.semantics.summary import Summary


def find_sites(project: Project) -> list[tuple[str, int, str, bool]]:
    """Path (from the configuration's folder), line and module of every place, and whether it stands in the
    module's main guard, which runs in a program of that module only; sorted. Tests, runtime
    modules and places at import time outside programs do not count."""
    sites: set[tuple[str, int, str, bool]] = set()
    for path, summary in _naming_files(project):
        info = file_info(project.config, path)
        if info.is_test or info.is_runtime or info.is_stub:
            continue
        shown = relative_to(path, project.config.root)
        conduct = project.conduct(summary.name)
        for _, dotted, line, import_time, guarded in conduct.calls if conduct is not None else ():
            if (info.is_entry or not import_time) and _applies(project, dotted):
                sites.add((shown, line, summary.name, guarded))
    return sorted(sites)


def _applies(project: Project, dotted: str) -> bool:
    origin = project.settle(Ref(dotted))
    return isinstance(origin, Ref) and project.is_effect(origin.dotted, each_time=True)


def _naming_files(project: Project) -> list[tuple[str, Summary]]:
    config = project.config
    texts = {**dict(_texts(config.src, config.lint.exclude)), **project.overlay}
    names = {dotted.rpartition(".")[2].encode() for dotted in config.effect_functions}
    found: dict[str, Summary] = {}
    for path in texts:
        info = file_info(config, path)
        summary = project.summary(info.module_name) if info.is_runtime else None
        if summary is not None:
            names |= _effects_of(project, summary)
    while True:
        before = len(found)
        for path in [path for path, text in texts.items() if any(name in text for name in names)]:
            del texts[path]
            info = file_info(config, path)
            summary = project.summary(info.module_name)
            if summary is None or project.find(info.module_name) != path:
                continue
            found[path] = summary
            names |= _effects_of(project, summary)
        if len(found) == before:
            return sorted(found.items())


def _effects_of(project: Project, summary: Summary) -> set[bytes]:
    """The names of a module that hold an effect function."""
    return {
        name.encode()
        for name, symbol in summary.exports.items()
        if symbol is not None and any(_applies(project, held) for held in symbol[1].split("|"))
    }


def _texts(roots: tuple[str, ...], exclude: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    for root in roots:
        for folder, folders, files in os.walk(root):
            folders[:] = sorted(source_folders(folder, folders, exclude))
            for name in sorted(files):
                if name.endswith(".py"):
                    path = f"{folder}/{name}"
                    try:
                        yield path, read_file(path)
                    except (FileNotFoundError, UnreadableError):
                        continue
