"""Facts of the machine and the check of host memory; no PyTorch."""

import unittest
from types import SimpleNamespace
from unittest import mock

import machine
from failures import WorkloadFailure

GIB = 1024**3


class HostMemory(unittest.TestCase):
    def test_a_batch_that_cannot_fit_is_refused_with_one_that_does(self) -> None:
        with self.assertRaises(WorkloadFailure) as caught:
            machine.check_host_memory(4096, 224, 8 * GIB)
        failure = caught.exception
        self.assertEqual(failure.code, "WORKLOAD_OUT_OF_MEMORY")
        self.assertIn("8.0 GiB", failure.message)
        fitting = int(failure.fix.split("--batch-size ")[1])
        machine.check_host_memory(fitting, 224, 8 * GIB)
        with self.assertRaises(WorkloadFailure):
            machine.check_host_memory(fitting + 1, 224, 8 * GIB)

    def test_where_not_one_image_fits_the_fix_names_smaller_images(self) -> None:
        with self.assertRaises(WorkloadFailure) as caught:
            machine.check_host_memory(2, 1024, 1 * GIB)
        self.assertIn("--image-size 512", caught.exception.fix)

    def test_small_batches_and_unknown_memory_pass(self) -> None:
        machine.check_host_memory(2, 32, 1 * GIB)
        machine.check_host_memory(65536, 1024, None)

    def available(self, files: dict) -> object:
        with mock.patch("machine._read", side_effect=lambda path: files.get(path, "")):
            return machine.available_host_memory()

    def test_the_control_group_counts_where_it_is_tighter(self) -> None:
        meminfo = {"/proc/meminfo": "MemTotal: 9 kB\nMemAvailable:    4096 kB\n"}
        self.assertEqual(self.available(meminfo), 4096 * 1024)
        group = {"/sys/fs/cgroup/memory.max": "3000\n", "/sys/fs/cgroup/memory.current": "1000\n"}
        self.assertEqual(self.available({**meminfo, **group}), 2000)
        unlimited = {"/sys/fs/cgroup/memory.max": "max\n", "/sys/fs/cgroup/memory.current": "1000\n"}
        self.assertEqual(self.available({**meminfo, **unlimited}), 4096 * 1024)
        self.assertIsNone(self.available({}))


class Gpu(unittest.TestCase):
    def test_uuid_comes_from_pytorch_or_from_nvidia_smi_where_there_is_one_gpu(self) -> None:
        self.assertEqual(machine._gpu_uuid(SimpleNamespace(uuid="12-34")), "GPU-12-34")
        for answer, expected in ((["GPU-1"], "GPU-1"), (["GPU-1", "GPU-2"], None), ([], None)):
            with mock.patch("machine._ask_nvidia_smi", return_value=answer):
                self.assertEqual(machine._gpu_uuid(SimpleNamespace()), expected)

    def test_driver_comes_from_nvidia_smi_or_the_kernel_module(self) -> None:
        with mock.patch("machine._ask_nvidia_smi", return_value=["550.54.15"]):
            self.assertEqual(machine._driver_version(), "550.54.15")
        for text, expected in (
            ("NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug 19", "535.104.05"),
            ("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  550.54.15  Release Build", "550.54.15"),
            ("", None),
        ):
            with mock.patch("machine._ask_nvidia_smi", return_value=[]), mock.patch("machine._read", return_value=text):
                self.assertEqual(machine._driver_version(), expected)

    def test_no_nvidia_smi_is_no_answer(self) -> None:
        with mock.patch("machine.subprocess.run", side_effect=FileNotFoundError):
            self.assertEqual(machine._ask_nvidia_smi("uuid"), [])


if __name__ == "__main__":
    unittest.main()
