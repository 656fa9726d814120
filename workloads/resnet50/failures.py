"""The workload's failures: permanent codes, exit codes, and how foreign exceptions become one of them.

Every failure that a user can meet carries what happened, why, and the fix. Imports nothing from PyTorch, so that it
also serves where PyTorch is missing.
"""

from __future__ import annotations

EXIT_CODES = {
    "WORKLOAD_FAILED": 1,
    "WORKLOAD_USAGE": 2,
    "WORKLOAD_NO_GPU": 10,
    "WORKLOAD_OUT_OF_MEMORY": 11,
    "WORKLOAD_NON_FINITE_LOSS": 12,
    "WORKLOAD_NO_PYTORCH": 13,
    "WORKLOAD_CANCELLED": 143,
}

# What allocators say. CUDA's typed exception does not cover cuBLAS and cuDNN workspaces, and the CPU allocator
# raises a plain RuntimeError.
_OUT_OF_MEMORY_PHRASES = (
    "out of memory",
    "can't allocate memory",
    "cannot allocate memory",
    "not enough memory",
    "failed to allocate",
    "alloc_failed",
    "cudaerrormemoryallocation",
)


class WorkloadFailure(Exception):
    """A failure with a permanent code. `exit_code` is the process's exit code."""

    def __init__(self, code: str, message: str, fix: str, exit_code: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.fix = fix
        self.exit_code = EXIT_CODES[code] if exit_code is None else exit_code


def classify(error: BaseException, batch_size: int, image_size: int) -> WorkloadFailure:
    """The typed failure for any exception: itself, out of memory, or `WORKLOAD_FAILED`."""
    if isinstance(error, WorkloadFailure):
        return error
    if is_out_of_memory(error):
        return WorkloadFailure(
            "WORKLOAD_OUT_OF_MEMORY",
            f"batch size {batch_size} at {image_size} px does not fit into memory: {first_line(error)}",
            smaller_run(batch_size, image_size),
        )
    return WorkloadFailure(
        "WORKLOAD_FAILED",
        f"the training stopped with {type(error).__name__}: {first_line(error)}",
        "read the traceback on stderr; if it comes again on a healthy machine, report it with that traceback",
    )


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an allocator, of the device or of the host, gave up."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    text = str(error).lower()
    return isinstance(error, (RuntimeError, OSError)) and any(phrase in text for phrase in _OUT_OF_MEMORY_PHRASES)


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


def first_line(error: BaseException) -> str:
    """The first line of an exception's text, or its class where it has none."""
    lines = str(error).strip().splitlines()
    return lines[0][:500] if lines else type(error).__name__
