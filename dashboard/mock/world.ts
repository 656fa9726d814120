/**
 * What the made-up control plane knows, and how it changes: by what is asked of it, and by what was to happen meanwhile. No
 * timer runs: each request first applies the changes that are due, in order and with their times.
 */
import type { ChangingThing } from '../../src/contract/schemas/change.ts'
import type { Cluster } from '../../src/contract/schemas/cluster.ts'
import type { Job } from '../../src/contract/schemas/job.ts'
import type { Member } from '../../src/contract/schemas/member.ts'
import type { ApiKey } from '../../src/contract/schemas/telemetry.ts'
import { type NotFoundThing, notFound } from '../../src/errors/not-found.ts'
import { makeApiKeys } from './api-keys.ts'
import { makeClusters, makePastClusters } from './clusters.ts'
import { makeJobs, makeQueuedJobs } from './jobs.ts'
import { makeMembers } from './members.ts'
import { type MadeUpRun, makeOtherRuns, makeRuns } from './runs.ts'

interface Due {
  atMs: number
  act: () => void
}

export class World {
  /** All of them with the newest first; what is in them is changed in place. */
  readonly clusters: Cluster[]
  readonly runs: MadeUpRun[]
  readonly jobs: Job[]
  readonly apiKeys: ApiKey[]
  readonly members: Member[]
  /** How long those take that run to an end. */
  readonly secondsOfJob = new Map<string, number>()
  readonly bornMs: number
  #due: Due[] = []
  readonly #changes = new Map<ChangingThing, number>()

  constructor(bornMs: number) {
    const measured = makeRuns(bornMs)
    const clusters = makeClusters(bornMs)
    const [, rack, silentRack] = clusters
    this.bornMs = bornMs
    this.runs = [...makeOtherRuns(bornMs), ...measured]
    this.clusters = [...clusters, ...makePastClusters(bornMs)]
    this.jobs = [
      ...(silentRack ? makeQueuedJobs(silentRack, bornMs) : []),
      ...(rack ? makeJobs(rack, measured.slice(0, 3), bornMs) : []),
    ]
    this.apiKeys = makeApiKeys(bornMs)
    this.members = makeMembers(bornMs)
  }

  /** Runs at the first request after that time. */
  at(atMs: number, act: () => void): void {
    this.#due.push({ atMs, act })
  }

  /** What is done may make more due. */
  catchUp(nowMs: number): void {
    for (;;) {
      const [next] = this.#due.toSorted((left, right) => left.atMs - right.atMs)
      if (!next || next.atMs > nowMs) return
      this.#due = this.#due.filter((each) => each !== next)
      next.act()
    }
  }

  announce(...things: ChangingThing[]): void {
    for (const thing of things) this.#changes.set(thing, (this.#changes.get(thing) ?? 0) + 1)
  }

  /** How often things of each kind have changed. */
  countChanges(): ReadonlyMap<ChangingThing, number> {
    return new Map(this.#changes)
  }

  findCluster(id: string): Cluster {
    return find('cluster', id, this.clusters, ({ cluster_id }) => cluster_id)
  }

  findRun(id: string): MadeUpRun {
    return find('run', id, this.runs, ({ run }) => run.run_id)
  }

  findJob(id: string): Job {
    return find('job', id, this.jobs, ({ job_id }) => job_id)
  }

  findMember(id: string): Member {
    return find('member', id, this.members, ({ member_id }) => member_id)
  }

  findApiKey(id: string): ApiKey {
    return find('API key', id, this.apiKeys, ({ api_key_id }) => api_key_id)
  }
}

function find<T>(thing: NotFoundThing, id: string, things: readonly T[], idOf: (each: T) => string): T {
  const found = things.find((each) => idOf(each) === id)
  if (found === undefined) throw notFound(thing, id)
  return found
}
