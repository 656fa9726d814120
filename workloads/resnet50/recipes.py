"""The recipes: what each asks of PyTorch, decided before anything is built, with the reasons for what is left out.

`reference` is fp32, eager, NCHW, with PyTorch's default flags of the historical runs, set here one by one so that no
version of PyTorch changes them. `tuned` keeps the mathematics of the training step and moves less memory for it.
"""

from __future__ import annotations

import importlib.util
import os
import warnings
from dataclasses import dataclass, field
from typing import Any, Mapping, Optional

import torch

# Settings from outside that overrule a recipe or slow the host down; a run notes those that it finds set.
OVERRULING_VARIABLES = (
    "CUDA_LAUNCH_BLOCKING",
    "NVIDIA_TF32_OVERRIDE",
    "PYTORCH_NO_CUDA_MEMORY_CACHING",
    "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE",
)


@dataclass
class Precision:
    """How a step is computed. Starts as a recipe's wish and ends as what ran; `notes` say why the two differ,
    and `fallbacks` name the parts that failed with an exception (they are among the notes, too).

    `autocast` is "bfloat16", "float16" or None (fp32). `tf32_*` say whether TF32 is allowed, `foreach_optimizer`
    whether the optimizer updates all tensors in a few kernels, `loss_scaling` whether fp16 gradients are scaled.
    """

    autocast: Optional[str] = None
    tf32_conv: bool = False
    tf32_matmul: bool = False
    channels_last: bool = False
    compiled: bool = False
    cuda_graph: bool = False
    fused_optimizer: bool = False
    foreach_optimizer: bool = False
    cudnn_benchmark: bool = False
    loss_scaling: bool = False
    notes: list[str] = field(default_factory=list)
    fallbacks: list[str] = field(default_factory=list)


def choose_precision(recipe: str, capability: Optional[tuple[int, int]], cpu_flags: set[str]) -> Precision:
    """What the recipe asks for on a GPU of this compute capability, or on a CPU (None) with these instruction sets.

    `cpu_flags` as in `machine.cpu_flags`. Decides only: whether fused kernels, compilation and capture work is found
    out when the step is built.
    """
    if recipe == "reference":
        return _reference(capability)
    return _tuned_cpu(cpu_flags) if capability is None else _tuned_gpu(capability)


def apply_flags(precision: Precision, device_type: str) -> None:
    """Sets PyTorch's process-wide flags as the precision says."""
    if device_type != "cuda":
        return
    with warnings.catch_warnings():
        # Newer PyTorch announces other names for these two; the names used here work in every version since 1.7.
        warnings.simplefilter("ignore")
        torch.backends.cudnn.allow_tf32 = precision.tf32_conv
        torch.backends.cuda.matmul.allow_tf32 = precision.tf32_matmul
    torch.backends.cudnn.benchmark = precision.cudnn_benchmark
    torch.backends.cudnn.deterministic = False


def note_environment(precision: Precision, environment: Mapping[str, str]) -> None:
    """Notes the environment variables that make a run on a GPU differ from what its precision says."""
    for name in OVERRULING_VARIABLES:
        if name in environment:
            precision.notes.append(f"{name}={environment[name]} is set and may overrule this recipe")


def _reference(capability: Optional[tuple[int, int]]) -> Precision:
    on_gpu = capability is not None
    precision = Precision(tf32_conv=on_gpu, foreach_optimizer=on_gpu)
    if capability is not None and capability < (8, 0):
        precision.notes.append("TF32 is allowed but this GPU has none: its convolutions run in fp32")
    return precision


def _tuned_gpu(capability: tuple[int, int]) -> Precision:
    precision = Precision(
        autocast="bfloat16",
        tf32_conv=True,
        channels_last=True,
        compiled=True,
        cuda_graph=True,
        fused_optimizer=True,
        cudnn_benchmark=True,
    )
    if capability < (8, 0):
        # Asked by capability: torch.cuda.is_bf16_supported() also says yes where bf16 is only emulated.
        precision.autocast, precision.loss_scaling = "float16", True
        precision.notes.append("fp16 with loss scaling: this GPU has no bf16")
    missing = _why_not_compile(capability)
    if missing:
        precision.compiled = False
        precision.notes.append(f"not compiled: {missing}")
    return precision


def _why_not_compile(capability: tuple[int, int]) -> Optional[str]:
    if not hasattr(torch, "compile"):
        return f"PyTorch {torch.__version__} has no torch.compile"
    if capability < (7, 0):
        return "Triton needs a GPU of compute capability 7.0 or more"
    if importlib.util.find_spec("triton") is None:
        return "Triton is not installed"
    # PyTorch would run the model eagerly then and say nothing.
    switches = [name for name in ("TORCH_COMPILE_DISABLE", "TORCHDYNAMO_DISABLE") if os.environ.get(name) == "1"]
    if switches:
        return f"{switches[0]} is set"
    return None


def _tuned_cpu(cpu_flags: set[str]) -> Precision:
    precision = Precision(channels_last=True, fused_optimizer=True)
    precision.notes.append("not compiled and no CUDA graph: the device is a CPU")
    if cpu_flags & {"avx512_bf16", "amx_bf16"}:
        precision.autocast = "bfloat16"
    else:
        precision.notes.append("fp32: this CPU has no bf16 instructions")
    return precision


def make_optimizer(model: torch.nn.Module, precision: Precision, learning_rate: float, momentum: float,
                   weight_decay: float) -> torch.optim.Optimizer:
    """SGD as the precision asks. Where the fused kernel is missing it falls back to foreach and notes it."""
    options = {"lr": learning_rate, "momentum": momentum, "weight_decay": weight_decay}
    optimizer = _make_sgd(list(model.parameters()), precision, options)
    # A momentum of zero is what a first step starts from. Given here, because the fused kernel takes its first momentum
    # from uninitialised memory where loss scaling skips the first step.
    for parameter in model.parameters():
        optimizer.state[parameter]["momentum_buffer"] = torch.zeros_like(parameter, requires_grad=False)
    return optimizer


def _make_sgd(parameters: list[torch.nn.Parameter], precision: Precision, options: dict[str, Any]) -> torch.optim.SGD:
    if precision.fused_optimizer:
        try:
            return torch.optim.SGD(parameters, fused=True, **options)
        except (TypeError, RuntimeError):
            precision.fused_optimizer = False
            precision.foreach_optimizer = parameters[0].is_cuda
            precision.notes.append(f"optimizer not fused: PyTorch {torch.__version__} has no fused SGD for this device")
    return torch.optim.SGD(parameters, foreach=precision.foreach_optimizer, **options)
