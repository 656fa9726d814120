"""Facts of the machine, and the choice of the device; no PyTorch."""

import os
import tempfile
import unittest
from types import SimpleNamespace
from unittest import mock

from radix_workload import machine
from radix_workload.failures import WorkloadFailure

GIB = 1024**3


class HostMemory(unittest.TestCase):
    def available(self, files: dict) -> object:
        with mock.patch("radix_workload.machine._read", side_effect=lambda path: files.get(path, "")):
            return machine.available_host_memory()

    def test_the_control_group_counts_where_it_is_tighter(self) -> None:
        meminfo = {"/proc/meminfo": "MemTotal: 9 kB\nMemAvailable:    4096 kB\n"}
        self.assertEqual(self.available(meminfo), 4096 * 1024)
        group = {"/sys/fs/cgroup/memory.max": "3000\n", "/sys/fs/cgroup/memory.current": "1000\n"}
        self.assertEqual(self.available({**meminfo, **group}), 2000)
        unlimited = {"/sys/fs/cgroup/memory.max": "max\n", "/sys/fs/cgroup/memory.current": "1000\n"}
        self.assertEqual(self.available({**meminfo, **unlimited}), 4096 * 1024)
        self.assertIsNone(self.available({}))

    def test_page_cache_counts_as_free(self) -> None:
        stat = f"anon {GIB}\nactive_file {2 * GIB}\ninactive_file {4 * GIB}\nslab_reclaimable {GIB}\nshmem {GIB}\n"
        folder = "/sys/fs/cgroup"
        version_2 = {"memory.max": f"{8 * GIB}\n", "memory.current": f"{7.9 * GIB:.0f}\n", "memory.stat": stat}
        expected = 8 * GIB - (int(f"{7.9 * GIB:.0f}") - 7 * GIB)
        self.assertEqual(self.available({f"{folder}/{name}": text for name, text in version_2.items()}), expected)
        folder = "/sys/fs/cgroup/memory"
        stat = f"active_file 1\ninactive_file 1\ntotal_active_file {2 * GIB}\ntotal_inactive_file {4 * GIB}\n"
        version_1 = {
            "memory.limit_in_bytes": f"{8 * GIB}\n", "memory.usage_in_bytes": f"{7 * GIB}\n", "memory.stat": stat,
        }
        self.assertEqual(self.available({f"{folder}/{name}": text for name, text in version_1.items()}), 7 * GIB)


class ChoiceOfDevice(unittest.TestCase):
    def choose(self, device: str, allow_cpu: bool, available: bool, init: object = None) -> str:
        cuda = SimpleNamespace(is_available=lambda: available, init=mock.Mock(side_effect=init))
        torch = SimpleNamespace(cuda=cuda, version=SimpleNamespace(cuda="12.4"), __version__="2.6.0")
        return machine.choose_device(torch, SimpleNamespace(device=device, allow_cpu=allow_cpu))

    def test_prefers_the_gpu_and_takes_the_cpu_only_with_leave(self) -> None:
        self.assertEqual(self.choose("auto", True, True), "cuda")
        self.assertEqual(self.choose("cuda", False, True), "cuda")
        self.assertEqual(self.choose("auto", True, False), "cpu")
        self.assertEqual(self.choose("cpu", True, True), "cpu")

    def test_no_gpu_is_a_failure_with_its_fix(self) -> None:
        for device, allow_cpu in (("auto", False), ("cuda", False), ("cuda", True)):
            with self.assertRaises(WorkloadFailure) as caught:
                self.choose(device, allow_cpu, False)
            self.assertEqual((caught.exception.code, caught.exception.exit_code), ("WORKLOAD_NO_GPU", 10))
            self.assertIn("--allow-cpu", caught.exception.fix)

    def test_no_gpu_carries_the_reason_of_pytorch_and_its_fix(self) -> None:
        reason = "Unexpected error from cudaGetDeviceCount(). Error 802: system not yet initialized"
        with self.assertRaises(WorkloadFailure) as caught:
            self.choose("cuda", False, False, RuntimeError(reason))
        self.assertIn("Error 802: system not yet initialized", caught.exception.message)
        self.assertIn("nvidia-fabricmanager", caught.exception.fix)


class Gpu(unittest.TestCase):
    def test_uuid_comes_from_pytorch_or_from_nvidia_smi_where_there_is_one_gpu(self) -> None:
        self.assertEqual(machine._gpu_uuid(SimpleNamespace(uuid="12-34")), "GPU-12-34")
        for answer, expected in ((["GPU-1"], "GPU-1"), (["GPU-1", "GPU-2"], None), ([], None)):
            with mock.patch("radix_workload.machine._ask_nvidia_smi", return_value=answer):
                self.assertEqual(machine._gpu_uuid(SimpleNamespace()), expected)

    def test_driver_comes_from_nvidia_smi_or_the_kernel_module(self) -> None:
        with mock.patch("radix_workload.machine._ask_nvidia_smi", return_value=["550.54.15"]):
            self.assertEqual(machine._driver_version(), "550.54.15")
        for text, expected in (
            ("NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19", "535.104.05"),
            ("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  550.54.15  Release Build", "550.54.15"),
            ("", None),
        ):
            with mock.patch("radix_workload.machine._ask_nvidia_smi", return_value=[]), mock.patch("radix_workload.machine._read", return_value=text):
                self.assertEqual(machine._driver_version(), expected)

    def test_no_nvidia_smi_is_no_answer(self) -> None:
        with mock.patch("radix_workload.machine.subprocess.Popen", side_effect=FileNotFoundError):
            self.assertEqual(machine._ask_nvidia_smi("uuid"), [])

    def ask(self, script: str) -> list:
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "nvidia-smi")
            with open(path, "w", encoding="utf-8") as file:
                file.write(f"#!/bin/sh\n{script}\n")
            os.chmod(path, 0o755)
            with mock.patch.dict(os.environ, {"PATH": f"{folder}:{os.environ['PATH']}"}):
                return machine._ask_nvidia_smi("driver_version")

    def test_what_nvidia_smi_says_in_place_of_a_value_is_none(self) -> None:
        for words in ("No devices were found", "[N/A]", "ERR!", "[Unknown Error]", "NVIDIA-SMI has failed because of it"):
            self.assertEqual(self.ask(f"echo '{words}'"), [])
        self.assertEqual(self.ask("echo 550.54.15; echo ERR!; exit 15"), ["550.54.15"])

    def test_an_nvidia_smi_that_hangs_is_not_waited_for(self) -> None:
        with mock.patch("radix_workload.machine.NVIDIA_SMI_SECONDS", 0.2):
            self.assertEqual(self.ask("trap '' TERM; exec sleep 5"), [])


if __name__ == "__main__":
    unittest.main()
