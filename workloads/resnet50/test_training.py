"""A run in this process: counting, warm-up, progress, loss checks, determinism; and the whole result's schema."""

import io
import json
import re
import unittest
from dataclasses import replace
from unittest import mock

import torch

import training
from radix_workload.failures import WorkloadFailure, classify
from radix_workload.progress import ProgressWriter
from radix_workload.result import build_result
from radix_workload.timing import HostStepTimer

from arguments import DESCRIPTOR, Parameters
from memory import describe_too_large
from record import TrainingRecord

# One thread, so that the tests take no longer on a machine whose other cores are busy.
TINY = Parameters(
    epochs=2, batch_size=2, steps_per_epoch=2, image_size=32, warmup_steps=1, allow_cpu=True, device="cpu", num_threads=1
)


def new_record(parameters: object = None) -> TrainingRecord:
    return TrainingRecord(DESCRIPTOR, "1", "now", parameters)


class Clock:
    """Seconds that pass only where the test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Loop(unittest.TestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.stream = io.StringIO()
        self.record = new_record()
        self.issued = 0

    def loop(self, parameters: Parameters, step_seconds: list, losses: list) -> None:
        def step() -> float:
            self.clock.now += step_seconds[self.issued]
            self.issued += 1
            return losses[self.issued - 1]

        timer = HostStepTimer(self.clock)
        progress = ProgressWriter(self.stream, parameters.timed_steps, "images/s", 0.0, self.clock)
        training.warm_up(step, timer, parameters, progress, self.record)
        training.train(step, timer, parameters, progress, self.record)

    def test_times_epochs_times_steps_and_leaves_the_warm_up_out(self) -> None:
        parameters = replace(TINY, epochs=2, steps_per_epoch=3, warmup_steps=2)
        seconds = [100.0, 50.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
        self.loop(parameters, seconds, [9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0])
        self.assertEqual(self.record.step_seconds, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
        self.assertEqual((self.record.losses[0], self.record.losses[-1]), (7.0, 2.0))
        self.assertEqual(self.record.warmup_steps, 2)

    def test_time_between_warm_up_and_training_is_not_timed(self) -> None:
        timer = HostStepTimer(self.clock)
        progress = ProgressWriter(None, 4, "images/s", 0.0, self.clock)

        def step() -> float:
            self.clock.now += 1.0
            return 1.0

        training.warm_up(step, timer, TINY, progress, self.record)
        self.clock.now += 1000.0
        training.train(step, timer, TINY, progress, self.record)
        self.assertEqual(self.record.step_seconds, [1.0] * 4)

    def test_the_wall_clock_window_holds_the_timed_steps_alone(self) -> None:
        def read_clock() -> str:
            return str(self.clock.now)

        with mock.patch("radix_workload.loop.now_iso", read_clock):
            self.loop(replace(TINY, epochs=1, warmup_steps=2), [100.0, 50.0, 1.0, 2.0], [7.0] * 4)
        self.assertEqual((self.record.timed_started_at, self.record.timed_finished_at), ("150.0", "153.0"))

    def test_progress_counts_timed_steps_over_all_epochs(self) -> None:
        parameters = replace(TINY, epochs=2, steps_per_epoch=3, warmup_steps=1, batch_size=4)
        self.loop(parameters, [1.0] * 7, [7.0] * 7)
        lines = [json.loads(line) for line in self.stream.getvalue().splitlines()]
        timed = [line for line in lines if line["phase"] == "train" and line["step"]]
        self.assertEqual([line["step"] for line in timed], [1, 2, 3, 4, 5, 6])
        self.assertEqual([line["epoch"] for line in timed], [1, 1, 1, 2, 2, 2])
        self.assertEqual({line["throughput"]["value"] for line in timed}, {4.0})
        self.assertEqual([line["phase"] for line in lines if line["phase"] not in ("train",)][-1], "done")
        self.assertEqual((lines[-1]["step"], lines[-1]["throughput"]), (6, {"value": 4.0, "unit": "images/s"}))

    def test_a_loss_that_is_not_finite_stops_the_run(self) -> None:
        for value in (float("nan"), float("inf"), -float("inf")):
            self.setUp()
            with self.assertRaises(WorkloadFailure) as caught:
                self.loop(TINY, [1.0] * 5, [7.0, 7.0, value, 7.0, 7.0])
            self.assertEqual((caught.exception.code, caught.exception.exit_code), ("WORKLOAD_NON_FINITE_LOSS", 12))
            self.assertIn("timed step 2", caught.exception.message)
            self.assertEqual(self.issued, 3)

    def test_also_in_the_warm_up(self) -> None:
        with self.assertRaises(WorkloadFailure) as caught:
            self.loop(TINY, [1.0], [float("nan")])
        self.assertEqual(caught.exception.code, "WORKLOAD_NON_FINITE_LOSS")


NUMBER, TEXT, WHOLE = (int, float), str, int
SCHEMA = {
    "schema": TEXT, "status": TEXT, "workload": {"name": TEXT, "version": TEXT}, "recipe": TEXT,
    "parameters": {
        "epochs": WHOLE, "batch_size": WHOLE, "steps_per_epoch": WHOLE, "image_size": WHOLE, "warmup_steps": WHOLE,
        "recipe": TEXT, "seed": WHOLE, "device": TEXT, "allow_cpu": bool, "num_threads": (int, type(None)),
    },
    "throughput": {"value": float, "unit": TEXT}, "work": {"amount": WHOLE, "unit": TEXT},
    "duration_seconds": float, "timed_seconds": float,
    "timed_window": {"started_at": TEXT, "finished_at": TEXT},
    "step_seconds": [float], "step_seconds_every": WHOLE,
    "step_seconds_summary": {"p50": float, "p95": float, "p99": float, "min": float, "max": float, "mean": float},
    "warmup": {"steps": WHOLE, "seconds": float, "preparation_seconds": float},
    "loss": {"first": float, "last": float, "finite": bool},
    "device": {
        "type": TEXT, "name": TEXT, "uuid": (str, type(None)), "memory_total_bytes": WHOLE, "peak_memory_bytes": WHOLE,
        "compute_capability": (str, type(None)), "count": WHOLE,
    },
    "software": {"python": TEXT, "pytorch": TEXT, "cuda": (str, type(None)), "cudnn": (str, type(None)),
                 "driver": (str, type(None))},
    "precision": {
        "autocast": (str, type(None)), "tf32_conv": bool, "tf32_matmul": bool, "channels_last": bool, "compiled": bool,
        "cuda_graph": bool, "fused_optimizer": bool, "foreach_optimizer": bool, "cudnn_benchmark": bool,
        "loss_scaling": bool, "notes": [str],
    },
    "optimizer": {"name": TEXT, "learning_rate": float, "momentum": float, "weight_decay": float},
    "threads": WHOLE, "started_at": TEXT, "finished_at": TEXT,
}


class WholeRun(unittest.TestCase):
    """Real ResNet-50, 2 images of 32 pixels, on the CPU."""

    def run_once(self, **changes: object) -> TrainingRecord:
        parameters = replace(TINY, **changes)
        record = new_record(parameters)
        progress = ProgressWriter(None, parameters.timed_steps, "images/s", 0.0)
        training.run(parameters, record, progress, lambda message: None)
        record.duration_seconds = 1.0
        return record

    def check(self, value: object, schema: object, path: str) -> None:
        if isinstance(schema, dict):
            self.assertEqual(sorted(value), sorted(schema), path)
            for key, inner in schema.items():
                self.check(value[key], inner, f"{path}.{key}")
        elif isinstance(schema, list):
            self.assertIsInstance(value, list, path)
            for item in value:
                self.check(item, schema[0], f"{path}[]")
        else:
            self.assertIsInstance(value, schema, path)
            self.assertTrue(schema is bool or not isinstance(value, bool), path)

    def test_the_result_has_every_field_in_its_type(self) -> None:
        for recipe in ("reference", "tuned"):
            document = json.loads(json.dumps(build_result(self.run_once(recipe=recipe)), allow_nan=False))
            self.check(document, SCHEMA, "result")
            self.assertEqual((document["schema"], document["status"]), ("radix.result/v2", "succeeded"))
            self.assertEqual(document["workload"], {"name": "resnet50", "version": "1"})
            self.assertEqual(len(document["step_seconds"]), 4)
            self.assertEqual(document["work"], {"amount": 8, "unit": "images"})
            self.assertAlmostEqual(document["throughput"]["value"] * document["timed_seconds"], 8.0)
            self.assertIs(document["loss"]["finite"], True)
            window = document["timed_window"]
            for moment in window.values():
                self.assertTrue(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", moment), moment)
            self.assertLessEqual(window["started_at"], window["finished_at"])

    def test_the_same_seed_gives_the_same_losses_and_another_gives_others(self) -> None:
        first, again, other = self.run_once(), self.run_once(), self.run_once(seed=1)
        self.assertEqual(first.losses, again.losses)
        self.assertNotEqual(first.losses, other.losses)

    def test_recipes_train_alike(self) -> None:
        reference, tuned = self.run_once(epochs=1), self.run_once(epochs=1, recipe="tuned")
        self.assertAlmostEqual(reference.losses[0], tuned.losses[0], delta=0.2)
        self.assertTrue(tuned.precision.channels_last)

    def test_memory_is_checked_before_anything_is_built(self) -> None:
        with mock.patch("training.machine.available_host_memory", return_value=10**9), mock.patch(
            "training.prepare_step", side_effect=AssertionError("built")
        ), self.assertRaises(WorkloadFailure) as caught:
            self.run_once(batch_size=1024)
        self.assertEqual(caught.exception.code, "WORKLOAD_OUT_OF_MEMORY")

    def test_pytorchs_own_out_of_memory_is_classified(self) -> None:
        error = torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        with mock.patch("training.prepare_step", side_effect=error), self.assertRaises(RuntimeError) as caught:
            self.run_once()
        self.assertEqual(classify(caught.exception, lambda error: describe_too_large(TINY, error)).code, "WORKLOAD_OUT_OF_MEMORY")

    def test_a_real_allocation_that_cannot_be_met_is_out_of_memory(self) -> None:
        with self.assertRaises(RuntimeError) as caught:
            torch.empty(2**60)
        self.assertEqual(classify(caught.exception, lambda error: describe_too_large(TINY, error)).code, "WORKLOAD_OUT_OF_MEMORY")


@unittest.skipUnless(torch.cuda.is_available(), "needs a CUDA device")
class OnCuda(unittest.TestCase):
    def test_both_recipes_run_and_time_every_step(self) -> None:
        for recipe in ("reference", "tuned"):
            parameters = replace(TINY, recipe=recipe, device="cuda", batch_size=8, image_size=64, steps_per_epoch=40)
            record = new_record(parameters)
            training.run(parameters, record, ProgressWriter(None, 80, "images/s", 0.0), lambda message: None)
            self.assertEqual(len(record.step_seconds), 80)
            self.assertTrue(all(seconds > 0 for seconds in record.step_seconds))


if __name__ == "__main__":
    unittest.main()
