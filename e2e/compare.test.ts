/** `radix bench compare`, `gate` and `baseline` as a user runs them: with files, local runs, and a control plane. */

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Evidence } from '../src/contract/schemas/evidence.ts'
import { runRegistration } from '../src/contract/testing/new-objects.ts'
import { signEvidence } from '../src/evidence/signature/sign.ts'
import { runEvidence, t4Evidence } from '../src/evidence/testing/runs.ts'
import { testSigner } from '../src/evidence/testing/signing-key.ts'
import { type ControlPlane, startControlPlane, stopControlPlane } from './support/control-plane.ts'
import { Sandbox } from './support/sandbox.ts'
import { createStandInWorkload } from './support/stand-in-workload.ts'

const signed = (evidence: Evidence) => signEvidence(evidence, testSigner())
const steady = signed(runEvidence(1, [343.2, 342.1, 344.6]))
const slower = signed(runEvidence(2, [320.4, 322.9, 318.7]))
const alike = signed(runEvidence(3, [343.9, 342.8, 341.5]))
const single = signed(runEvidence(4, [320.4]))
const otherGpu = signed(t4Evidence(5, [120.4, 121.9, 119.7]))
/** The slower run with the numbers of the steady one, which a gate would pass. */
const tampered = { ...slower, results: steady.results }
const plain = runEvidence(1, [343.2, 342.1, 344.6])

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await Sandbox.createUsed()
  const other = { schema: 'something else' }
  const files = { steady, slower, alike, single, otherGpu, tampered, plain, other }
  for (const [name, evidence] of Object.entries(files)) {
    await writeFile(join(sandbox.directory, `${name}.json`), JSON.stringify(evidence))
  }
  await writeFile(join(sandbox.directory, 'noJson.json'), '{"schema": ')
})
afterAll(async () => {
  await sandbox.expectNoProcesses()
  await sandbox.remove()
})

const run = (line: string) => sandbox.run(line.split(' '))

