"""Asks git which files a folder has. A checked repository's own git settings are never obeyed."""

from __future__ import annotations

import os
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

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
    return start_listing(folder, root)()


def start_listing(folder: str, root: str) -> Callable[[], bytes | None]:
    """The same, while the caller does something else: it calls what it gets for the answer."""
    options = ["-z", "--cached", "--others", "--exclude-standard", "--full-name"]
    running = _start(root, ["--literal-pathspecs", "ls-files", *options, "--", folder])

    def answer() -> bytes | None:
        done = running()
        return None if done is None or done[0] != 0 else done[1]

    return answer


def paths(answer: bytes, root: str) -> list[str]:
    """The absolute paths in an answer of git's."""
    # Unmerged entries are listed once a stage.
    found = dict.fromkeys(answer.split(b"\0"))
    return [os.path.join(root, os.path.normpath(os.fsdecode(name))) for name in found if name]


def is_ignored(folder: str, root: str) -> bool:
    """Whether git ignores ``folder`` itself."""
    done = _start(root, ["check-ignore", "--quiet", "--", folder])()
    return done is not None and done[0] == 0


def _start(root: str, arguments: list[str]) -> Callable[[], tuple[int, bytes] | None]:
    """Start git; what is returned waits for its exit code and output, None where it is missing or does not
    answer."""
    program = _program(root)
    if program is None:
        return lambda: None
    command = [program, "--no-pager", "--no-optional-locks", "-C", root]
    for name, value in _SETTINGS:
        command += ["-c", f"{name}={value}"]
    if hasattr(os, "posix_spawn"):
        return _spawn([*command, *arguments])
    return lambda: _subprocess([*command, *arguments])


def _spawn(command: list[str]) -> Callable[[], tuple[int, bytes] | None]:
    """A process without the ``subprocess`` module, which takes longer to import than git takes to answer."""
    reading, writing = os.pipe()
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_DUP2, writing, 1),
        (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
    ]
    try:
        process = os.posix_spawn(command[0], command, _environment(), file_actions=actions)
    except (OSError, ValueError):
        os.close(reading)
        return lambda: None
    finally:
        os.close(writing)

    def finish() -> tuple[int, bytes] | None:
        try:
            output = _read_all(reading)
        finally:
            os.close(reading)
        if output is None:
            os.kill(process, 9)
        status = os.waitpid(process, 0)[1]
        return None if output is None else (os.waitstatus_to_exitcode(status), output)

    return finish


def _read_all(handle: int) -> bytes | None:
    """Everything up to the end; None where it does not come in time."""
    import select

    poll = select.poll()
    poll.register(handle, select.POLLIN)
    end = time.monotonic() + _TIMEOUT_S
    parts: list[bytes] = []
    while poll.poll(max(0.0, end - time.monotonic()) * 1000):
        part = os.read(handle, 1 << 20)
        if not part:
            return b"".join(parts)
        parts.append(part)
    return None


def _subprocess(command: list[str]) -> tuple[int, bytes] | None:
    import subprocess

    try:
        done = subprocess.run(
            command,
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
