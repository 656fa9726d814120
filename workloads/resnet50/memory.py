"""What the training needs of the host's memory, and the smaller run that fits where it is too much."""

from __future__ import annotations

from typing import Any, Optional

from radix_workload.failures import WorkloadFailure, first_line

# The need of one training step on the CPU: the process with its weights, gradients and momentum, and per pixel of
# input the activations kept for the backward pass (about 22 million fp32 values for an image of 224 x 224) with the
# working memory of the convolutions. From resident sizes of real runs, rounded up.
CPU_BASE_BYTES = 700 * 1024**2
CPU_BYTES_PER_PIXEL = 2700


def check_host_memory(batch_size: int, image_size: int, available_bytes: Optional[int]) -> None:
    """Refuses a batch that cannot fit into host memory, before the kernel kills the process half-way through it.

    Raises `WorkloadFailure` (`WORKLOAD_OUT_OF_MEMORY`). Does nothing where the available memory is unknown.
    """
    if available_bytes is None:
        return
    per_image = CPU_BYTES_PER_PIXEL * image_size**2
    needed = CPU_BASE_BYTES + per_image * batch_size
    if needed <= available_bytes:
        return
    fitting = max(0, (available_bytes - CPU_BASE_BYTES) // per_image)
    raise WorkloadFailure(
        "WORKLOAD_OUT_OF_MEMORY",
        f"batch size {batch_size} at {image_size} px needs about {needed / 1024**3:.1f} GiB of memory, "
        f"and {available_bytes / 1024**3:.1f} GiB are available",
        smaller_run(batch_size, image_size, fitting_batch_size=fitting),
    )


def describe_too_large(parameters: Any, error: BaseException) -> WorkloadFailure:
    """The failure for a run that an allocator, of the device or of the host, has refused."""
    batch_size, image_size = parameters.batch_size, parameters.image_size
    return WorkloadFailure(
        "WORKLOAD_OUT_OF_MEMORY",
        f"batch size {batch_size} at {image_size} px does not fit into memory: {first_line(error)}",
        smaller_run(batch_size, image_size),
    )


def smaller_run(batch_size: int, image_size: int, fitting_batch_size: int | None = None) -> str:
    """The fix for a run that is too large: a smaller batch, or smaller images where the batch is already one.

    `fitting_batch_size`: the largest batch known to fit; without it, half of the one that failed.
    """
    candidate = batch_size // 2 if fitting_batch_size is None else fitting_batch_size
    if candidate >= 1:
        return f"use a smaller batch, for example --batch-size {candidate}"
    # A single image of 32 pixels is too little for batch normalisation.
    if image_size > 33:
        return f"use smaller images, for example --batch-size 1 --image-size {max(33, image_size // 2)}"
    return "free memory on this machine, or use one with more"
