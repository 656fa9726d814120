/**
 * The Action with the fake provider: how each outcome of a run looks to a workflow. Its processes are killed and
 * cleaned up after within the test; the runner's files are real.
 */
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as core from '@actions/core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { type ActionParts, runAction, runPost } from '../src/action/action.ts'
import { startTestServer, type TestServer } from '../src/control-plane/testing/test-server.ts'
import type { HarnessPorts } from '../src/harness/ports.ts'
import { Gates } from './support/gates.ts'
import { World } from './support/world.ts'

let server: TestServer
let world: World
let exitCodeBefore: typeof process.exitCode
/** Annotations, as `level title`. */
let annotations: string[]
let log: string
let outputs: Record<string, unknown>
let state: Record<string, string>

beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())
beforeEach(async () => {
  world = await World.create(server)
  exitCodeBefore = process.exitCode
  process.exitCode = undefined
  annotations = []
  log = ''
  outputs = {}
  state = {}
  vi.stubEnv('GITHUB_STEP_SUMMARY', join(world.directory, 'summary.md'))
  await writeFile(join(world.directory, 'summary.md'), '')
})
afterEach(async () => {
  process.exitCode = exitCodeBefore
  vi.unstubAllEnvs()
  await world.close()
})

function partsWith(ports: HarnessPorts, inputs: Record<string, string> = {}): ActionParts {
  const given: Record<string, string> = { 'api-base': server.url, trials: '2', 'allow-cpu': 'true', ...inputs }
  const annotate = (level: string) => (_: string | Error, properties?: core.AnnotationProperties) =>
    void annotations.push(`${level} ${properties?.title}`)
  // The toolkit keeps one summary per process; each step has its own.
  const summary: typeof core.summary = Object.create(core.summary, { _filePath: { value: undefined, writable: true } })
  return {
    compose: async () => ({ ports, close: async () => {} }),
    env: {
      GITHUB_REPOSITORY_ID: '74',
      GITHUB_RUN_ID: '1',
      GITHUB_RUN_ATTEMPT: '1',
      GITHUB_RUN_NUMBER: '12',
      RUNNER_TEMP: world.directory,
    },
    toolkit: {
      summary,
      getInput: (name) => given[name] ?? '',
      getState: (name) => state[name] ?? '',
      saveState: (name, value) => {
        state[name] = String(value)
      },
      setOutput: (name, value) => {
        outputs[name] = value
      },
      setSecret: () => {},
      info: (line) => {
        log += `${line}\n`
      },
      startGroup: (title) => {
        log += `::group::${title}\n`
      },
      endGroup: () => {},
      error: annotate('error'),
      warning: annotate('warning'),
      notice: annotate('notice'),
    },
  }
}

const readSummary = () => readFile(join(world.directory, 'summary.md'), 'utf8')

it('a successful run', async () => {
  await runAction(partsWith(world.startProcess()))
  expect(process.exitCode).toBe(0)
  expect(outputs).toMatchObject({ status: 'succeeded', 'artifact-name': 'benchmark-evidence-fake.large-12' })
  expect(await readSummary()).toMatch(/^## /)
  await runPost(partsWith(world.startProcess()))
  await world.expectNothingLeft()
})

it('an unconfirmed termination is never a success, has its own exit code, and is left to the post step', async () => {
  world.cloud.terminationIsStuck = true
  // Time runs fast only while the harness waits for the machine: writing the evidence takes real time.
  const flying = setInterval(() => {
    if (log.includes('undo launch-machine: failed')) clearInterval(flying)
    else if (log.includes('::group::terminate-machine')) world.clock.jump(30_000)
  }, 25)
  await runAction(partsWith(world.startProcess())).finally(() => clearInterval(flying))
  expect(process.exitCode).toBe(7)
  expect(outputs).toMatchObject({ status: 'termination_unconfirmed' })
  expect(annotations).toContain('error Termination not confirmed')
  expect(await readSummary()).toContain('Its Machine May Still Be Running')
  expect(state.settled).toBeUndefined()
  world.cloud.terminationIsStuck = false
  await runPost(partsWith(world.startProcess()))
  expect(process.exitCode).toBe(0)
  expect(state.settled).toBe('true')
  await world.expectNothingLeft()
})

it('a second run with the same id starts nothing, and keeps the evidence of the first', async () => {
  await runAction(partsWith(world.startProcess()))
  const runId = String(outputs['run-id'])
  await rm(join(world.directory, 'radix'), { recursive: true })
  await runAction(partsWith(world.startProcess()))
  expect(process.exitCode).not.toBe(0)
  expect(annotations.at(-1)).toMatch(/^error RUN_ALREADY_STARTED: /)
  expect(await world.client.call('getRun', { params: { run_id: runId } })).toMatchObject({ status: 'succeeded' })
  const evidence = await world.client.call('getEvidence', { params: { run_id: runId } })
  expect(evidence).toMatchObject({ status: 'succeeded' })
  await world.expectNothingLeft()
})

it('a refused launch', async () => {
  world.cloud.launchRefusal = 'no such image'
  await runAction(partsWith(world.startProcess()))
  expect(process.exitCode).not.toBe(0)
  expect(outputs).toMatchObject({ status: 'failed', verdict: 'invalid' })
  expect(annotations).toEqual([expect.stringMatching(/^error LAUNCH_FAILED: /)])
  expect(await readSummary()).toMatch(/GPU Benchmark Failed[\s\S]*no such image/)
  await world.expectNothingLeft()
})

it.each(['provider storeSecret', 'provider launch', 'api launchJob trial-1', 'journal facts', 'evidence'])(
  'the post step cleans up after a process that was killed at %s',
  async (point) => {
    const gates = new Gates({ point, when: 'after', how: 'crash' })
    await Promise.race([runAction(partsWith(world.startProcess(gates))), gates.died])
    expect(gates.struck).toBe(true)
    await runPost(partsWith(world.startProcess()))
    expect(process.exitCode).toBe(0)
    await world.expectNothingLeft()
  },
)
