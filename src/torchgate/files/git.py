"""Asks git which files a folder has. A checked repository's own git settings are never obeyed."""

from __future__ import annotations

import os

# What a repository's .git/config may make `ls-files` run: a file-system monitor, a hook, a helper of any
# kind. Values given with -c win over it. `safe.directory` is left alone: git refuses foreign owners.
_SETTINGS = (
    ("core.fsmonitor", "false"),
    ("core.hooksPath", os.devnull),
    ("core.untrackedCache", "false"),
    ("core.quotePath", "false"),
    ("submodule.recurse", "false"),
    ("protocol.allow", "never"),
)
_TIMEOUT_S = 120


def list_files(folder: str, root: str) -> list[str] | None:
    """Absolute paths of the tracked and the untracked, not ignored files below ``folder``.

    ``root`` is the top of its work tree. None where git is missing, refuses, fails or does not answer:
    the caller then walks the folders itself.
    """
    answer = listing(folder, root)
    return None if answer is None else paths(answer, root)


def listing(folder: str, root: str) -> bytes | None:
    """git's own answer, which ``paths`` reads."""
    options = ["-z", "--cached", "--others", "--exclude-standard", "--full-name"]
    done = _run(root, ["--literal-pathspecs", "ls-files", *options, "--", folder])
    return None if done is None or done[0] != 0 else done[1]


def paths(answer: bytes, root: str) -> list[str]:
    """The absolute paths in an answer of git's."""
    # Unmerged entries are listed once a stage.
    found = dict.fromkeys(answer.split(b"\0"))
    return [os.path.join(root, os.path.normpath(os.fsdecode(name))) for name in found if name]


def is_ignored(folder: str, root: str) -> bool:
    """Whether git ignores ``folder`` itself."""
    done = _run(root, ["check-ignore", "--quiet", "--", folder])
    return done is not None and done[0] == 0


def _run(root: str, arguments: list[str]) -> tuple[int, bytes] | None:
    """git's exit code and output; None where it is missing or does not answer."""
    import subprocess

    program = _program(root)
    if program is None:
        return None
    command = [program, "--no-pager", "--no-optional-locks"]
    for name, value in _SETTINGS:
        command += ["-c", f"{name}={value}"]
    try:
        done = subprocess.run(
            [*command, *arguments],
            cwd=root,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return done.returncode, done.stdout


def _program(root: str) -> str | None:
    """The git on the search path, but none that the checked repository brings along: a relative entry (and
    on Windows the working directory, searched first) would find one in there."""
    name = "git.exe" if os.name == "nt" else "git"
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        if not os.path.isabs(folder) or _is_within(os.path.normpath(folder), root):
            continue
        program = os.path.join(folder, name)
        if os.path.isfile(program) and os.access(program, os.X_OK):
            return program
    return None


def _environment() -> dict[str, str]:
    """Ours without the variables that point git elsewhere (a hook runs with GIT_DIR and GIT_INDEX_FILE
    set) or make it run something."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    # Where the user's own settings are (excludesFile, safe.directory) must stay.
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_CEILING_DIRECTORIES"):
        if name in os.environ:
            kept[name] = os.environ[name]
    return {**kept, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}


def work_tree(folder: str) -> str | None:
    """The top of the git work tree around ``folder``, by looking for ``.git`` upwards."""
    while not os.path.exists(os.path.join(folder, ".git")):
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent
    return folder


def _is_within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(os.path.join(folder, ""))
