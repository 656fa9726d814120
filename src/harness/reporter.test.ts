/** When the harness reports a run to the control plane. */

import { afterEach, beforeEach, expect, it } from 'vitest'
import { createClient } from '../contract/client.ts'
import { newRun } from '../contract/testing/new-objects.ts'
import { ManualClock } from '../core/clock.ts'
import { silentLogger } from '../core/logger.ts'
import type { JournalEntry } from './journal/entry.ts'
import { applyEntry } from './journal/run-state.ts'
import { type Reporter, startReporter } from './reporter.ts'
import { stateAfter, testConfig } from './testing/journal.ts'

const at = '2026-03-02T09:00:00.000Z'
const config = testConfig({ apiBase: 'http://radix' })
const answer = newRun({ status: 'running' })

let clock: ManualClock
let requests: string[]
let isInTrouble: boolean
let reporter: Reporter
let append: (entry: JournalEntry) => Promise<void>

beforeEach(() => {
  clock = new ManualClock()
  requests = []
  isInTrouble = false
  const client = createClient({
    baseUrl: config.apiBase,
    credential: () => 'token',
    fetch: async (_, init) => {
      requests.push(init?.method ?? 'GET')
      return isInTrouble ? new Response('', { status: 503 }) : Response.json(answer)
    },
  })
  const run = {
    state: stateAfter({ runId: 'run_1', config }),
    client,
    ports: { clock, logger: silentLogger },
  }
  reporter = startReporter(run, () => {})
  append = async (entry) => {
    run.state = applyEntry(run.state, entry)
    reporter.changed()
    await clock.advance(0)
  }
})
afterEach(() => reporter.stop())

const start = (step: 'register-run' | 'run-trials'): JournalEntry => ({ type: 'step-started', step, at })
const succeed = (step: 'register-run' | 'run-trials'): JournalEntry => ({
  type: 'step-finished',
  step,
  status: 'succeeded',
  message: null,
  at,
})

it('reports nothing before the run is registered, and everything at once after that', async () => {
  await append(start('register-run'))
  await clock.advance(5000)
  expect(requests).toEqual([])
  await append(succeed('register-run'))
  expect(requests).toEqual(['PATCH'])
  await append(start('run-trials'))
  expect(requests).toEqual(['PATCH', 'PATCH'])
})

it('asks every two seconds whether to stop', async () => {
  await append(succeed('register-run'))
  await clock.advance(4000)
  expect(requests).toEqual(['PATCH', 'GET', 'GET'])
})

it('repeats a failed report after two seconds, and not at every change', async () => {
  isInTrouble = true
  await append(succeed('register-run'))
  await append(start('run-trials'))
  await append(succeed('run-trials'))
  expect(requests).toEqual(['PATCH'])
  isInTrouble = false
  await clock.advance(2000)
  expect(requests).toEqual(['PATCH', 'PATCH'])
})
