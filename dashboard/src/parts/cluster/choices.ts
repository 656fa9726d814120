/** What the list of clusters can be narrowed to, besides those that are not archived. */
import { CLUSTER_STATUSES } from '../../../../src/core/transitions.ts'

export const CLUSTER_CHOICES = [...CLUSTER_STATUSES, 'any'] as const
export type ClusterChoice = (typeof CLUSTER_CHOICES)[number]

interface Chosen {
  name?: string | undefined
  status?: ClusterChoice | undefined
}

/** Those of past runs are many: they are shown to whoever asks for them. */
export function toClusterFilter({ name, status }: Chosen) {
  if (status === undefined) return { name, archived: 'false' }
  return status === 'any' ? { name } : { name, status }
}
