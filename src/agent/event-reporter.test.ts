/** Reports of logs of any length, with real files. */
import { appendFile, mkdtemp, rm, stat, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { ControlPlaneClient } from '../contract/client.ts'
import { EventsBody, type JobEvent } from '../contract/schemas/job.ts'
import { systemClock } from '../core/clock.ts'
import { AGENT_LIMITS } from '../core/limits/agent.ts'
import { resnet50 } from '../workloads/resnet50.ts'
import { startEventReporter } from './event-reporter.ts'
import { type JobDirectory, openJobDirectory } from './job-directory.ts'
import { toJobKind } from './job-kinds/workload-job.ts'

let stateDir: string
let directory: JobDirectory
let events: JobEvent[]
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'radix-events-'))
  directory = await openJobDirectory(stateDir, 'job_1')
  events = []
})
afterEach(() => rm(stateDir, { recursive: true }))

function start() {
  const client = {
    async call(_: string, { body }: { body: unknown }) {
      events.push(...EventsBody.parse(body).events)
      return { last_sequence: events.at(-1)?.sequence ?? 0, cancel_requested: false }
    },
  }
  return startEventReporter({
    client: client as unknown as ControlPlaneClient,
    clock: systemClock,
    directory,
    record: {
      jobId: 'job_1',
      clusterId: 'cl_1',
      jobKind: 'resnet50_benchmark',
      leaseToken: 'token',
      timeoutAt: '2026-01-01T00:00:00Z',
      execution: null,
      reported: { progress: 0, stdout: 0, stderr: 0 },
      lastSequence: 0,
    },
    jobKind: toJobKind(resnet50),
    onCancelRequested() {},
    onLeaseRefused() {},
  })
}

const linesOf = (wanted: string) =>
  events.flatMap((event) => (event.kind === 'log' && event.data.stream === wanted ? [event.data.line] : []))

it('reports the last part of a long log, and how much is missing', async () => {
  await appendFile(directory.stdoutPath, `${'x'.repeat(2000)}\n`.repeat(1000))
  await appendFile(directory.stdoutPath, 'the end\n')
  await start().finish(10_000)
  expect(linesOf('stdout').at(-1)).toBe('the end')
  expect(linesOf('stdout').length).toBeLessThan(600)
  expect(linesOf('agent')).toEqual([
    expect.stringMatching(/^\d+ bytes of stdout are not reported: the job has ended\.$/),
  ])
})

it('restarts a log over its limit, and continues with later lines', async () => {
  await appendFile(directory.stdoutPath, '')
  await truncate(directory.stdoutPath, AGENT_LIMITS.logFile.value + 1)
  const reporter = start()
  await expect.poll(async () => (await stat(directory.stdoutPath)).size).toBe(0)
  await appendFile(directory.stdoutPath, 'after\n')
  await reporter.finish(10_000)
  expect(linesOf('stdout').at(-1)).toBe('after')
  expect(linesOf('agent')).toContainEqual(expect.stringContaining('are not reported'))
})

it('gives the real reason for missing events', async () => {
  const reporter = start()
  const sample = { stream: 'agent', line: 'x' } as const
  for (let count = 0; count < AGENT_LIMITS.pendingEvents.value + 7; count++) reporter.add({ kind: 'log', data: sample })
  await reporter.finish(10_000)
  expect(linesOf('agent')).toContainEqual(expect.stringMatching(/^\d+ events were dropped: they came faster than/))
})
