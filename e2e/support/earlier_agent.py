"""An agent of the earlier Radix: a client made of dictionaries, which sends and reads what those agents do and no more.

Usage: earlier_agent.py API_BASE TENANT_ID CLUSTER_ID ONBOARDING_TOKEN JOB_SECONDS OUTCOME...
It runs one job for each OUTCOME ("ok" or "fail"), each for so long, and then ends. A null member that it reads is an error, as it is there.
"""
import json
import sys
import time
import urllib.request

HEARTBEAT_SECONDS = 60
IDLE_SECONDS = 0.2

api_base, tenant_id, cluster_id, onboarding_token, job_seconds, *outcomes = sys.argv[1:]
base = f"{api_base}/v1/clusters/{cluster_id}"


def post(path, body, credential):
    headers = {"Content-Type": "application/json", "X-Radix-Tenant-Id": tenant_id, **credential}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(base + path, data=data, headers=headers, method="POST")
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.loads(response.read())


def read_every_member(value):
    """What `answer.get('orchestration', {}).get(…)` does at every level: absent is the default, null has no members."""
    if value is None:
        raise AttributeError("'NoneType' object has no attribute 'get'")
    if isinstance(value, dict):
        for member in value.values():
            read_every_member(member)
    if isinstance(value, list):
        for member in value:
            read_every_member(member)


def call(path, body, credential):
    answer = post(path, body, credential)
    read_every_member(answer)
    return answer


cluster_token = call("/auth/exchange", None, {"X-Radix-One-Time-Token": onboarding_token})["cluster_token"]
token = {"X-Radix-Cluster-Token": cluster_token}
last_heartbeat = None

while outcomes:
    if last_heartbeat is None or time.monotonic() - last_heartbeat >= HEARTBEAT_SECONDS:
        capabilities = {"gpu_count": 1, "gpus": [{"name": "NVIDIA A10G", "memory_mb": 23028}], "cuda": "12.2"}
        call("/heartbeat", {"status": "active", "capabilities": capabilities, "agent_version": "0.1.0"}, token)
        last_heartbeat = time.monotonic()
    jobs = call("/jobs/poll", {"max_jobs": 1}, token).get("jobs", [])
    if not jobs:
        time.sleep(IDLE_SECONDS)
        continue
    job = jobs[0]
    image = job.get("orchestration", {}).get("image") or job.get("image", "default")
    batch_size = job.get("params", {}).get("batch_size", 128)
    print(f"running {job['job_id']} with {image}, batch {batch_size}", flush=True)
    started = time.monotonic()
    time.sleep(float(job_seconds))
    is_good = outcomes.pop(0) == "ok"
    result = {
        "tenant_id": tenant_id,
        "status": "succeeded" if is_good else "failed",
        "output_payload": {"stdout": "epoch 1 done"} if is_good else None,
        "metrics": {
            "duration_seconds": time.monotonic() - started,
            "throughput_images_per_sec": 343.2 if is_good else None,
            "exit_code": 0 if is_good else 1,
        },
        "error_message": None if is_good else "CUDA out of memory",
    }
    call(f"/jobs/{job['job_id']}/complete", result, token)
print("done", flush=True)
