/** What the list of clusters can be narrowed to, besides those that are not archived. */
import { CLUSTER_STATUSES } from '../../../../src/core/transitions.ts'

export const CLUSTER_CHOICES = [...CLUSTER_STATUSES, 'any'] as const
export type ClusterChoice = (typeof CLUSTER_CHOICES)[number]
