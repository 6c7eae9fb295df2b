"""Float32 errors against float64, for matmul, convolution and GRU, with controls that exceed the bound.

Bounds: a float32 product that sums k terms has a relative error (Frobenius norm) near 6e-8 times the root of
k at worst; 2.4e-7 was measured here for k = 512. Operands rounded to TF32 (10 bits of mantissa) or bf16 (7
bits) cannot do better than about 2e-4 and 2e-3. The bound sits between, an order of magnitude from either.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from typing import Any

BOUND = 1e-5
EXCEEDS = 1e-4

# With half the channels cuDNN 9.19 took no TF32 on an H200 although it was allowed: no control there.
IMAGE, KERNEL = (4, 64, 32, 32), (64, 64, 3, 3)


def _error(result: Any, exact: Any) -> float:
    return float(((result.double() - exact).norm() / exact.norm()).item())


def _operands(torch: Any, device: str, *shapes: tuple[int, ...]) -> list[Any]:
    generator = torch.Generator(device="cpu").manual_seed(11)
    return [torch.randn(shape, generator=generator, device="cpu").to(device) for shape in shapes]


def _matmul(torch: Any, device: str, rounded: Callable[[Any], Any]) -> float:
    left, right = _operands(torch, device, (256, 512), (512, 256))
    return _error(rounded(left) @ rounded(right), left.double() @ right.double())


def _conv(torch: Any, device: str, rounded: Callable[[Any], Any]) -> float:
    image, kernel = _operands(torch, device, IMAGE, KERNEL)
    conv2d = torch.nn.functional.conv2d
    return _error(conv2d(rounded(image), rounded(kernel)), conv2d(image.double(), kernel.double()))


def _gru(torch: Any, device: str, rounded: Callable[[Any], Any]) -> float:
    torch.manual_seed(11)
    gru = torch.nn.GRU(128, 128, num_layers=2, device=device)
    exact = torch.nn.GRU(128, 128, num_layers=2, device=device, dtype=torch.float64)
    exact.load_state_dict({name: value.double() for name, value in gru.state_dict().items()})
    gru.load_state_dict({name: rounded(value) for name, value in gru.state_dict().items()})
    (sequence,) = _operands(torch, device, (20, 32, 128))
    with torch.no_grad():
        return _error(gru(rounded(sequence))[0], exact(sequence.double())[0])


OPERATIONS: dict[str, Callable[[Any, str, Callable[[Any], Any]], float]] = {
    "matmul": _matmul,
    "conv": _conv,
    "gru": _gru,
}


def errors(torch: Any, device: str) -> dict[str, float]:
    """The relative error of each operation as this process computes it."""
    return {name: operation(torch, device, lambda value: value) for name, operation in OPERATIONS.items()}


def errors_of_rounded_operands(torch: Any, device: str) -> dict[str, float]:
    """The same with operands rounded to bf16: what the bound must tell apart, on any hardware."""
    return {
        name: operation(torch, device, lambda value: value.to(torch.bfloat16).to(torch.float32))
        for name, operation in OPERATIONS.items()
    }


def hardware_control(torch: Any, device: str) -> dict[str, Any]:
    """Allow reduced precision, as a bare program can, and measure what the hardware makes of it.

    Measured in any case; ``missing`` names the capability (bf16 on a CPU, TF32 on a GPU) that is not there.
    """
    missing = _missing_capability(torch, device)
    seen: dict[str, Any] = {"missing": missing} if missing else {}
    if device == "cpu":
        before = torch.get_float32_matmul_precision()
        torch.set_float32_matmul_precision("medium")  # torchgate: ignore[TG403] the control
        try:
            return {**seen, "errors": {"matmul": errors(torch, device)["matmul"]}}
        finally:
            torch.set_float32_matmul_precision(before)
    torch.backends.cuda.matmul.allow_tf32 = True  # torchgate: ignore[TG403] the control
    torch.backends.cudnn.allow_tf32 = True  # torchgate: ignore[TG403] the control
    return {**seen, "errors": errors(torch, device)}


def _missing_capability(torch: Any, device: str) -> str | None:
    if device == "cpu":
        return _missing_on_cpu(torch)
    major, minor = torch.cuda.get_device_capability(device)
    return None if major >= 8 else f"TF32 (compute capability {major}.{minor}; it came with 8.0)"


def _missing_on_cpu(torch: Any) -> str | None:
    """torch says whether bf16 tensors are multiplied, which AVX-512 does; float32 ones are only by AMX."""
    if not (torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported()):
        return "bf16 matrix products in oneDNN (this CPU lacks AVX-512 or AMX bf16)"
    amx = getattr(torch.cpu, "_is_amx_tile_supported", None)
    if platform.machine().lower() in ("x86_64", "amd64") and amx is not None and not amx():
        return "AMX, which oneDNN needs to multiply float32 matrices in bf16"
    return None
