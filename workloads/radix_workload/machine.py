"""What this machine is: device, memory, software versions. Reads only; nothing here raises for a fact that it cannot
find, but where there is no device to run on."""

from __future__ import annotations

import os
import platform
import re
import resource
import subprocess
from dataclasses import dataclass
from typing import Any, Optional

from .failures import WorkloadFailure, first_line, known_fix

NVIDIA_SMI_SECONDS = 10
# A UUID or a version. All else (`[N/A]`, `ERR!`, `No devices were found`) is what nvidia-smi says in place of one.
_NVIDIA_SMI_VALUE = re.compile(r"^((GPU|MIG)-[0-9a-fA-F-]+|\d+(\.\d+)+)$")


@dataclass
class Device:
    """The device that runs the workload. Memory in bytes; `peak_memory_bytes` is what PyTorch reserved there at most (a GPU), or
    the largest resident size of the process (a CPU)."""

    type: str
    name: str
    uuid: Optional[str]
    memory_total_bytes: Optional[int]
    peak_memory_bytes: Optional[int]
    compute_capability: Optional[str]
    count: int = 1


def choose_device(torch: Any, parameters: Any) -> str:
    """"cuda" or "cpu". Raises `WorkloadFailure` (`WORKLOAD_NO_GPU`) where there is no GPU and no leave to go without."""
    if parameters.device == "cpu":
        return "cpu"
    if torch.cuda.is_available():
        return "cuda"
    if parameters.device == "auto" and parameters.allow_cpu:
        return "cpu"
    reason, fix = _why_no_gpu(torch)
    raise WorkloadFailure(
        "WORKLOAD_NO_GPU",
        f"there is no GPU to run on: {reason} (PyTorch {torch.__version__})",
        fix
        or "run on a machine with an NVIDIA GPU and driver (`nvidia-smi`; in Docker with `--gpus all`) and a PyTorch with "
        "CUDA, or add --allow-cpu without --device cuda for numbers that only prove the flow",
    )


def set_threads(torch: Any, parameters: Any) -> int:
    """CPU threads: as many as asked for, or as this process may use. Returns how many there are."""
    torch.set_num_threads(parameters.num_threads or available_cores())
    return torch.get_num_threads()


def describe_device(torch: Any, device_type: str) -> Device:
    """The first visible CUDA device, or the CPU."""
    if device_type == "cpu":
        return Device("cpu", _cpu_name(), None, _total_host_memory(), None, None)
    properties = torch.cuda.get_device_properties(0)
    return Device(
        "cuda",
        properties.name,
        _gpu_uuid(properties),
        properties.total_memory,
        None,
        f"{properties.major}.{properties.minor}",
    )


def peak_memory_bytes(torch: Any, device_type: str) -> int:
    """See `Device`."""
    if device_type == "cuda":
        return int(torch.cuda.max_memory_reserved(0))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if platform.system() == "Darwin" else peak * 1024


def describe_software(torch: Any, device_type: str) -> dict[str, Optional[str]]:
    """Versions of Python, PyTorch, and, for a GPU, of CUDA, cuDNN and the driver."""
    on_gpu = device_type == "cuda"
    cudnn = torch.backends.cudnn.version() if on_gpu else None
    return {
        "python": platform.python_version(),
        "pytorch": str(torch.__version__),
        "cuda": torch.version.cuda,
        "cudnn": None if cudnn is None else str(cudnn),
        "driver": _driver_version() if on_gpu else None,
    }


def available_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def available_host_memory() -> Optional[int]:
    """Bytes that this process may still take: the kernel's estimate, or the control group's rest where that is less."""
    candidates = [_meminfo_available(), _cgroup_rest()]
    known = [value for value in candidates if value is not None]
    return min(known) if known else None


def cpu_flags() -> set[str]:
    """Instruction set flags of the CPU as Linux names them; empty elsewhere."""
    for line in _read("/proc/cpuinfo").splitlines():
        if line.startswith("flags"):
            return set(line.split(":", 1)[1].split())
    return set()


def _why_no_gpu(torch: Any) -> tuple[str, Optional[str]]:
    """What PyTorch says when it is made to use CUDA, which `is_available()` keeps to itself; and the fix where known."""
    if torch.version.cuda is None:
        return "this PyTorch was built without CUDA", None
    try:
        torch.cuda.init()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the reason
        return f"PyTorch finds no usable GPU: {first_line(error)}", known_fix(error)
    return "PyTorch finds no usable GPU", None


def _gpu_uuid(properties: Any) -> Optional[str]:
    uuid = getattr(properties, "uuid", None)
    if uuid is not None:
        text = str(uuid)
        return text if text.startswith(("GPU-", "MIG-")) else f"GPU-{text}"
    # PyTorch before 2.3 does not say. nvidia-smi counts all GPUs, so its answer is certain only where there is one.
    uuids = _ask_nvidia_smi("uuid")
    return uuids[0] if len(uuids) == 1 else None


def _driver_version() -> Optional[str]:
    versions = _ask_nvidia_smi("driver_version")
    if versions:
        return versions[0]
    match = re.search(r"Kernel Module.*?\s(\d+\.[\d.]+)", _read("/proc/driver/nvidia/version"))
    return match.group(1) if match else None


def _ask_nvidia_smi(field: str) -> list[str]:
    command = ["nvidia-smi", f"--query-gpu={field}", "--format=csv,noheader"]
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    try:
        child = subprocess.Popen(command, text=True, start_new_session=True, **pipes)
    except OSError:
        return []
    try:
        answer, _ = child.communicate(timeout=NVIDIA_SMI_SECONDS)
    except subprocess.TimeoutExpired:
        # Not waited for: one that hangs in the driver cannot be killed.
        child.kill()
        return []
    values = [line.strip() for line in answer.splitlines()]
    # A GPU that fails changes the exit code, and the others still answer.
    return [value for value in values if _NVIDIA_SMI_VALUE.match(value)]


def _cpu_name() -> str:
    match = re.search(r"^model name\s*:\s*(.+)$", _read("/proc/cpuinfo"), re.MULTILINE)
    return match.group(1).strip() if match else platform.processor() or platform.machine() or "unknown CPU"


def _total_host_memory() -> Optional[int]:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return None


def _meminfo_available() -> Optional[int]:
    match = re.search(r"^MemAvailable:\s+(\d+) kB", _read("/proc/meminfo"), re.MULTILINE)
    return int(match.group(1)) * 1024 if match else None


def _cgroup_rest() -> Optional[int]:
    # As a container sees its own control group, version 2 and version 1.
    for folder, limit_name, usage_name, prefix in (
        ("/sys/fs/cgroup", "memory.max", "memory.current", ""),
        ("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_"),
    ):
        limit, usage = _read(f"{folder}/{limit_name}").strip(), _read(f"{folder}/{usage_name}").strip()
        if limit.isdigit() and usage.isdigit():
            used = max(0, int(usage) - _reclaimable(_read(f"{folder}/memory.stat"), prefix))
            return max(0, int(limit) - used)
    return None


def _reclaimable(memory_stat: str, prefix: str) -> int:
    """Bytes of a control group that the kernel gives up before it runs out of memory: the page cache of files."""
    names = {f"{prefix}{name}" for name in ("active_file", "inactive_file", "slab_reclaimable")}
    fields = [line.split() for line in memory_stat.splitlines()]
    return sum(int(field[1]) for field in fields if len(field) == 2 and field[0] in names and field[1].isdigit())


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""
