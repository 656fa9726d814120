"""The process, as a real child: exit codes, the last line, the result file, signals."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
TRAIN = os.path.join(HERE, "train.py")
TINY = ["--device", "cpu", "--allow-cpu", "--batch-size", "2", "--image-size", "32", "--warmup-steps", "1",
        "--num-threads", "1"]


class Process(unittest.TestCase):
    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = holder.name
        self.result_path = os.path.join(self.folder, "result.json")

    def run_train(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, TRAIN, *arguments, "--result", self.result_path],
            capture_output=True, text=True, cwd=self.folder, timeout=120, env={**os.environ, **environment},
        )

    def result(self) -> dict:
        with open(self.result_path, encoding="utf-8") as file:
            return json.load(file)

    def metrics(self, stdout: str) -> dict:
        return json.loads(stdout.splitlines()[-1])["radix_metrics"]

    def check_failure(self, process: subprocess.CompletedProcess, code: str, exit_code: int) -> None:
        self.assertEqual(process.returncode, exit_code, process.stderr)
        self.assertEqual(self.result()["status"], "failed")
        self.assertEqual(self.result()["error"]["code"], code)
        metrics = self.metrics(process.stdout)
        self.assertEqual((metrics["error_code"], metrics["exit_code"]), (code, exit_code))
        self.assertIsNone(metrics["throughput"])
        self.assertRegex(process.stderr.splitlines()[-1], f"^train.py: {code}: .+ Fix: .+")

    def test_success_from_another_folder(self) -> None:
        process = self.run_train(*TINY, "--steps-per-epoch", "3", "--progress", "-")
        self.assertEqual(process.returncode, 0, process.stderr)
        result, metrics = self.result(), self.metrics(process.stdout)
        self.assertEqual(result["status"], "succeeded")
        self.assertEqual(metrics["throughput"], result["throughput"])
        self.assertEqual((metrics["exit_code"], metrics["duration_seconds"]), (0, result["duration_seconds"]))
        self.assertGreater(result["duration_seconds"], result["timed_seconds"])
        lines = [json.loads(line) for line in process.stdout.splitlines()[:-1] if line.startswith("{")]
        phases = [line["phase"] for line in lines]
        self.assertEqual(list(dict.fromkeys(phases)), ["setup", "warmup", "train", "done"])
        self.assertTrue(all(line["schema"] == "radix.progress/v2" for line in lines))
        self.assertEqual(os.listdir(self.folder), ["result.json"])

    def test_usage_is_answered_without_pytorch(self) -> None:
        # A PyTorch that ends the process with 99 if it is touched.
        folder = self.fake_torch("import os; os._exit(99)")
        process = self.run_train("--epochs", "0", PYTHONPATH=folder)
        self.check_failure(process, "WORKLOAD_USAGE", 2)
        self.assertEqual(len(process.stderr.splitlines()), 1)
        self.assertEqual(self.run_train("--help", PYTHONPATH=folder).returncode, 0)

    def test_no_pytorch(self) -> None:
        folder = self.fake_torch("raise ImportError('libtorch.so is missing')")
        process = self.run_train(*TINY, PYTHONPATH=folder)
        self.check_failure(process, "WORKLOAD_NO_PYTORCH", 13)
        self.assertIn("libtorch.so is missing", process.stderr)

    def test_pytorch_too_old(self) -> None:
        process = self.run_train(*TINY, PYTHONPATH=self.fake_torch("__version__ = '1.12.1+cu113'"))
        self.check_failure(process, "WORKLOAD_NO_PYTORCH", 13)

    def test_no_gpu(self) -> None:
        process = self.run_train(CUDA_VISIBLE_DEVICES="")
        self.check_failure(process, "WORKLOAD_NO_GPU", 10)

    def test_an_unforeseen_error_shows_its_traceback(self) -> None:
        folder = self.fake_torch("__version__ = '2.0.0'\ndef __getattr__(name): raise KeyError('surprise')")
        process = self.run_train(*TINY, PYTHONPATH=folder)
        self.check_failure(process, "WORKLOAD_FAILED", 1)
        self.assertIn("Traceback", process.stderr)

    def test_more_memory_than_there_is(self) -> None:
        process = self.run_train("--device", "cpu", "--allow-cpu", "--batch-size", "65536", "--image-size", "1024")
        self.check_failure(process, "WORKLOAD_OUT_OF_MEMORY", 11)
        self.assertRegex(self.result()["error"]["fix"], r"--batch-size \d+")

    def test_sigterm_stops_the_training_and_keeps_what_was_measured(self) -> None:
        child = subprocess.Popen(
            [sys.executable, TRAIN, *TINY, "--steps-per-epoch", "100000", "--progress", "-", "--result",
             self.result_path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        try:
            for line in child.stdout:
                if line.startswith("{") and json.loads(line).get("step"):
                    break
            sent = time.monotonic()
            child.send_signal(signal.SIGTERM)
            stdout, stderr = child.communicate(timeout=60)
            self.assertLess(time.monotonic() - sent, 10)
        finally:
            child.kill()
            child.wait()
        self.check_failure(subprocess.CompletedProcess([], child.returncode, stdout, stderr), "WORKLOAD_CANCELLED", 143)
        self.assertGreater(len(self.result()["step_seconds"]), 0)

    def fake_torch(self, source: str) -> str:
        folder = tempfile.mkdtemp(dir=self.folder)
        with open(os.path.join(folder, "torch.py"), "w", encoding="utf-8") as file:
            file.write(source)
        return folder


class Signals(unittest.TestCase):
    def run_script(self, body: str) -> subprocess.CompletedProcess:
        script = "import os, signal, sys, time\nfrom radix_workload.cancellation import stop_on_signal\n" + textwrap.dedent(body)
        return subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, timeout=60,
            env={**os.environ, "PYTHONPATH": os.path.dirname(HERE)},
        )

    def test_act_in_the_middle_of_a_long_native_call(self) -> None:
        # Without the thread the handler would wait for the call, which takes longer than this test may.
        process = self.run_script("""
            import hashlib, threading
            stop_on_signal(lambda number: os._exit(40 + number))
            threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGTERM)).start()
            hashlib.pbkdf2_hmac("sha256", b"", b"", 10**9)
        """)
        self.assertEqual(process.returncode, 40 + signal.SIGTERM)

    def test_for_a_forked_child_leave_the_parent_alone(self) -> None:
        process = self.run_script("""
            stop_on_signal(lambda number: os._exit(99))
            child = os.fork()
            if child == 0:
                time.sleep(60)
            time.sleep(0.2)
            os.kill(child, signal.SIGTERM)
            _, status = os.waitpid(child, 0)
            time.sleep(0.3)
            sys.exit(7 if os.WTERMSIG(status) == signal.SIGTERM else 8)
        """)
        self.assertEqual(process.returncode, 7)


class UserName(unittest.TestCase):
    def test_a_user_id_without_an_entry_gets_a_name(self) -> None:
        script = (
            "import os, sys; sys.path.insert(0, sys.argv[1]); import pwd, getpass\nfrom radix_workload import process\n"
            "def none(uid): raise KeyError(f'getpwuid(): uid not found: {uid}')\n"
            "pwd.getpwuid = none\n"
            "process.ensure_user_name(os.environ); print(getpass.getuser())"
        )
        folder = os.path.dirname(HERE)
        said = subprocess.run([sys.executable, "-c", script, folder], env={}, capture_output=True, text=True, check=True)
        self.assertEqual(said.stdout.strip(), f"uid-{os.getuid()}")

    def test_the_tuned_recipe_runs_as_a_user_id_without_an_entry(self) -> None:
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        os.chmod(holder.name, 0o755)
        # The clone may be in a folder that is root's alone.
        code = shutil.copytree(os.path.dirname(HERE), os.path.join(holder.name, "code"))
        work = os.path.join(holder.name, "work")
        os.mkdir(work)
        as_user = ["setpriv", "--reuid", "10001", "--regid", "10001", "--clear-groups", sys.executable]
        environment = {"PATH": os.environ.get("PATH", ""), "HOME": work}
        run = {"env": environment, "cwd": work, "capture_output": True, "text": True, "timeout": 120}
        try:
            os.chown(work, 10001, 10001)
            find = "import importlib.util, sys; sys.exit(importlib.util.find_spec('torch') is None)"
            subprocess.run([*as_user, "-c", find], check=True, **run)
        except (OSError, subprocess.CalledProcessError) as error:
            self.skipTest(f"only root runs a program as another user, and that user must reach PyTorch: {error}")
        nameless = subprocess.run([*as_user, "-c", "import getpass; getpass.getuser()"], check=False, **run)
        self.assertIn("uid not found: 10001", nameless.stderr)
        arguments = [*TINY, "--recipe", "tuned", "--steps-per-epoch", "2", "--result", "result.json"]
        process = subprocess.run([*as_user, os.path.join(code, "resnet50", "train.py"), *arguments], check=False, **run)
        self.assertEqual(process.returncode, 0, process.stderr)
        with open(os.path.join(work, "result.json"), encoding="utf-8") as file:
            result = json.load(file)
        self.assertEqual((result["status"], result["recipe"]), ("succeeded", "tuned"))
        self.assertNotIn("uid not found", json.dumps(result))
        # The script names the user before anything asks for the name.
        script = "import getpass, os, sys; sys.path.insert(0, sys.argv[1]); from radix_workload import process; "
        script += "process.ensure_user_name(os.environ); print(getpass.getuser())"
        named = subprocess.run([*as_user, "-c", script, code], check=False, **run)
        self.assertEqual(named.stdout.strip(), "uid-10001", named.stderr)


if __name__ == "__main__":
    unittest.main()
