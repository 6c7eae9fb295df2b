"""What can be known about torch without importing it: presence, identity, version, build."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

_BUILDS = {"cuda": "cuda", "hip": "rocm", "xpu": "xpu"}


def locate() -> dict[str, Any]:
    """The facts that need no import: ``torch_found``, ``_path``, ``_version``, ``_shadow``, ``accelerator``.

    Version and build come from the text of torch/version.py. Unlike distribution metadata it is certainly
    about the folder that would be imported, and it names the build (``cuda``, ``hip``, ``xpu``).
    """
    module = sys.modules.get("torch")
    # While another thread is still importing torch the module is half empty; its files are not.
    spec = getattr(module, "__spec__", None)
    if module is not None and getattr(spec, "_initializing", False) is not True:
        return _imported(module)
    spec = _find_spec()
    if spec is None:
        return {"torch_found": False}
    folders = [Path(folder) for folder in spec.submodule_search_locations or ()]
    path = spec.origin or str(folders[0] if folders else "?")
    if not any(_is_pytorch(folder) for folder in folders):
        return {"torch_found": True, "torch_path": path, "torch_shadow": _shadow(path)}
    names = _version_file(folders)
    return {
        "torch_found": True,
        "torch_path": path,
        "torch_version": names.get("__version__"),
        "accelerator": _build(names),
    }


def _imported(module: Any) -> dict[str, Any]:
    path = getattr(module, "__file__", None)
    version = getattr(module, "__version__", None)
    found = {
        "torch_found": True,
        "torch_path": None if path is None else str(path),
        "torch_version": None if version is None else str(version),
    }
    # PyTorch without a version is a broken PyTorch; a stub or a mock has not loaded the extension module.
    if not hasattr(module, "_C") or (version is None and "torch._C" not in sys.modules):
        return {**found, "torch_shadow": _shadow(f"a module in sys.modules (file {path})")}
    return found


def _find_spec() -> Any:
    from importlib.util import find_spec

    try:
        return find_spec("torch")
    except ImportError:
        return None


def _is_pytorch(folder: Path) -> bool:
    """By its extension module; in a frozen application version.py is no file."""
    try:
        return any(folder.glob("_C.*"))
    except OSError:
        return True  # Not ours to tell; the import will, with the system's own message.


def _shadow(path: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        other = f"PyTorch {version('torch')} is installed behind it; rename or move it"
    except PackageNotFoundError:
        other = "PyTorch itself is not installed"
    return f"{path} answers to the name torch and is not PyTorch; {other}"


def _version_file(folders: list[Path]) -> dict[str, str | None]:
    """The string and None constants that torch/version.py assigns."""
    import ast

    for folder in folders:
        try:
            tree = ast.parse((folder / "version.py").read_bytes())
        except (OSError, SyntaxError, ValueError):
            continue
        names: dict[str, str | None] = {}
        for node in tree.body:
            target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
            value = getattr(node, "value", None)
            if isinstance(target, ast.Name) and isinstance(value, ast.Constant):
                names[target.id] = None if value.value is None else str(value.value)
        return names
    return {}


def _build(names: dict[str, str | None]) -> str | None:
    for name, build in _BUILDS.items():
        if names.get(name):
            return build
    # A macOS wheel names no build whether it has MPS or not, and an unread file is no evidence either way.
    return None if sys.platform == "darwin" or "cuda" not in names else "none"
