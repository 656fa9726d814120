"""The result document and its writing."""

import json
import os
import tempfile
import unittest
from dataclasses import dataclass
from unittest import mock

from radix_workload.arguments import Asked, make_parameters
from radix_workload.descriptor import Descriptor
from radix_workload.failures import WorkloadFailure
from radix_workload.machine import Device
from radix_workload.result import RunRecord, build_result, metrics_line, write_result

STEPS = {"steps": {"kind": "whole", "minimum": 1, "maximum": 9, "default": 2, "meaning": "steps"}}
DESCRIPTOR = Descriptor("copy", "copy.py", "copies memory", "B", STEPS)


class Copying(Asked):
    @property
    def timed_steps(self) -> int:
        return self.steps

    @property
    def work_per_step(self) -> int:
        return 4


Parameters = make_parameters(DESCRIPTOR, Copying)
FAILURE = WorkloadFailure("WORKLOAD_NO_GPU", "there is none", "get one")


@dataclass
class Fallen:
    fallbacks: list


def finished_record() -> RunRecord:
    record = RunRecord(DESCRIPTOR, "1", "2026-01-01T00:00:00.000Z", Parameters(steps=2))
    record.step_seconds = [0.5, 1.5]
    record.duration_seconds = 9.0
    record.device = Device("cpu", "a CPU", None, 1, 1, None)
    return record


class Document(unittest.TestCase):
    def test_throughput_is_work_per_timed_second(self) -> None:
        document = build_result(finished_record())
        self.assertEqual((document["work"], document["timed_seconds"]), ({"amount": 8, "unit": "B"}, 2.0))
        self.assertEqual(document["throughput"], {"value": 4.0, "unit": "B/s"})
        self.assertEqual(document["workload"], {"name": "copy", "version": "1"})

    def test_the_timed_window_is_there_once_it_has_ended(self) -> None:
        record = finished_record()
        record.timed_started_at = "2026-01-01T00:00:01.000Z"
        self.assertIsNone(build_result(record)["timed_window"])
        record.timed_finished_at = "2026-01-01T00:00:03.000Z"
        self.assertEqual(
            build_result(record)["timed_window"],
            {"started_at": "2026-01-01T00:00:01.000Z", "finished_at": "2026-01-01T00:00:03.000Z"},
        )

    def test_a_failure_keeps_what_is_known_and_gives_no_throughput(self) -> None:
        document = build_result(finished_record(), FAILURE)
        self.assertEqual(document["status"], "failed")
        self.assertEqual(document["error"], {"code": "WORKLOAD_NO_GPU", "message": "there is none", "fix": "get one"})
        self.assertIsNone(document["throughput"])
        self.assertEqual(document["step_seconds"], [0.5, 1.5])

    def test_a_long_run_keeps_every_nth_step_and_a_summary_of_all(self) -> None:
        record = finished_record()
        record.step_seconds = [0.1] * 169_999 + [0.9]
        document = build_result(record)
        self.assertEqual((document["step_seconds_every"], len(document["step_seconds"])), (9, 18_889))
        self.assertEqual(document["step_seconds_summary"]["max"], 0.9)
        self.assertAlmostEqual(document["timed_seconds"], 17_000.8, places=3)
        self.assertLess(len(json.dumps(document, indent=1)), 3 * 1024**2)

    def test_fallbacks_stand_in_the_precision_only_where_there_are_some(self) -> None:
        for fallbacks in ([], ["not compiled: KeyError: 'getpwuid(): uid not found: 10001'"]):
            record = finished_record()
            record.precision = Fallen(fallbacks)
            precision = build_result(record)["precision"]
            self.assertEqual(precision.get("fallbacks", []), fallbacks)
            self.assertEqual("fallbacks" in precision, bool(fallbacks))

    def test_a_failure_before_anything_is_known_is_still_a_document(self) -> None:
        document = build_result(RunRecord(DESCRIPTOR, "1", "now"), FAILURE)
        self.assertEqual(json.loads(json.dumps(document, allow_nan=False))["error"]["code"], "WORKLOAD_NO_GPU")

    def test_metrics_carry_figures_or_the_error_code(self) -> None:
        good = json.loads(metrics_line(build_result(finished_record()), 0))["radix_metrics"]
        self.assertEqual((good["throughput"]["value"], good["duration_seconds"], good["exit_code"]), (4.0, 9.0, 0))
        self.assertIsNone(good["error_code"])
        bad = json.loads(metrics_line(build_result(RunRecord(DESCRIPTOR, "1", "now"), FAILURE), 10))["radix_metrics"]
        self.assertEqual((bad["exit_code"], bad["error_code"]), (10, "WORKLOAD_NO_GPU"))


class Writing(unittest.TestCase):
    def test_replaces_the_whole_file_and_leaves_nothing_beside_it(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "result.json")
            write_result(path, {"old": True})
            write_result(path, {"new": True})
            with open(path, encoding="utf-8") as file:
                self.assertEqual(json.load(file), {"new": True})
            self.assertEqual(os.listdir(folder), ["result.json"])

    def test_a_crash_before_the_rename_leaves_the_old_result_whole(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "result.json")
            write_result(path, {"old": True})
            with mock.patch("radix_workload.result.os.replace", side_effect=OSError("power cut")), self.assertRaises(OSError):
                write_result(path, {"new": True})
            with self.assertRaises(ValueError):
                write_result(path, {"new": float("nan")})
            with open(path, encoding="utf-8") as file:
                self.assertEqual(json.load(file), {"old": True})
            self.assertEqual(os.listdir(folder), ["result.json"])

    def test_is_synced_before_it_is_renamed(self) -> None:
        calls = []
        real_sync, real_replace = os.fsync, os.replace
        with tempfile.TemporaryDirectory() as folder, mock.patch(
            "radix_workload.result.os.fsync", side_effect=lambda handle: (calls.append("fsync"), real_sync(handle))
        ), mock.patch("radix_workload.result.os.replace", side_effect=lambda a, b: (calls.append("rename"), real_replace(a, b))):
            write_result(os.path.join(folder, "result.json"), {})
        self.assertEqual(calls, ["fsync", "rename", "fsync"])


if __name__ == "__main__":
    unittest.main()
