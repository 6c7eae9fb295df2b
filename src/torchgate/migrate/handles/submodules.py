"""The submodules that ``import torch`` loads by itself: `handle.nn.functional` is there without an import.

Only those that every supported version loads are listed; a test compares the list with the installed torch.
"""

from __future__ import annotations

LOADED = frozenset(
    """
    torch torch.amp torch.autograd torch.autograd.function torch.autograd.functional
    torch.autograd.grad_mode torch.autograd.profiler torch.backends torch.backends.cpu
    torch.backends.cuda torch.backends.cudnn torch.backends.mkl torch.backends.mkldnn torch.backends.mps
    torch.backends.openmp torch.cpu torch.cuda torch.cuda.amp torch.cuda.nvtx torch.cuda.random
    torch.cuda.streams torch.compiler torch.distributed torch.distributions torch.fft torch.func
    torch.functional torch.futures torch.hub torch.jit torch.library torch.linalg torch.masked torch.mps
    torch.mtia torch.multiprocessing torch.nested torch.nn torch.nn.functional torch.nn.init
    torch.nn.modules torch.nn.modules.activation torch.nn.modules.batchnorm torch.nn.modules.conv
    torch.nn.modules.linear torch.nn.modules.loss torch.nn.modules.module torch.nn.modules.normalization
    torch.nn.modules.rnn torch.nn.modules.transformer torch.nn.parallel torch.nn.parameter
    torch.nn.utils torch.nn.utils.clip_grad torch.nn.utils.parametrizations torch.nn.utils.parametrize
    torch.nn.utils.rnn torch.optim torch.optim.lr_scheduler torch.optim.swa_utils torch.overrides
    torch.profiler torch.random torch.serialization torch.signal torch.sparse torch.special
    torch.storage torch.types torch.utils torch.utils.data torch.utils.data.dataset
    torch.utils.data.sampler torch.utils.data.dataloader torch.utils.hooks torch.version torch.xpu
    """.split()  # noqa: SIM905 (the list literal takes a line each)
)
# Submodules of these that have to be imported by name (torch.utils is full of them, and treated as a whole).
_NOT_LOADED = frozenset(
    """
    torch.contrib torch.nativert torch.numa torch.onnx torch.export torch.package torch.testing torch.ao
    torch.quantization torch.fx torch.monitor torch.accelerator torch.backends.xeon
    torch.backends.xnnpack torch.backends.opt_einsum torch.backends.nnpack torch.backends.quantized
    torch.backends.cusparselt torch.backends.mha torch.backends.kleidiai torch.cuda.comm torch.cuda.nccl
    torch.cuda.profiler torch.cuda.sparse torch.cuda.tunable torch.cuda.jiterator torch.cuda.graphs
    torch.cuda.memory torch.cuda.gds torch.cuda.green_contexts torch.jit.generate_bytecode
    torch.jit.mobile torch.jit.quantized torch.jit.supported_ops torch.jit.unsupported_tensor_ops
    torch.jit.annotations torch.jit.frontend torch.multiprocessing.pool torch.multiprocessing.queue
    torch.multiprocessing.spawn torch.nn.backends torch.nn.cpp torch.nn.qat torch.nn.quantized
    torch.nn.quantizable torch.nn.intrinsic torch.nn.attention torch.nn.grad torch.nn.utils.prune
    torch.nn.utils.stateless torch.nn.utils.fusion torch.profiler.itt torch.profiler.python_tracer
    torch.autograd.forward_ad torch.autograd.graph torch.autograd.anomaly_mode torch.autograd.variable
    torch.sparse.semi_structured torch.masked.maskedtensor torch.distributions.kl
    torch.distributions.utils torch.distributions.constraints torch.distributions.transforms
    torch.signal.windows
    """.split()  # noqa: SIM905 (the list literal takes a line each)
)


def is_reachable(dotted: str, *, is_module: bool) -> bool:
    """Whether ``torch`` gives ``dotted`` by attributes alone, once it is imported.

    ``is_module``: it is imported as a module (`import torch.x`); otherwise its parent is the module, and it
    may be either something in it or a submodule.
    """
    if dotted in LOADED:
        return True
    parent = dotted.rpartition(".")[0]
    return not is_module and parent in LOADED and dotted not in _NOT_LOADED and parent != "torch.utils"
