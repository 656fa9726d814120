/** The program as users install it: from its tarball, in a folder without a clone. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'
import { startControlPlane, stopControlPlane } from './support/control-plane.ts'
import { isFullRun } from './support/full-run.ts'
import { installPackages, packProgram } from './support/installed-package.ts'
import { expectNothingLeft } from './support/nothing-left.ts'
import { Sandbox } from './support/sandbox.ts'

/** The oldest that the package promises; its newest version has the security fixes. */
const OLDEST_NODE = 'node@22'
const RUN = [
  'bench', 'run', '--quick', '--json', '--steps-per-epoch', '1', '--warmup-steps', '0', '--batch-size', '2', '--image-size', '32',
] // biome-ignore format: one option after the other

let sandbox: Sandbox
beforeAll(async () => {
  // The full tests also make a database with its programs.
  sandbox = await (isFullRun ? Sandbox.create() : Sandbox.createUsed())
  const packages = [await packProgram(sandbox.directory), ...(isFullRun ? [OLDEST_NODE] : [])]
  const programs = await installPackages(sandbox.directory, packages)
  const radix = join(programs, 'radix')
  sandbox.program = isFullRun ? [join(programs, 'node'), radix] : [process.execPath, radix]
})
afterAll(() => sandbox.remove())

it('knows its version and its commit', async () => {
  const manifest = JSON.parse(await readFile(join(sandbox.directory, 'package', 'package.json'), 'utf8'))
  expect(await sandbox.output(['--version'])).toBe(`${manifest.version} (commit ${manifest.gitHead.slice(0, 12)})`)
})

it('finds what a benchmark needs on this machine', async () => {
  const { can_run, checks } = JSON.parse(await sandbox.output(['doctor', '--json']))
  expect(checks.filter(({ required, outcome }: Check) => required && outcome !== 'found')).toEqual([])
  expect(can_run).toBe(true)
  const node = checks.find(({ check }: Check) => check === 'Node')
  expect(node.message).toMatch(isFullRun ? /^22\./ : /^\d+\./)
})

it('takes a benchmark to evidence that is verified, and leaves nothing', async () => {
  const outcome = Outcome.parse(JSON.parse(await sandbox.output(RUN)))
  expect(outcome.termination.confirmed).toBe(true)
  const verified = JSON.parse(await sandbox.output(['evidence', 'verify', outcome.evidence_path, '--json']))
  expect(verified).toMatchObject({ state: 'valid' })
  await expectNothingLeft(sandbox)
})

it('hands out its agent to machines', async () => {
  const controlPlane = await startControlPlane(sandbox)
  try {
    const { version, platforms } = await controlPlane.client.call('getAgentManifest', {})
    expect(await sandbox.output(['--version'])).toContain(version)
    const file = platforms[0]?.program.path ?? ''
    const archive = Buffer.from(await (await fetch(controlPlane.url + file)).arrayBuffer())
    const program = createHash('sha256').update(archive).digest('hex')
    expect(program).toBe(platforms[0]?.program.sha256)
  } finally {
    await stopControlPlane(controlPlane)
  }
})

type Check = Record<'check' | 'outcome', string> & { required: boolean }
const Outcome = z.object({
  evidence_path: z.string(),
  termination: z.object({ confirmed: z.boolean() }),
})
