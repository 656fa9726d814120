"""The process, as a real child: exit codes, the last line, the result file."""

import json
import os
import subprocess
import sys
import tempfile
import unittest

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "multiply.py")
TINY = ["--allow-cpu", "--device", "cpu", "--size", "64", "--steps", "3", "--warmup-steps", "1", "--num-threads", "1"]


class Process(unittest.TestCase):
    def multiply(self, *arguments: str) -> tuple:
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "result.json")
            process = subprocess.run(
                [sys.executable, PROGRAM, *arguments, "--result", path], capture_output=True, text=True, timeout=120
            )
            with open(path, encoding="utf-8") as file:
                return process, json.load(file)

    def test_success(self) -> None:
        process, result = self.multiply(*TINY, "--dtype", "fp32", "--progress", "-")
        self.assertEqual(process.returncode, 0, process.stderr)
        self.assertEqual(result["workload"], {"name": "gemm", "version": "1"})
        lines = [json.loads(line) for line in process.stdout.splitlines() if line.startswith("{")]
        phases = dict.fromkeys(line["phase"] for line in lines[:-1])
        self.assertEqual(list(phases), ["setup", "warmup", "measure", "done"])
        self.assertEqual(lines[-1]["radix_metrics"]["throughput"], result["throughput"])

    def test_failures_have_their_codes(self) -> None:
        for arguments, code, exit_code in (
            (["--size", "0"], "WORKLOAD_USAGE", 2),
            ([*TINY, "--dtype", "tf32"], "WORKLOAD_UNSUPPORTED", 15),
        ):
            process, result = self.multiply(*arguments)
            self.assertEqual((process.returncode, result["error"]["code"]), (exit_code, code), process.stderr)


if __name__ == "__main__":
    unittest.main()
