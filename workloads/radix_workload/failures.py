"""The failures of workloads: permanent codes, exit codes, and how foreign exceptions become one of them.

Every failure that a user can meet carries what happened, why, and the fix. Imports nothing from PyTorch, so that it
also serves where PyTorch is missing.
"""

from __future__ import annotations

from typing import Callable

EXIT_CODES = {
    "WORKLOAD_FAILED": 1,
    "WORKLOAD_USAGE": 2,
    "WORKLOAD_NO_GPU": 10,
    "WORKLOAD_OUT_OF_MEMORY": 11,
    "WORKLOAD_NON_FINITE_LOSS": 12,
    "WORKLOAD_NO_PYTORCH": 13,
    "WORKLOAD_WRONG_RESULT": 14,
    "WORKLOAD_UNSUPPORTED": 15,
    "WORKLOAD_CANCELLED": 143,
}

# What exceptions of PyTorch, CUDA and cuDNN mean, by their words in lower case; the first row that fits counts. A row is
# whether an allocator gave up, and the fix where there is one of its own.
_MEANINGS: tuple[tuple[tuple[str, ...], bool, str | None], ...] = (
    # The loader's, and has nothing to do with the machine's memory.
    (("static tls block",), False, "set LD_PRELOAD to the library that the message names, and run it again"),
    (
        ("error 802", "system not yet initialized"),
        False,
        "start NVIDIA's Fabric Manager (`systemctl start nvidia-fabricmanager`), and wait until `nvidia-smi` works",
    ),
    (
        ("error 803", "unsupported display driver / cuda driver combination"),
        False,
        "reboot the machine, or reinstall the driver: its kernel module and its libraries are of different versions",
    ),
    (
        ("uncorrectable ecc error", "gpu has fallen off the bus", "error 46: all cuda-capable devices are busy"),
        False,
        "check the GPU (`nvidia-smi -q`, `dmesg | grep -i nvrm`), and use another machine if it happens again",
    ),
    # CUDA's typed exception does not cover cuBLAS and cuDNN workspaces, and the CPU allocator raises a plain
    # RuntimeError. cuDNN says that it finds no algorithm or engine where no workspace fits.
    (
        (
            "out of memory",
            "can't allocate memory",
            "cannot allocate memory",
            "not enough memory",
            "failed to allocate",
            "alloc_failed",
            "cudaerrormemoryallocation",
            "unable to find a valid cudnn algorithm",
            "unable to find an engine to execute",
        ),
        True,
        None,
    ),
)


class WorkloadFailure(Exception):
    """A failure with a permanent code. `exit_code` is the process's exit code."""

    def __init__(self, code: str, message: str, fix: str, exit_code: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.fix = fix
        self.exit_code = EXIT_CODES[code] if exit_code is None else exit_code


def classify(error: BaseException, describe_too_large: Callable[[BaseException], WorkloadFailure]) -> WorkloadFailure:
    """The typed failure for any exception: itself, out of memory as the workload describes it, or `WORKLOAD_FAILED`."""
    if isinstance(error, WorkloadFailure):
        return error
    if is_out_of_memory(error):
        return describe_too_large(error)
    return WorkloadFailure(
        "WORKLOAD_FAILED",
        f"the workload stopped with {type(error).__name__}: {first_line(error)}",
        known_fix(error)
        or "read the traceback on stderr; if it happens again on a healthy machine, report it with that traceback",
    )


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an allocator, of the device or of the host, gave up."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    return _find_meaning(error)[0]


def known_fix(error: BaseException) -> str | None:
    """The fix of an exception whose words are known; None for others."""
    return _find_meaning(error)[1]


def _find_meaning(error: BaseException) -> tuple[bool, str | None]:
    if isinstance(error, (RuntimeError, OSError, ImportError)):
        text = str(error).lower()
        for phrases, is_out_of_memory_error, fix in _MEANINGS:
            if any(phrase in text for phrase in phrases):
                return is_out_of_memory_error, fix
    return False, None


def first_line(error: BaseException) -> str:
    """The first line of an exception's text, or its class where it has none."""
    lines = str(error).strip().splitlines()
    return lines[0][:500] if lines else type(error).__name__