describe('with files', () => {
  it('shows runs side by side, on a terminal, as Markdown and as JSON', async () => {
    const [plain, markdown, json] = await Promise.all([
      run('bench compare steady.json slower.json otherGpu.json'),
      run('bench compare steady.json slower.json otherGpu.json --markdown'),
      run('bench compare steady.json slower.json otherGpu.json --json'),
    ])
    expect(plain.stdout).toMatch(/^Throughput +343\.3 images\/s +320\.7 images\/s +120\.7 images\/s$/m)
    expect(plain.stdout).toContain('-6.6 % (95 % interval -7.8 % to -5.3 %)')
    expect(markdown.stdout).toContain('| Price per hour | $1.212 | $1.212 | $0.526 |')
    expect(JSON.parse(json.stdout)).toMatchObject({
      schema: 'radix.comparison/v2',
      changes: [{ label: 'B' }, { label: 'C', change: null }],
    })
    expect([plain.exitCode, markdown.exitCode, json.exitCode]).toEqual([0, 0, 0])
  })

  it('writes the comment and exits with 3 at a regression', async () => {
    const found = await run('bench gate slower.json --baseline steady.json --markdown comment.md')
    expect(found.exitCode).toBe(3)
    expect(found.stdout).toContain('REGRESSION: Throughput fell by 6.6 %')
    expect(found.stderr).toContain('REGRESSION_FOUND')
    expect(found.stderr).toContain('radix bench baseline set NAME slower.json`')
    const comment = await readFile(join(sandbox.directory, 'comment.md'), 'utf8')
    expect(comment).toMatch(/^<!-- radix-gate: steady\.json -->\n\n### .*throughput fell/)
  })

  it('passes an unchanged result, and an ambiguous one unless configured to fail it', async () => {
    const [passed, allowed, unclear, strict] = await Promise.all([
      run('bench gate alike.json --baseline steady.json'),
      run('bench gate slower.json --baseline steady.json --threshold-percent 8'),
      run('bench gate single.json --baseline steady.json --json'),
      run('bench gate single.json --baseline steady.json --json --fail-on-ambiguous'),
    ])
    expect([passed, allowed, unclear, strict].map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 3])
    expect(JSON.parse(unclear.stdout)).toMatchObject({ schema: 'radix.gate/v2', decision: 'ambiguous' })
    expect(JSON.parse(strict.stdout)).toEqual(JSON.parse(unclear.stdout))
    expect(strict.stderr).toContain('REGRESSION_NOT_EXCLUDED')
  })

  it.concurrent.each([
    ['bench gate tampered.json --baseline steady.json', 'EVIDENCE_CHANGED'],
    ['bench gate steady.json --baseline tampered.json', 'EVIDENCE_CHANGED'],
    ['bench gate plain.json --baseline steady.json', 'EVIDENCE_NOT_SIGNED'],
    ['bench compare steady.json tampered.json', 'EVIDENCE_CHANGED'],
    ['bench baseline set new.json tampered.json', 'EVIDENCE_CHANGED'],
    ['bench baseline set new.json plain.json', 'EVIDENCE_NOT_SIGNED'],
  ])('refuses evidence that was changed or not signed: `radix %s`', async (line, code) => {
    const refused = await run(line)
    expect(refused).toMatchObject({ exitCode: 1, stdout: '' })
    expect(refused.stderr).toContain(`error ${code}: `)
  })

  it('uses it with an explicit option, and marks the result', async () => {
    const [gate, comparison] = await Promise.all([
      run('bench gate tampered.json --baseline steady.json --allow-unverified --markdown marked.md'),
      run('bench compare steady.json tampered.json --allow-unverified --json'),
    ])
    expect(gate.stdout).toContain('NOT VERIFIED, used because of --allow-unverified. EVIDENCE_CHANGED: tampered.json')
    expect(await readFile(join(sandbox.directory, 'marked.md'), 'utf8')).toContain('NOT VERIFIED')
    expect(JSON.parse(comparison.stdout).unverified).toEqual([expect.stringContaining('EVIDENCE_CHANGED')])
  })

  it.concurrent.each([
    ['bench gate otherGpu.json --baseline steady.json', 'COMPARISON_REFUSED', 'Tesla T4'],
    [
      'bench gate alike.json --baseline missing.json',
      'BASELINE_NOT_FOUND',
      'radix bench baseline set missing.json alike.json`',
    ],
    ['bench gate --baseline steady.json', 'EVIDENCE_NOT_FOUND', 'the newest run'],
    ['bench gate alike.json', 'USAGE', '--baseline'],
    ['bench gate alike.json --baseline steady.json --threshold-percent 0', 'USAGE', 'above 0'],
    ['bench compare steady.json', 'USAGE', 'at least two'],
    ['bench compare steady.json nothing', 'EVIDENCE_NOT_FOUND', 'no such file'],
    ['bench compare steady.json run_01jdqk4e8f3q8k2c9v5w7x6y9z', 'EVIDENCE_NOT_FOUND', 'not on this machine'],
    ['bench baseline set steady.json alike.json', 'FILE_NOT_WRITABLE', 'would be overwritten'],
    ['bench baseline set ?! steady.json', 'USAGE', 'is not a baseline name'],
    ['bench baseline set ?! missing.json', 'USAGE', 'is not a baseline name'],
    ['bench baseline set new.json missing.json', 'EVIDENCE_NOT_FOUND', 'no such file'],
    ['bench baseline set steady.json/new.json steady.json', 'FILE_NOT_WRITABLE', 'new.json'],
    ['bench baseline set new.json noJson.json', 'EVIDENCE_INVALID', 'noJson.json'],
    ['bench baseline set name steady.json', 'NO_CONTROL_PLANE', 'radix server'],
    ['bench baseline show ?!', 'USAGE', 'is not a baseline name'],
    ['bench baseline show name', 'NO_CONTROL_PLANE', 'radix server'],
    ['bench baseline show missing.json', 'BASELINE_NOT_FOUND', 'no such file'],
    ['bench baseline show noJson.json', 'EVIDENCE_INVALID', 'noJson.json'],
    ['bench baseline show other.json', 'BASELINE_INVALID', 'other.json'],
    ['bench baseline list', 'NO_CONTROL_PLANE', 'radix server'],
    ['bench gate alike.json --baseline ?!', 'USAGE', 'is not a baseline name'],
    ['bench gate noJson.json --baseline steady.json', 'EVIDENCE_INVALID', 'noJson.json'],
    ['evidence verify noJson.json', 'EVIDENCE_INVALID', 'noJson.json'],
    ['evidence verify missing.json', 'EVIDENCE_NOT_FOUND', 'no such file'],
    ['evidence verify steady.json --key noJson.json', 'VERIFICATION_KEY_INVALID', 'noJson.json'],
    ['bench run --config missing.json', 'CONFIGURATION_INVALID', 'missing.json'],
  ])('refuses `radix %s`', async (line, code, words) => {
    const finished = await run(line)
    expect(finished.stderr).toContain(`error ${code}`)
    expect(finished.stderr).toContain(words)
    expect(finished.stderr).not.toMatch(/\{[a-z_]+\}|\n\s+at /)
    expect(finished.exitCode).toBe(2)
  })

  it('refuses a baseline file that was changed, unless an option allows it', async () => {
    await sandbox.output(['bench', 'baseline', 'set', 'set.json', 'steady.json'])
    const set = JSON.parse(await readFile(join(sandbox.directory, 'set.json'), 'utf8'))
    const edited = { ...set, throughputs: [320.1, 321.2, 319.8] }
    const { signature: _, ...bare } = set
    await writeFile(join(sandbox.directory, 'edited.json'), JSON.stringify(edited))
    await writeFile(join(sandbox.directory, 'bare.json'), JSON.stringify(bare))
    const [changed, unsigned, wished] = await Promise.all([
      run('bench gate slower.json --baseline edited.json'),
      run('bench gate slower.json --baseline bare.json'),
      run('bench gate slower.json --baseline edited.json --allow-unverified'),
    ])
    expect([changed, unsigned, wished].map(({ exitCode }) => exitCode)).toEqual([1, 1, 0])
    expect(changed.stderr).toContain('error BASELINE_CHANGED')
    expect(unsigned.stderr).toContain('error BASELINE_NOT_SIGNED')
    expect(wished.stdout).toContain('NOT VERIFIED, used because of --allow-unverified. BASELINE_CHANGED: edited.json')
  })

  it('stores a baseline in a file, and replaces it', async () => {
    expect(await sandbox.output(['bench', 'baseline', 'set', 'kept.json', 'slower.json'])).toContain('320.7 images/s')
    expect(await sandbox.output(['bench', 'baseline', 'set', 'kept.json', 'steady.json'])).toContain('343.3 images/s')
    expect(await sandbox.output(['bench', 'baseline', 'show', 'kept.json'])).toContain('343.2, 342.1, 344.6')
    const fell = await run('bench gate slower.json --baseline kept.json')
    expect(fell.exitCode).toBe(3)
    expect(fell.stderr).toContain('radix bench baseline set kept.json slower.json`')
  })
})

