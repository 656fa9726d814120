/** The workflows and the Action: by GitHub's own validation (names, types, expressions), and by zizmor (security). */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { validate } from '@actions/languageservice'
import { describe, expect, it } from 'vitest'
import { TextDocument } from 'vscode-languageserver-textdocument'
import { parse } from 'yaml'
import { z } from 'zod'
import { ALL_PARAMETERS } from '../src/workloads/all-parameters.ts'
import { type Parameter, shownDefault } from '../src/workloads/parameters.ts'

const FOLDER = '.github/workflows'
const Steps = z.looseObject({
  uses: z.string().optional(),
  run: z.string().optional(),
  env: z.record(z.string(), z.unknown()).default({}),
})
const Workflow = z.looseObject({
  permissions: z.record(z.string(), z.string()),
  jobs: z.record(
    z.string(),
    z.looseObject({
      uses: z.string().optional(),
      environment: z.string().optional(),
      steps: z.array(Steps).default([]),
    }),
  ),
})
const files = [...(await readdir(FOLDER)).map((name) => join(FOLDER, name)), 'action.yml']
const workflows = await Promise.all(
  files.slice(0, -1).map(async (path) => ({ path, ...Workflow.parse(parse(await readFile(path, 'utf8'))) })),
)

/** Workflows that call each other are checked together. */
const fileProvider = {
  getFileContent: async ({ path }: { path: string }) => ({ name: path, content: await readFile(path, 'utf8') }),
}

/** It caches by path. */
async function findFaults(path: string, text: string): Promise<string[]> {
  const found = await validate(TextDocument.create(`file:///${path}`, 'yaml', 0, text), { fileProvider })
  return found.map(({ message, range }) => `${path}:${range.start.line + 1}: ${message}`)
}

it.each(files)('%s is valid for GitHub', async (path) => {
  expect(await findFaults(path, await readFile(path, 'utf8'))).toEqual([])
})

it('finds a name and a key that do not exist', async () => {
  const text = await readFile(join(FOLDER, 'gpu-benchmark-ec2.yml'), 'utf8')
  const broken = text.replace('inputs.cluster_name', 'inputs.cluster').replace('timeout-minutes', 'timeout-minute')
  expect((await findFaults(join(FOLDER, 'broken.yml'), broken)).join('\n')).toMatch(
    /invalid: cluster\b[\s\S]*timeout-minute/,
  )
})

describe.each(workflows)('$path', ({ permissions, jobs }) => {
  const steps = Object.values(jobs).flatMap((job) => job.steps)

  it('has no permissions beyond what each job says', () => expect(permissions).toEqual({}))

  it('pins other Actions by commit', () => {
    const others = steps.flatMap(({ uses }) => (uses === undefined || uses.startsWith('$/') ? [] : uses))
    expect(others.filter((uses) => !/@[0-9a-f]{40}$/.test(uses))).toEqual([])
  })

  it('gives the signing key only to jobs of an environment, and to no pull request', () => {
    const keys = Object.values(jobs).flatMap(({ environment = '', steps }) =>
      steps.flatMap(({ env }) => ('RADIX_SIGNING_KEY' in env ? { environment, key: env.RADIX_SIGNING_KEY } : [])),
    )
    const notForPullRequests = expect.stringContaining("github.event_name != 'pull_request' &&")
    expect(keys).toEqual(keys.map(() => ({ environment: expect.stringMatching(/./), key: notForPullRequests })))
  })

  it('puts no expression into a shell', () => {
    expect(steps.filter(({ run }) => run?.includes('${{'))).toEqual([])
  })
})

it('changes only its own comment', () => {
  const steps = workflows.flatMap(({ jobs }) => Object.values(jobs).flatMap((job) => job.steps))
  const finders = steps.flatMap(({ run }) => (run?.includes('startswith($marker)') ? run : []))
  expect(finders.length).toBeGreaterThan(0)
  for (const run of finders) expect(run).toContain('.user.login == "github-actions[bot]"')
})

/** It is installed beside moto by `npm test`. */
const zizmor = join(dirname(process.env.RADIX_MOTO_SERVER ?? '.radix/moto/bin/moto_server'), 'zizmor')
const isSkipped = !existsSync(zizmor) && !process.env.CI
if (isSkipped) process.stderr.write('\n*** SKIPPED for want of zizmor. Run `npm test`, which installs it. ***\n\n')

it.skipIf(isSkipped)('nothing is found by zizmor', async () => {
  const { stdout } = await promisify(execFile)(zizmor, [
    '--offline',
    '--quiet',
    '--format=json',
    '.github',
    'action.yml',
  ])
  expect(JSON.parse(stdout)).toEqual([])
})

describe('the benchmark workflow', () => {
  it('has the inputs of the specification with its defaults, by click and by call', async () => {
    const workflow = parse(await readFile(join(FOLDER, 'gpu-benchmark-ec2.yml'), 'utf8'))
    const { inputs } = workflow.on.workflow_dispatch
    const { api_base: called, ...others } = workflow.on.workflow_call.inputs
    expect({ ...others, api_base: inputs.api_base }).toEqual(inputs)
    // Only the form shows its default. A call names the address itself, or by a variable.
    expect(called.default).toBe('')
    const defaults = Object.fromEntries(
      Object.entries<{ default: unknown }>(inputs).map(([name, input]) => [name, input.default]),
    )
    expect(defaults).toMatchObject({
      aws_region: 'us-west-2',
      instance_type: 'g5.2xlarge',
      ami_id: '',
      subnet_id: '',
      security_group_id: '',
      instance_profile_name: '',
      api_base: 'https://api.vaultscaler.com',
      cluster_name: 'ci-gpu-bench',
      epochs: 1,
      batch_size: 128,
      ttl_minutes: 45,
    })
    expect(workflow.concurrency).toMatchObject({ 'cancel-in-progress': false })
    expect(workflow.jobs.benchmark['timeout-minutes']).toBe(60)
  })
})

describe('the parameters of the workloads', () => {
  const parameters = ALL_PARAMETERS.map(({ name, parameter }): [string, Parameter] => [name, parameter])

  it('are inputs of the Action, with their meanings and defaults', async () => {
    const { inputs } = parse(await readFile('action.yml', 'utf8'))
    for (const [name, parameter] of parameters) {
      const input = inputs[name.replaceAll('_', '-')]
      expect(input?.description?.toLowerCase(), name).toContain(parameter.meaning.toLowerCase())
      const shown = shownDefault(parameter)
      if (shown === undefined) continue
      expect(input.default ?? /\(([^)]*)\)\.$/.exec(input.description)?.[1], name).toBe(shown)
    }
  })

  it('have the defaults of the descriptor in the workflow', async () => {
    const workflow = parse(await readFile(join(FOLDER, 'gpu-benchmark-ec2.yml'), 'utf8'))
    const { inputs } = workflow.on.workflow_dispatch
    const shared = parameters.filter(([name]) => name in inputs)
    expect(shared.length).toBeGreaterThan(0)
    for (const [name, parameter] of shared) expect(String(inputs[name].default), name).toBe(shownDefault(parameter))
  })
})
