/** Newly created clusters, jobs and runs as the control plane returns them, for tests and the dashboard's mock. */
import type { z } from 'zod'
import { newId } from '../../core/ids.ts'
import type { Cluster } from '../schemas/cluster.ts'
import type { Job } from '../schemas/job.ts'
import type { RegisterRunBody, Run } from '../schemas/run.ts'

const CREATED_AT = '2026-03-02T09:00:00.000Z'

export function newCluster(changes: Partial<Cluster> = {}): Cluster {
  return {
    cluster_id: newId('cl'),
    tenant_id: 'local',
    name: 'ci-gpu-bench',
    type: 'docker_host',
    status: 'pending',
    status_changed_at: changes.created_at ?? CREATED_AT,
    labels: {},
    capabilities: null,
    agent_version: null,
    heartbeat_interval_seconds: null,
    last_heartbeat_at: null,
    created_at: CREATED_AT,
    archived_at: null,
    ...changes,
  }
}

export function newJob(changes: Partial<Job> = {}): Job {
  return {
    job_id: newId('job'),
    cluster_id: 'cl_1',
    tenant_id: 'local',
    run_id: null,
    job_kind: 'resnet50_benchmark',
    params: {},
    status: 'queued',
    timeout_seconds: 2700,
    cancel_requested: false,
    progress: null,
    metrics: null,
    output_payload: null,
    error_message: null,
    error_code: null,
    lease_epoch: 0,
    created_at: CREATED_AT,
    leased_at: null,
    started_at: null,
    finished_at: null,
    ...changes,
  }
}

export function newRun(changes: Partial<Run> = {}): Run {
  return {
    ...runRegistration(),
    tenant_id: 'local',
    cluster_id: null,
    status: 'registered',
    labels: {},
    steps: [],
    machine: null,
    verdict: null,
    throughput: null,
    duration_seconds: null,
    error_code: null,
    worst_case_cost_usd: null,
    cancel_requested: false,
    has_evidence: false,
    measurement: null,
    created_at: CREATED_AT,
    ended_at: null,
    ...changes,
  }
}

type Registration = z.input<typeof RegisterRunBody>

/** The registration of a run with an hour left. */
export function runRegistration<Changes extends Partial<Registration>>(changes?: Changes) {
  return {
    run_id: newId('run'),
    provider: 'ec2' as const,
    cluster_name: 'ci-gpu-bench',
    parameters: {},
    deadline_at: new Date(Date.now() + 3_600_000).toISOString(),
    ...changes,
  }
}
