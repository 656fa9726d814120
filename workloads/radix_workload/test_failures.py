"""How exceptions become typed failures; no PyTorch."""

import unittest

from radix_workload.failures import EXIT_CODES, WorkloadFailure, classify


class OutOfMemoryError(RuntimeError):
    """Named as PyTorch's, which derives from RuntimeError too."""


TOO_LARGE = WorkloadFailure("WORKLOAD_OUT_OF_MEMORY", "too large", "ask for less")


def never(error: BaseException) -> WorkloadFailure:
    raise AssertionError(f"not out of memory: {error}")


class Classification(unittest.TestCase):
    def test_every_allocator_that_gives_up_is_out_of_memory(self) -> None:
        for error in (
            OutOfMemoryError("Tried to allocate 20.00 GiB"),
            RuntimeError("CUDA out of memory. Tried to allocate 20.00 GiB"),
            RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
            RuntimeError("[enforce fail at alloc_cpu.cpp:66] . DefaultCPUAllocator: can't allocate memory: you tried"),
            RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 1 bytes"),
            RuntimeError("Unable to find a valid cuDNN algorithm to run convolution"),
            RuntimeError("GET was unable to find an engine to execute this computation"),
            RuntimeError("FIND was unable to find an engine to execute this computation"),
            MemoryError(),
            OSError(12, "Cannot allocate memory"),
        ):
            with self.subTest(error=error):
                self.assertIs(classify(error, lambda refused: TOO_LARGE if refused is error else None), TOO_LARGE)

    def test_typed_failures_stay_what_they_are(self) -> None:
        failure = WorkloadFailure("WORKLOAD_NO_GPU", "none", "get one")
        self.assertIs(classify(failure, never), failure)

    def test_anything_else_failed_with_its_first_line(self) -> None:
        failure = classify(RuntimeError("CUDA error: an illegal memory access\nCompile with TORCH_USE_CUDA_DSA"), never)
        self.assertEqual((failure.code, failure.exit_code), ("WORKLOAD_FAILED", 1))
        self.assertIn("RuntimeError: CUDA error: an illegal memory access", failure.message)
        self.assertNotIn("\n", failure.message)
        self.assertEqual(classify(ValueError("out of memory of the user"), never).code, "WORKLOAD_FAILED")

    def test_faults_of_the_machine_are_not_out_of_memory_and_have_a_fix_of_their_own(self) -> None:
        prefix = "Unexpected error from cudaGetDeviceCount(). Did you run some cuda functions before calling NumCudaDevices()? "
        for error, fix in (
            (OSError("/lib/libgomp.so.1: cannot allocate memory in static TLS block"), "LD_PRELOAD"),
            (ImportError("libgomp.so.1: cannot allocate memory in static TLS block"), "LD_PRELOAD"),
            (RuntimeError(prefix + "Error 802: system not yet initialized"), "fabricmanager"),
            (RuntimeError(prefix + "Error 803: system has unsupported display driver / cuda driver combination"), "reboot"),
            (RuntimeError("CUDA error: uncorrectable ECC error encountered"), "nvidia-smi"),
        ):
            with self.subTest(error=error):
                failure = classify(error, never)
                self.assertEqual(failure.code, "WORKLOAD_FAILED")
                self.assertIn(fix, failure.fix)

    def test_exit_codes_are_permanent(self) -> None:
        self.assertEqual(
            EXIT_CODES,
            {"WORKLOAD_FAILED": 1, "WORKLOAD_USAGE": 2, "WORKLOAD_NO_GPU": 10, "WORKLOAD_OUT_OF_MEMORY": 11,
             "WORKLOAD_NON_FINITE_LOSS": 12, "WORKLOAD_NO_PYTORCH": 13, "WORKLOAD_WRONG_RESULT": 14,
             "WORKLOAD_UNSUPPORTED": 15, "WORKLOAD_CANCELLED": 143},
        )


if __name__ == "__main__":
    unittest.main()
