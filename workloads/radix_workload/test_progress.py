"""The lines of progress: their fields, their rate, and a stream that fails."""

import contextlib
import io
import json
import unittest

from radix_workload.progress import ProgressWriter


class Progress(unittest.TestCase):
    def setUp(self) -> None:
        self.now = 100.0
        self.stream = io.StringIO()
        self.progress = ProgressWriter(self.stream, total_steps=8, unit="images/s", started=90.0, clock=lambda: self.now)

    def lines(self) -> list:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    def test_a_phase_begins_with_a_line_of_nulls(self) -> None:
        self.progress.enter_phase("setup")
        self.assertEqual(
            self.lines(),
            [{"schema": "radix.progress/v2", "phase": "setup", "epoch": None, "step": None, "total_steps": 8,
              "throughput": None, "elapsed_seconds": 10.0, "loss": None}],
        )

    def test_at_most_two_lines_a_second_within_a_phase(self) -> None:
        self.progress.enter_phase("train")
        for step in range(1, 101):
            self.now = 100.0 + step / 32
            self.progress.report("train", 1, step, 16, 0.5, 6.9)
        lines = self.lines()[1:]
        self.assertEqual([line["step"] for line in lines], [16, 32, 48, 64, 80, 96])
        self.assertEqual(lines[0]["throughput"], {"value": 32.0, "unit": "images/s"})
        self.assertEqual(lines[0]["loss"], 6.9)

    def test_phase_changes_and_forced_lines_are_never_held_back(self) -> None:
        for phase in ("setup", "warmup", "train"):
            self.progress.enter_phase(phase)
        self.assertTrue(self.progress.report("done", 1, 8, 16, 2.0, 1.0, force=True))
        self.assertEqual([line["phase"] for line in self.lines()], ["setup", "warmup", "train", "done"])

    def test_a_stream_that_fails_ends_the_progress_and_nothing_else(self) -> None:
        class Closed(io.StringIO):
            def write(self, text: str) -> int:
                raise BrokenPipeError("gone")

        progress = ProgressWriter(Closed(), 8, "images/s", 0.0, clock=lambda: self.now)
        errors = io.StringIO()
        with contextlib.redirect_stderr(errors):
            progress.enter_phase("setup")
            progress.enter_phase("train")
        self.assertEqual(errors.getvalue().count("progress stops here"), 1)


if __name__ == "__main__":
    unittest.main()
