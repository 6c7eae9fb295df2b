"""The projects: pinned source distributions, downloaded by pip, unpacked and made to look like checkouts."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

PINS = Path(__file__).parent / "projects.txt"
CONFIGS = Path(__file__).parent / "configs"
_PIN = re.compile(r"(?P<name>[\w.-]+)==(?P<version>[\w.+!]+) --hash=sha256:(?P<sha256>[0-9a-f]{64})")
# What a linter may look at. The rest (pictures, notebooks' outputs, weights) stays in the archive.
_KEPT = (".py", ".pyi", ".toml", ".cfg", ".flake8")
# Folders that torchgate, ruff and flake8 all leave out by default; they count in no comparison.
EXCLUDED = frozenset({".git", "build", "dist", "_build", "venv", "node_modules", "site-packages"})


class EcosystemError(Exception):
    """Something that stops the run, in words for the person who started it."""


@dataclass(frozen=True, slots=True)
class Project:
    """One pinned source distribution."""

    name: str
    version: str
    sha256: str

    @property
    def label(self) -> str:
        """The name under which the project appears in the page and in the sample."""
        return f"{self.name} {self.version}"

    @property
    def folder(self) -> str:
        """The name of the unpacked folder."""
        return f"{self.name}-{self.version}"


def read_pins(text: str) -> list[Project]:
    """The projects of a pins file, one line each; ``#`` begins a comment.

    Raises:
        EcosystemError: a line is not ``name==version --hash=sha256:...``, or a project stands there twice.
    """
    found: list[Project] = []
    for number, line in enumerate(text.splitlines(), 1):
        pin = line.partition("#")[0].strip()
        if not pin:
            continue
        match = _PIN.fullmatch(pin)
        if match is None:
            raise EcosystemError(f"projects.txt:{number}: not `name==version --hash=sha256:...`: {pin}")
        project = Project(**match.groupdict())
        if project.folder in [other.folder for other in found]:
            raise EcosystemError(f"projects.txt:{number}: {project.label} stands there twice")
        found.append(project)
    return found


def fetch(project: Project, cache: Path, python: Path) -> Path:
    """The project's archive, downloaded unless an archive with the pinned hash is there.

    pip runs the project's own build backend to read its metadata (in an isolated environment); it does so
    for every source distribution and cannot be told not to.

    Raises:
        EcosystemError: pip fails, or what lies there afterwards is not what is pinned.
    """
    folder = cache / "archives" / project.folder
    archive = _pinned_archive(folder, project)
    if archive is not None:
        return archive
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    pins = folder / "requirements.txt"
    pins.write_text(f"{project.name}=={project.version} --hash=sha256:{project.sha256}\n", "utf-8")
    command = [str(python), "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", project.name]
    command += ["--require-hashes", "--dest", str(folder), "--requirement", str(pins)]
    print(f"downloading {project.label} ...", flush=True)
    done = subprocess.run(command, capture_output=True, text=True)
    archive = _pinned_archive(folder, project)
    if done.returncode != 0 or archive is None:
        last = done.stderr.strip().splitlines()[-1:] or ["pip said nothing"]
        raise EcosystemError(f"{project.label}: the download failed: {last[0]}")
    return archive


def _pinned_archive(folder: Path, project: Project) -> Path | None:
    for archive in sorted(folder.glob("*.tar.gz")):
        if hashlib.sha256(archive.read_bytes()).hexdigest() == project.sha256:
            return archive
    return None


def unpack(project: Project, archive: Path, cache: Path) -> Path:
    """The project's folder: its Python and configuration files, in a git work tree of its own.

    Without the work tree, torchgate would ask the repository around the cache, which ignores the cache.
    ``.gitignore`` files stay behind: a source distribution holds files that its own repository ignores.
    """
    folder = cache / "projects" / project.folder
    stamp = folder / ".git" / "unpacked"
    wanted = f"{project.sha256} {','.join(_KEPT)}"
    if not stamp.exists() or stamp.read_text("utf-8") != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        with tarfile.open(archive) as opened:
            for member in opened:
                _, _, member.name = member.name.partition("/")
                if member.isfile() and member.name.endswith(_KEPT):
                    opened.extract(member, folder, filter="data")
        subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
        stamp.write_text(wanted, "utf-8")
    return folder


def python_files(folder: Path) -> list[str]:
    """The Python files and stubs below a folder, relative and sorted, counted without torchgate's help."""
    found: list[str] = []
    for current, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in EXCLUDED]
        found += [
            (Path(current) / name).relative_to(folder).as_posix()
            for name in names
            if name.endswith((".py", ".pyi"))
        ]
    return sorted(found)


def line_count(folder: Path) -> int:
    """The lines of all Python files of a project."""
    return sum((folder / name).read_bytes().count(b"\n") for name in python_files(folder))
