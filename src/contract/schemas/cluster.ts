/** Clusters, their onboarding, and what their agents report about them. */
import { z } from 'zod'
import { CLUSTER_TYPES, RUNNABLE_CLUSTER_TYPES } from '../../core/cluster-types.ts'
import { CLUSTER_STATUSES } from '../../core/transitions.ts'
import { Labels, ReportedText, Timestamp } from './common.ts'

export const RunnableClusterType = z.enum(RUNNABLE_CLUSTER_TYPES, {
  error: `no executor runs jobs on a cluster of this type; use ${RUNNABLE_CLUSTER_TYPES.join(' or ')}`,
})

/** One GPU as the driver names it. `null` means that the driver did not say. */
export const Gpu = z
  .object({
    index: z.number().int().min(0),
    uuid: ReportedText(200),
    name: ReportedText(200),
    memory_total_bytes: z.number().int().nullable(),
    driver_version: ReportedText(200).nullable(),
    vbios_version: ReportedText(200).nullable(),
    compute_capability: ReportedText(200).nullable(),
    pci_bus_id: ReportedText(200).nullable(),
    power_limit_watts: z.number().nullable(),
  })
  .meta({ id: 'Gpu' })
export type Gpu = z.infer<typeof Gpu>

/** The agent's report about its machine. Earlier agents send other members, which are kept unchanged. */
export const Capabilities = z
  .looseObject({
    hostname: ReportedText(255).optional(),
    os: ReportedText(255).optional(),
    architecture: ReportedText(100).optional(),
    cpu: z.looseObject({ model: ReportedText(255), cores: z.number().int() }).optional(),
    memory_total_bytes: z.number().int().optional(),
    gpus: z.array(z.union([Gpu, z.looseObject({})])).optional(),
    gpu_note: ReportedText(1000).nullable().optional().describe('why there are no GPU facts, where there are none'),
    executors: z.array(ReportedText(100)).optional(),
    job_kinds: z.array(ReportedText(100)).optional(),
  })
  .meta({ id: 'Capabilities' })
export type Capabilities = z.infer<typeof Capabilities>

export const Cluster = z
  .object({
    cluster_id: z.string(),
    tenant_id: z.string(),
    name: z.string(),
    type: z.enum(CLUSTER_TYPES),
    status: z.enum(CLUSTER_STATUSES),
    status_changed_at: Timestamp,
    labels: Labels,
    capabilities: Capabilities.nullable(),
    agent_version: z.string().nullable(),
    heartbeat_interval_seconds: z.number().nullable(),
    last_heartbeat_at: Timestamp.nullable(),
    created_at: Timestamp,
    archived_at: Timestamp.nullable(),
  })
  .meta({ id: 'Cluster' })
export type Cluster = z.infer<typeof Cluster>

export const CreateClusterBody = z.object({
  name: z
    .string()
    .min(1)
    .max(100)
    .regex(/^[^\p{Cc}]+$/u, 'no control characters'),
  type: RunnableClusterType.default('docker_host'),
  labels: Labels.default({}),
})

export const OnboardingTokenBody = z.object({
  ttl_seconds: z.number().int().min(10).max(86_400).default(3600),
})
export const OnboardingToken = z.object({
  one_time_token: z.string().describe('shown once'),
  expires_at: Timestamp,
})

/**
 * Earlier agents send an empty body, some with their own metadata. `nonce`: random, made by the agent before its first try;
 * with the same one it may repeat an exchange whose answer was lost.
 */
export const ExchangeBody = z.looseObject({ nonce: z.string().min(32).max(128).optional() }).nullish()
export const ExchangeAnswer = z.object({
  cluster_token: z.string().describe('shown once'),
  cluster_id: z.string(),
  tenant_id: z.string(),
})

export const HeartbeatBody = z.looseObject({
  status: z.string().max(50).default('active'),
  capabilities: Capabilities.default({}),
  agent_version: z.string().max(100).default('unknown'),
  heartbeat_interval_seconds: z.number().min(1).max(3600).optional(),
})
export const HeartbeatAnswer = z.object({
  status: z.enum(CLUSTER_STATUSES),
  server_time: Timestamp,
})
