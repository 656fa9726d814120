/** `NOT_FOUND` for each kind of thing, with the command that lists what there is. */
import { RadixError } from './radix-error.ts'

const REMEDIES = {
  cluster: 'List the clusters: `radix cluster list`.',
  'active cluster named': 'List the active clusters: `radix cluster list --status active`.',
  job: "List the cluster's jobs: `radix job list <cluster_id>`.",
  run: 'List the runs of this machine: `radix bench list`; `GET /v1/runs` lists those of the control plane.',
  'evidence of run':
    'List the runs of this machine: `radix bench list`; `GET /v1/runs` lists those of the control plane.',
  baseline: 'List the baselines: `radix bench baseline list`.',
  webhook: 'List the webhooks: `radix webhook list`.',
  member: 'List the members: `radix member list`.',
  'API key': 'List the API keys: `radix api-key list`.',
} as const

export type NotFoundThing = keyof typeof REMEDIES

/** The same for what is not there and for what belongs to another tenant. */
export function notFound(thing: NotFoundThing, id: string): RadixError {
  return new RadixError('NOT_FOUND', { thing, id, remedy: REMEDIES[thing] })
}
