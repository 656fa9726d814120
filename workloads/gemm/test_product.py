"""The product on the CPU: its check, its formats, its memory."""

import unittest

import torch

import product
from radix_workload.failures import WorkloadFailure
from radix_workload.progress import ProgressWriter
from radix_workload.result import RunRecord, build_result

from arguments import DESCRIPTOR, Parameters
from memory import check_host_memory, describe_too_large

GIB = 1024**3
TINY = Parameters(size=96, dtype="fp32", steps=5, warmup_steps=1, device="cpu", allow_cpu=True, num_threads=1)


class Run(unittest.TestCase):
    def test_counts_two_operations_for_each_pair_of_numbers(self) -> None:
        record = RunRecord(DESCRIPTOR, "1", "now", TINY)
        product.run(TINY, record, ProgressWriter(None, 5, "FLOP/s", 0.0), lambda message: None)
        record.duration_seconds = 1.0
        result = build_result(record)
        self.assertEqual(result["work"], {"amount": 5 * 2 * 96**3, "unit": "FLOP"})
        self.assertEqual(result["throughput"]["unit"], "FLOP/s")
        self.assertAlmostEqual(result["throughput"]["value"] * result["timed_seconds"], 5 * 2 * 96**3, delta=1)
        self.assertEqual(result["precision"], {"dtype": "fp32", "tf32": False})
        self.assertNotIn("loss", result)


class Check(unittest.TestCase):
    def multiply(self, dtype: str) -> tuple:
        parameters = Parameters(size=512, dtype=dtype)
        first, second = product.make_factors(parameters, "cpu")
        return first, second, first @ second, parameters

    def test_accepts_what_rounding_explains_in_every_format(self) -> None:
        for dtype in ("fp32", "bf16", "fp16"):
            if product.why_unsupported(dtype, None) is None:
                product.check_product(*self.multiply(dtype))

    def test_refuses_a_product_that_is_wrong_in_one_number(self) -> None:
        for value in (0.0, float("nan"), float("inf")):
            first, second, wrong, parameters = self.multiply("fp32")
            wrong[3, 5] = value
            with self.assertRaises(WorkloadFailure) as caught:
                product.check_product(first, second, wrong, parameters)
            self.assertEqual((caught.exception.code, caught.exception.exit_code), ("WORKLOAD_WRONG_RESULT", 14))

    def test_refuses_a_number_that_is_not_finite_anywhere(self) -> None:
        first, second, wrong, parameters = self.multiply("fp32")
        wrong[500, 500] = float("nan")
        with self.assertRaises(WorkloadFailure):
            product.check_product(first, second, wrong, parameters)

    def test_the_seed_decides_the_matrices(self) -> None:
        first, again = (product.make_factors(TINY, "cpu")[0] for _ in range(2))
        self.assertTrue(torch.equal(first, again))


class Formats(unittest.TestCase):
    def test_need_the_units_of_the_device(self) -> None:
        for dtype, capability, supported in (
            ("fp16", (7, 5), True), ("bf16", (7, 5), False), ("tf32", (7, 5), False), ("fp32", (6, 0), True),
            ("bf16", (8, 0), True), ("tf32", (9, 0), True), ("tf32", None, False), ("fp32", None, True),
        ):
            self.assertEqual(product.why_unsupported(dtype, capability) is None, supported, (dtype, capability))

    def test_that_are_missing_are_a_failure_with_its_fix(self) -> None:
        with self.assertRaises(WorkloadFailure) as caught:
            product.choose_precision("tf32", "cpu")
        self.assertEqual((caught.exception.code, caught.exception.exit_code), ("WORKLOAD_UNSUPPORTED", 15))
        self.assertIn("--dtype fp32", caught.exception.fix)


class Memory(unittest.TestCase):
    def test_matrices_that_cannot_fit_are_refused_with_a_size_that_does(self) -> None:
        with self.assertRaises(WorkloadFailure) as caught:
            check_host_memory(65_536, 8 * GIB)
        self.assertEqual(caught.exception.code, "WORKLOAD_OUT_OF_MEMORY")
        check_host_memory(int(caught.exception.fix.split("--size ")[1]), 8 * GIB)
        check_host_memory(65_536, None)

    def test_an_allocator_that_gives_up_names_half_the_size(self) -> None:
        self.assertIn("--size 48", describe_too_large(TINY, RuntimeError("CUDA out of memory")).fix)


if __name__ == "__main__":
    unittest.main()
