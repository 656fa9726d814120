"""What train.py takes and writes, read with the product's own schemas. Skipped where the workload stands alone."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

from arguments import Parameters

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SCHEMAS = os.path.join(ROOT, "src", "contract", "schemas", "workload.ts")

# Reads {results, progress, parameters}, lists of documents, and answers the members of each schema and the defaults.
# Fails where a document does not fit its schema.
READER = """
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
const { JOB_PARAMS, WorkloadProgress, WorkloadResult } = await import(pathToFileURL(process.argv[1]).href)
const schemas = { results: WorkloadResult.out, progress: WorkloadProgress, parameters: JOB_PARAMS.resnet50_benchmark }
const documents = JSON.parse(readFileSync(0, 'utf8'))
for (const [name, schema] of Object.entries(schemas)) for (const document of documents[name]) schema.parse(document)
const members = Object.entries(schemas).map(([name, schema]) => [name, Object.keys(schema.shape).sort()])
console.log(JSON.stringify({ ...Object.fromEntries(members), defaults: schemas.parameters.parse({}) }))
"""


def why_not() -> str:
    """Why the schemas cannot be read here; empty where they can."""
    if not (os.path.exists(SCHEMAS) and os.path.isdir(os.path.join(ROOT, "node_modules", "zod"))):
        return "needs the product's source and its packages"
    node = shutil.which("node")
    question = [node, "-e", "process.exit(process.features.typescript ? 0 : 1)"]
    if node is None or subprocess.run(question, timeout=60).returncode != 0:
        return "needs a Node.js that runs TypeScript"
    return ""


REASON = why_not()


@unittest.skipIf(REASON, REASON)
class Contract(unittest.TestCase):
    def read(self, results: list, progress: list, parameters: list) -> dict:
        documents = json.dumps({"results": results, "progress": progress, "parameters": parameters})
        process = subprocess.run(
            ["node", "--input-type=module", "-e", READER, SCHEMAS], input=documents, capture_output=True, text=True,
            timeout=60,
        )
        self.assertEqual(process.returncode, 0, process.stderr)
        return json.loads(process.stdout)

    def test_a_real_run_writes_what_the_product_reads(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            result_path, progress_path = os.path.join(folder, "result.json"), os.path.join(folder, "progress.jsonl")
            subprocess.run(
                [sys.executable, os.path.join(HERE, "train.py"), "--device", "cpu", "--allow-cpu", "--batch-size", "2",
                 "--image-size", "32", "--steps-per-epoch", "2", "--warmup-steps", "1", "--num-threads", "1", "--result",
                 result_path, "--progress", progress_path],
                check=True, capture_output=True, timeout=120,
            )
            with open(result_path, encoding="utf-8") as file:
                result = json.load(file)
            with open(progress_path, encoding="utf-8") as file:
                progress = [json.loads(line) for line in file]
        # Where it runs is for the agent to say, not for a job.
        parameters = {name: value for name, value in result["parameters"].items() if name not in ("device", "num_threads")}
        members = self.read([result], progress, [parameters])
        self.assertEqual(set(members["results"]) - set(result), set())
        self.assertEqual(sorted(parameters), members["parameters"])
        for line in progress:
            self.assertEqual(sorted(line), members["progress"])

    def test_the_defaults_are_those_of_the_product(self) -> None:
        defaults = self.read([], [], [])["defaults"]
        own = Parameters().to_json()
        self.assertEqual({name: own[name] for name in defaults}, defaults)


if __name__ == "__main__":
    unittest.main()
