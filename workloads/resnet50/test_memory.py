"""The check of host memory, and the run that fits; no PyTorch."""

import unittest

from radix_workload.failures import WorkloadFailure

from arguments import Parameters
from memory import check_host_memory, describe_too_large, smaller_run

GIB = 1024**3


class HostMemory(unittest.TestCase):
    def test_a_batch_that_cannot_fit_is_refused_with_one_that_does(self) -> None:
        with self.assertRaises(WorkloadFailure) as caught:
            check_host_memory(4096, 224, 8 * GIB)
        failure = caught.exception
        self.assertEqual(failure.code, "WORKLOAD_OUT_OF_MEMORY")
        self.assertIn("8.0 GiB", failure.message)
        fitting = int(failure.fix.split("--batch-size ")[1])
        check_host_memory(fitting, 224, 8 * GIB)
        with self.assertRaises(WorkloadFailure):
            check_host_memory(fitting + 1, 224, 8 * GIB)

    def test_where_not_one_image_fits_the_fix_names_smaller_images(self) -> None:
        with self.assertRaises(WorkloadFailure) as caught:
            check_host_memory(2, 1024, 1 * GIB)
        self.assertIn("--image-size 512", caught.exception.fix)

    def test_small_batches_and_unknown_memory_pass(self) -> None:
        check_host_memory(2, 32, 1 * GIB)
        check_host_memory(65536, 1024, None)


class SmallerRun(unittest.TestCase):
    def test_halves_the_batch_or_names_the_one_that_fits(self) -> None:
        self.assertIn("--batch-size 64", smaller_run(128, 224))
        self.assertIn("--batch-size 37", smaller_run(128, 224, fitting_batch_size=37))

    def test_shrinks_the_images_once_the_batch_is_one(self) -> None:
        self.assertIn("--batch-size 1 --image-size 112", smaller_run(1, 224))
        self.assertIn("--image-size 33", smaller_run(1, 40))
        self.assertIn("free memory", smaller_run(1, 33))

    def test_is_the_fix_of_a_run_that_an_allocator_refused(self) -> None:
        failure = describe_too_large(Parameters(), RuntimeError("CUDA out of memory. Tried to allocate 20.00 GiB"))
        self.assertEqual((failure.code, failure.exit_code), ("WORKLOAD_OUT_OF_MEMORY", 11))
        self.assertIn("--batch-size 64", failure.fix)


if __name__ == "__main__":
    unittest.main()
