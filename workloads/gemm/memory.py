"""What the product needs of memory, and the smaller size that fits where it is too much."""

from __future__ import annotations

import math
from typing import Any, Optional

from radix_workload.failures import WorkloadFailure, first_line

# The process with PyTorch; two factors and their product in up to four bytes a number, and a copy while they are made.
BASE_BYTES = 500 * 1024**2
BYTES_PER_NUMBER = 16


def check_host_memory(size: int, available_bytes: Optional[int]) -> None:
    """Refuses matrices that cannot fit into host memory, before the kernel kills the process.

    Raises `WorkloadFailure` (`WORKLOAD_OUT_OF_MEMORY`). Does nothing where the available memory is unknown.
    """
    if available_bytes is None:
        return
    needed = BASE_BYTES + BYTES_PER_NUMBER * size**2
    if needed <= available_bytes:
        return
    raise WorkloadFailure(
        "WORKLOAD_OUT_OF_MEMORY",
        f"matrices of {size} x {size} need about {needed / 1024**3:.1f} GiB of memory, "
        f"and {available_bytes / 1024**3:.1f} GiB are available",
        _smaller(math.isqrt(max(0, available_bytes - BASE_BYTES) // BYTES_PER_NUMBER)),
    )


def describe_too_large(parameters: Any, error: BaseException) -> WorkloadFailure:
    """The failure for a run that an allocator, of the device or of the host, has refused."""
    return WorkloadFailure(
        "WORKLOAD_OUT_OF_MEMORY",
        f"matrices of {parameters.size} x {parameters.size} do not fit into memory: {first_line(error)}",
        _smaller(parameters.size // 2),
    )


def _smaller(size: int) -> str:
    if size < 16:
        return "free memory on this machine, or use one with more"
    return f"use smaller matrices, for example --size {size}"
