/** Types of clusters. */

/** What may be read: earlier versions stored clusters of types that no executor serves. */
export const CLUSTER_TYPES = ['docker_host', 'local', 'kubernetes', 'slurm'] as const
export type ClusterType = (typeof CLUSTER_TYPES)[number]

/** What may be created: the types whose agents run jobs. */
export const RUNNABLE_CLUSTER_TYPES = ['docker_host', 'local'] as const
