"""Flags, defaults and ranges; no PyTorch."""

import os
import tempfile
import unittest

from radix_workload.arguments import find_result_path
from radix_workload.failures import WorkloadFailure

from arguments import Parameters, parse_arguments


class Defaults(unittest.TestCase):
    def test_are_those_of_the_benchmark(self) -> None:
        self.assertEqual(
            parse_arguments([]).to_json(),
            {
                "epochs": 1, "batch_size": 128, "steps_per_epoch": 200, "image_size": 224, "warmup_steps": 10,
                "recipe": "reference", "seed": 0, "device": "auto", "allow_cpu": False, "num_threads": None,
            },
        )

    def test_every_flag_is_read(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            result = os.path.join(folder, "result.json")
            parameters = parse_arguments(
                f"--epochs 2 --batch-size 3 --steps-per-epoch 4 --image-size 64 --warmup-steps 0 --recipe tuned --seed 7 "
                f"--device cpu --allow-cpu --num-threads 1 --result {result} --progress -".split()
            )
        expected = Parameters(
            epochs=2, batch_size=3, steps_per_epoch=4, image_size=64, warmup_steps=0, recipe="tuned", seed=7,
            device="cpu", allow_cpu=True, num_threads=1, result=result, progress="-",
        )
        self.assertEqual(parameters, expected)
        self.assertEqual(parameters.timed_steps, 8)


class WrongValues(unittest.TestCase):
    def refuse(self, line: str) -> WorkloadFailure:
        with self.assertRaises(WorkloadFailure) as caught:
            parse_arguments(line.split())
        failure = caught.exception
        self.assertEqual((failure.code, failure.exit_code), ("WORKLOAD_USAGE", 2))
        self.assertNotIn("\n", failure.message)
        self.assertTrue(failure.fix)
        return failure

    def test_name_the_flag_and_the_range(self) -> None:
        for line in ("--epochs 0", "--epochs -1", "--batch-size 0", "--batch-size x", "--batch-size 65537",
                     "--steps-per-epoch 0", "--image-size 31", "--image-size 1025", "--warmup-steps -1",
                     "--seed -1", "--seed 2147483648", "--num-threads 0", "--epochs 1.5"):
            with self.subTest(line=line):
                flag, value = line.split()
                failure = self.refuse(line)
                self.assertIn(flag, failure.message)
                self.assertIn(repr(value), failure.message)
                self.assertIn(flag, failure.fix)

    def test_unknown_flags_abbreviations_and_choices_are_refused(self) -> None:
        self.assertIn("--nonsense", self.refuse("--nonsense").message)
        self.assertIn("--epoch", self.refuse("--epoch 3").message)
        self.assertIn("fast", self.refuse("--recipe fast").message)
        self.assertIn("--device", self.refuse("--device tpu").message)

    def test_more_timed_steps_than_one_run_keeps(self) -> None:
        self.assertIn("2000000", self.refuse("--epochs 2 --steps-per-epoch 1000000").message)

    def test_cpu_needs_leave(self) -> None:
        self.assertIn("--allow-cpu", self.refuse("--device cpu").fix)

    def test_a_single_value_per_channel_cannot_be_normalised(self) -> None:
        self.assertIn("--batch-size 2", self.refuse("--batch-size 1 --image-size 32").fix)
        parse_arguments("--batch-size 1 --image-size 33".split())
        parse_arguments("--batch-size 2 --image-size 32".split())

    def test_outputs_that_cannot_be_written(self) -> None:
        self.assertIn("no folder", self.refuse("--result /nonexistent/result.json").message)
        self.assertIn("no folder", self.refuse("--progress /nonexistent/progress").message)
        self.assertIn("is a folder", self.refuse(f"--result {tempfile.gettempdir()}").message)


class ResultPathOfAWrongCommandLine(unittest.TestCase):
    def test_is_found_where_it_can_be_used(self) -> None:
        path = os.path.join(tempfile.gettempdir(), "result.json")
        self.assertEqual(find_result_path(["--epochs", "0", "--result", path]), path)
        self.assertEqual(find_result_path([f"--result={path}", "--nonsense"]), path)

    def test_is_none_otherwise(self) -> None:
        for line in ([], ["--result"], ["--result", "/nonexistent/result.json"]):
            self.assertIsNone(find_result_path(line))


if __name__ == "__main__":
    unittest.main()
