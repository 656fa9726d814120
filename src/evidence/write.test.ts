import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Evidence } from '../contract/schemas/evidence.ts'
import { toStorableJson } from '../core/storable.ts'
import { verifyEvidence } from './signature/verify.ts'
import { cpuFacts, failedFacts, gpuFacts, gpuTrial, RUN_ID } from './testing/facts.ts'
import { testSigner } from './testing/signing-key.ts'
import { writeEvidence as write } from './write.ts'

const SECRET = `radix_ct_${'Zm9vYmFy'.repeat(5)}abc`
let parent: string
let folder: string

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'radix-evidence-'))
  folder = join(parent, 'benchmark-evidence-g5.2xlarge-17')
})
afterEach(() => rm(parent, { recursive: true, force: true }))

const writeEvidence = (facts: Parameters<typeof write>[0], directory: string) => write(facts, directory, testSigner())

async function readAll(directory: string): Promise<Record<string, string>> {
  const names = (await readdir(directory)).sort()
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(directory, name), 'utf8')])),
  )
}

describe('writeEvidence', () => {
  it('writes evidence, report and raw files, and answers with the evidence', async () => {
    const written = await writeEvidence(gpuFacts(), folder)
    expect(written).toMatchObject({
      path: join(folder, 'evidence.json'),
      reportPath: join(folder, 'evidence.md'),
      directory: folder,
    })
    const files = await readAll(folder)
    expect(Object.keys(files)).toEqual([
      'evidence.json',
      'evidence.md',
      ...[1, 2, 3].flatMap((trial) => [`trial-${trial}.log`, `trial-${trial}.result.json`]),
    ])
    const evidence = Evidence.parse(JSON.parse(files['evidence.json'] ?? ''))
    expect(evidence).toEqual(written.evidence)
    expect(evidence.results.trials.flatMap((trial) => trial.files).sort()).toEqual(
      Object.keys(files).filter((name) => name.startsWith('trial-')),
    )
  })

  it('can be repeated, and forgets what is not so any more', async () => {
    await writeEvidence(gpuFacts(), folder)
    const first = await readAll(folder)
    await writeEvidence(gpuFacts(), folder)
    expect(await readAll(folder)).toEqual(first)
    await writeEvidence(failedFacts(), folder)
    expect(Object.keys(await readAll(folder))).toEqual(['evidence.json', 'evidence.md'])
  })

  it("leaves another run's evidence alone, and finds its own again", async () => {
    await writeEvidence(gpuFacts({ runId: 'run_other' }), folder)
    const others = await readAll(folder)
    const mine = await writeEvidence(gpuFacts(), folder)
    expect(mine.directory).toBe(`${folder}-2`)
    expect((await writeEvidence(gpuFacts(), folder)).directory).toBe(`${folder}-2`)
    expect(await readAll(folder)).toEqual(others)
  })

  it('replaces evidence of the same run that an earlier Radix wrote', async () => {
    const { path } = await writeEvidence(gpuFacts(), folder)
    await writeFile(path, JSON.stringify({ schema: 'radix.evidence/v1', run_id: RUN_ID }))
    expect((await writeEvidence(gpuFacts(), folder)).directory).toBe(folder)
  })

  it('leaves a folder alone whose evidence.json it cannot read as evidence', async () => {
    await writeEvidence(gpuFacts(), folder)
    await writeFile(join(folder, 'evidence.json'), 'mine')
    expect((await writeEvidence(gpuFacts(), folder)).directory).toBe(`${folder}-2`)
    expect(await readFile(join(folder, 'evidence.json'), 'utf8')).toBe('mine')
  })

  it('keeps secrets out of every file', async () => {
    const trial = gpuTrial(1, 343, { precision: { note: SECRET }, password: 'correct-horse' })
    const facts = gpuFacts({
      trials: [{ ...trial, logTail: [`token ${SECRET}`], job: { ...trial.job, error_message: `bad ${SECRET}` } }],
      reproduceCommand: `radix bench run --token ${SECRET}`,
    })
    const { cluster } = facts
    await writeEvidence(
      { ...facts, cluster: cluster && { ...cluster, capabilities: { env: { secret: 'hunter2hunter2' } } } },
      folder,
    )
    const all = Object.values(await readAll(folder)).join('\n')
    expect(all).not.toContain(SECRET)
    expect(all).not.toContain('correct-horse')
    expect(all).not.toContain('hunter2')
    expect(all).toContain('[redacted]')
    expect(all).toContain(RUN_ID)
  })

  it('signs what it writes, as any copy of it has it', async () => {
    const { cluster } = gpuFacts()
    const capabilities = { hostname: 'a\0b\ud800', hash: { '\0': '\udc00' } }
    const written = await writeEvidence(gpuFacts({ cluster: cluster && { ...cluster, capabilities } }), folder)
    const text = await readFile(written.path, 'utf8')
    expect(verifyEvidence(JSON.parse(text))).toMatchObject({ state: 'valid', keyId: testSigner().key.publicKey.keyId })
    expect(verifyEvidence(JSON.parse(toStorableJson(JSON.parse(text))))).toMatchObject({ state: 'valid' })
    expect(written.evidence.omitted.map(({ what }) => what)).not.toContain('signature')
    expect(await readFile(written.reportPath, 'utf8')).toContain(testSigner().key.publicKey.keyId)
  })

  it('says what is wrong with a folder that cannot be made', async () => {
    await writeFile(join(parent, 'file'), '')
    await expect(writeEvidence(cpuFacts(), join(parent, 'file', 'evidence'))).rejects.toMatchObject({
      code: 'FILE_NOT_WRITABLE',
    })
  })
})
