"""Import this module first: it makes torch deterministic for everybody who comes later."""

import os
import sys
import threading

if "torch" in sys.modules:
    raise ImportError("import market.torch_facade before torch")
if threading.current_thread() is not threading.main_thread():
    raise RuntimeError("market.torch_facade must be imported on the main thread")

os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":16:8")
# Until the facade is gone: it configures Inductor before market.runtime can.
os.environ.setdefault("TORCHINDUCTOR_DETERMINISTIC", "1")

import torch

torch.use_deterministic_algorithms(True, warn_only=True)
torch.backends.cudnn.deterministic = True
torch.backends.cudnn.benchmark = False

__all__ = ["torch"]
