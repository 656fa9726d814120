/** Clusters, their onboarding, and what their agents report about them. */
import { z } from 'zod'
import { CLUSTER_STATUSES } from '../../core/transitions.ts'
import { Labels, Timestamp } from './common.ts'

export const CLUSTER_TYPES = ['docker_host', 'local', 'kubernetes', 'slurm'] as const
export const ClusterType = z.enum(CLUSTER_TYPES)

/** One GPU as the driver names it. `null` means that the driver did not say. */
export const Gpu = z
  .object({
    index: z.number().int().min(0),
    uuid: z.string(),
    name: z.string(),
    memory_total_bytes: z.number().int().nullable(),
    driver_version: z.string().nullable(),
    vbios_version: z.string().nullable(),
    compute_capability: z.string().nullable(),
    pci_bus_id: z.string().nullable(),
    power_limit_watts: z.number().nullable(),
  })
  .meta({ id: 'Gpu' })
export type Gpu = z.infer<typeof Gpu>

/** What an agent knows of its machine. Earlier agents send other members: they are kept as they come. */
export const Capabilities = z
  .looseObject({
    hostname: z.string().optional(),
    os: z.string().optional(),
    architecture: z.string().optional(),
    cpu: z.looseObject({ model: z.string(), cores: z.number().int() }).optional(),
    memory_total_bytes: z.number().int().optional(),
    gpus: z.array(z.union([Gpu, z.looseObject({})])).optional(),
    gpu_note: z.string().nullable().optional().describe('why there are no GPU facts, where there are none'),
    executors: z.array(z.string()).optional(),
    job_kinds: z.array(z.string()).optional(),
  })
  .meta({ id: 'Capabilities' })
export type Capabilities = z.infer<typeof Capabilities>

export const Cluster = z
  .object({
    cluster_id: z.string(),
    tenant_id: z.string(),
    name: z.string(),
    type: ClusterType,
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
  type: ClusterType.default('docker_host'),
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