describe('with a control plane', () => {
  let controlPlane: ControlPlane
  beforeAll(async () => {
    controlPlane = await startControlPlane(sandbox)
    for (const evidence of [steady, slower]) await storeRun(evidence)
  })
  afterAll(() => stopControlPlane(controlPlane))

  async function storeRun(evidence: Evidence): Promise<void> {
    const { run_id } = evidence
    await controlPlane.client.call('registerRun', { body: runRegistration({ run_id }) })
    await controlPlane.client.call('putEvidence', { params: { run_id }, body: { ...evidence } })
  }

  it('names the command that sets the first baseline; the gate then works by name and run id', async () => {
    const first = await run(`bench gate ${slower.run_id} --baseline main`)
    expect(first.exitCode).toBe(2)
    expect(first.stderr).toContain(`radix bench baseline set main ${slower.run_id}`)
    await sandbox.output(['bench', 'baseline', 'set', 'main', steady.run_id])
    const second = await run(`bench gate ${slower.run_id} --baseline main`)
    expect(second.exitCode, second.stderr).toBe(3)
    expect(second.stderr).toContain(`radix bench baseline set main ${slower.run_id}`)
    expect(await sandbox.output(['bench', 'baseline', 'list'])).toMatch(/^main +343\.3 images\/s +3 +NVIDIA A10G/m)
    expect(await sandbox.output(['bench', 'baseline', 'show', 'main'])).toContain(steady.run_id)
  })

  it('compares local runs by their ids, and sets no baseline from a CPU', async () => {
    const { path } = await createStandInWorkload(sandbox.directory, { waits: false })
    const ids: string[] = []
    for (const number of ['1', '2']) {
      const line = ['bench', 'run', '--quick', '--json', '--run-number', number]
      const { stdout, stderr } = await sandbox.run(line, { RADIX_PYTHON: path })
      const outcome = JSON.parse(stdout)
      expect(outcome.status, stderr).toBe('succeeded')
      ids.push(outcome.run_id)
    }
    const comparison = JSON.parse(await sandbox.output(['bench', 'compare', ...ids, '--json']))
    expect(comparison.runs.map(({ verdict }: Evidence) => verdict.level)).toEqual(['suspect', 'suspect'])
    expect(comparison.changes).toMatchObject([{ change: null, other_machine: [] }])
    const shown = await sandbox.output(['bench', 'compare', ...ids])
    expect(shown).toMatch(/^Change against A +- +none: CPU numbers only prove the flow$/m)
    expect(shown).not.toContain('%  ')
    const refused = await run(`bench baseline set cpu ${ids[0]}`)
    expect(refused.exitCode).toBe(2)
    expect(refused.stderr).toContain('cpu_only')
    const newest = await run('bench gate --baseline main')
    expect(newest.stderr).toContain(`Judging ${ids[1]}`)
    expect(newest.stderr).toContain('COMPARISON_REFUSED')
  })
})
