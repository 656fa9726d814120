"""One run: two random matrices, their product step after step, and the check that it is right. Imports PyTorch."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, Optional

import torch
from torch import Tensor

from radix_workload import loop, machine
from radix_workload.failures import WorkloadFailure, first_line, is_out_of_memory
from radix_workload.process import Log
from radix_workload.progress import ProgressWriter
from radix_workload.result import RunRecord
from radix_workload.timing import make_timer

from arguments import Parameters
from memory import check_host_memory

DTYPES = {"fp32": torch.float32, "tf32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}
# Formats whose units a GPU has from this compute capability on; PyTorch emulates bf16 below it.
LEAST_CAPABILITY = {"tf32": (8, 0), "bf16": (8, 0)}

# The product is checked on this many rows and columns. A number of it is a sum of `size` products of standard normal
# numbers, so it is about the square root of `size`; the error is taken relative to that. The tolerances are several
# times what rounding of the factors (tf32), of the product and of partial sums gives; a wrong number is off by about 1.
CHECKED = 64
TOLERANCES = {"fp32": 0.001, "tf32": 0.02, "bf16": 0.1, "fp16": 0.03}


@dataclass(frozen=True)
class Precision:
    """`tf32` says whether TF32 is allowed in matrix products."""

    dtype: str
    tf32: bool


def run(parameters: Parameters, record: RunRecord, progress: ProgressWriter, log: Log) -> None:
    """Multiplies as asked and leaves everything measured in `record`.

    Raises `WorkloadFailure` for no GPU, a format that the device does not have, matrices that cannot fit into host
    memory, and a product that is wrong; PyTorch's own exceptions pass through.
    """
    device_type = machine.choose_device(torch, parameters)
    record.threads = machine.set_threads(torch, parameters)
    record.device = machine.describe_device(torch, device_type)
    record.software = machine.describe_software(torch, device_type)
    log(f"{record.device.name}, PyTorch {record.software['pytorch']}, {parameters.dtype}")
    if device_type == "cpu":
        check_host_memory(parameters.size, machine.available_host_memory())
    record.precision = choose_precision(parameters.dtype, device_type)
    try:
        first, second = make_factors(parameters, device_type)
        product = torch.empty_like(first)

        def step() -> None:
            torch.matmul(first, second, out=product)

        timer = make_timer(device_type)
        loop.warm_up(step, timer, parameters, progress, record)
        loop.run_timed(step, timer, parameters, progress, record)
        check_product(first, second, product, parameters)
    finally:
        record.device.peak_memory_bytes = machine.peak_memory_bytes(torch, device_type)


def choose_precision(dtype: str, device_type: str) -> Precision:
    """Sets PyTorch's flags for the format. Raises `WORKLOAD_UNSUPPORTED` where the device does not have it."""
    reason = why_unsupported(dtype, torch.cuda.get_device_capability(0) if device_type == "cuda" else None)
    if reason is not None:
        raise WorkloadFailure("WORKLOAD_UNSUPPORTED", f"--dtype {dtype}: {reason}", "use --dtype fp32")
    precision = Precision(dtype, tf32=dtype == "tf32")
    if device_type == "cuda":
        with warnings.catch_warnings():
            # Newer PyTorch announces another name; this one works in every version since 1.7.
            warnings.simplefilter("ignore")
            torch.backends.cuda.matmul.allow_tf32 = precision.tf32
    return precision


def why_unsupported(dtype: str, capability: Optional[tuple[int, int]]) -> Optional[str]:
    """Why a GPU of this compute capability, or a CPU (None), cannot multiply in this format; None where it can."""
    if capability is not None:
        least = LEAST_CAPABILITY.get(dtype, (0, 0))
        if capability >= least:
            return None
        return f"it needs compute capability {least[0]}.{least[1]}, and this GPU has {capability[0]}.{capability[1]}"
    if dtype == "tf32":
        return "a CPU has no TF32"
    try:
        torch.ones(2, 2, dtype=DTYPES[dtype]) @ torch.ones(2, 2, dtype=DTYPES[dtype])
    except RuntimeError as error:
        if is_out_of_memory(error):
            raise
        return first_line(error)
    return None


def make_factors(parameters: Parameters, device_type: str) -> tuple[Tensor, Tensor]:
    """Two matrices (size, size) of standard normal numbers from the seed, on the device."""
    generator = torch.Generator(device=device_type)
    generator.manual_seed(parameters.seed)
    shape = (parameters.size, parameters.size)

    def make() -> Tensor:
        return torch.randn(shape, device=device_type, generator=generator).to(DTYPES[parameters.dtype])

    return make(), make()


def check_product(first: Tensor, second: Tensor, product: Tensor, parameters: Any) -> None:
    """Compares the corner of the product with one computed in fp64 on the host, and looks for numbers that are not
    finite in all of it. Raises `WORKLOAD_WRONG_RESULT`."""
    rows, columns = first[:CHECKED].cpu().double(), second[:, :CHECKED].cpu().double()
    corner = product[:CHECKED, :CHECKED].cpu().double()
    error = float((corner - rows @ columns).abs().max()) / parameters.size**0.5
    tolerance = TOLERANCES[parameters.dtype]
    # Not finite is not within the tolerance either.
    if error <= tolerance and bool(torch.isfinite(product).all()):
        return
    raise WorkloadFailure(
        "WORKLOAD_WRONG_RESULT",
        f"the product is wrong: its relative error is {error:.3g}, and {tolerance:g} is the most that rounding explains",
        "do not use the number; if it happens again, suspect the GPU (`nvidia-smi -q -d ECC`)",
    )
