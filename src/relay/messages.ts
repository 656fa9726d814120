/** What the two ends of a relay write: always their whole state, so that any later message makes up for a lost one. */
import { z } from 'zod'

const Headers = z.record(z.string().max(100), z.string().max(8192))

const RelayedRequest = z.object({
  id: z.string().min(1).max(64),
  method: z.enum(['GET', 'POST', 'PUT', 'DELETE']),
  /** With the query. */
  path: z.string().startsWith('/').max(4096),
  headers: Headers,
  body: z.string().nullable(),
})
export type RelayedRequest = z.infer<typeof RelayedRequest>

const RelayedAnswer = z.object({
  id: z.string().min(1).max(64),
  status: z.int().min(200).max(599),
  headers: Headers,
  body: z.string(),
})
export type RelayedAnswer = z.infer<typeof RelayedAnswer>

/** Every request without an answer. One that is no longer listed has been answered or given up. */
export const AgentState = z.object({ requests: z.array(RelayedRequest) })
export type AgentState = z.infer<typeof AgentState>

/** The answers to requests that the agent was last seen to list. */
export const ControlPlaneState = z.object({
  /** The process of the agent to which they belong. */
  agent: z.string().max(64),
  answers: z.array(RelayedAnswer),
})
export type ControlPlaneState = z.infer<typeof ControlPlaneState>

/** One state, by the process that wrote it and its place among that process's. */
export const Envelope = z.object({
  writer: z.string().min(1).max(64),
  sequence: z.int().positive(),
  state: z.unknown(),
})
