import { readFileSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Evidence } from '../../contract/schemas/evidence.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { RUN_ID } from '../testing/journal.ts'
import { HarnessWorld } from '../testing/world.ts'
import { collect } from './collect.ts'
import { registerRun } from './register-run.ts'
import { runTrials } from './run-trials.ts'
import { writeEvidence, writeWhatIsKnown } from './write-evidence.ts'

let world: HarnessWorld
beforeEach(() => {
  world = new HarnessWorld()
})
afterEach(() => world.dispose())

/** With the trials of a run, collected unless it failed earlier. */
async function atStep(isCollected = true) {
  const clusterId = world.controlPlane.addCluster({ status: 'active' }).cluster_id
  const { context } = world.at('write-evidence', { clusterId })
  await world.clock.during(registerRun(context))
  await world.clock.during(runTrials(context))
  if (isCollected) await world.clock.during(collect(context))
  return world.again('write-evidence')
}
const stored = () => world.controlPlane.evidence.get(RUN_ID)
const trials = (document: unknown = stored()) => Evidence.parse(document).results.trials.map(({ trial }) => trial)

describe('writing evidence', () => {
  it('writes the collected results, records the path, and stores the same document with the run', async () => {
    const { context } = await atStep()
    const { message } = await world.clock.during(writeEvidence(context))
    expect(context.facts.evidence?.path).toBe(message)
    expect(trials()).toEqual([1, 2])
    expect(stored()).toEqual(JSON.parse(readFileSync(message ?? '', 'utf8')))
  })

  it('replaces it when it is repeated', async () => {
    const { context } = await atStep()
    const once = await world.clock.during(writeEvidence(context))
    const again = await world.clock.during(writeEvidence(world.again('write-evidence').context))
    expect(again).toEqual(once)
    expect(trials()).toEqual([1, 2])
  })

  it('needs no control plane for collected results', async () => {
    const { context } = await atStep()
    world.controlPlane.disturb('getJob', 'unreachable')
    expect(await world.clock.during(writeEvidence(context))).toMatchObject({ status: 'succeeded' })
  })

  it('warns when the control plane refuses the document: the file is the evidence', async () => {
    const { context, events } = await atStep()
    const refusal = new RadixError('EVIDENCE_NOT_STORED', { run_id: RUN_ID, reason: 'the run has ended' })
    world.controlPlane.disturb('putEvidence', refusal)
    expect(await world.clock.during(writeEvidence(context))).toMatchObject({ status: 'succeeded' })
    expect(events).toMatchObject([{ type: 'warning', message: expect.stringContaining('did not accept the evidence') }])
  })

  it('writes the file and fails when the control plane is unreachable', async () => {
    const { context } = await atStep()
    world.controlPlane.disturb('putEvidence', 'unreachable')
    await expect(world.clock.during(writeEvidence(context))).rejects.toMatchObject({ code: 'API_UNREACHABLE' })
    expect(trials(JSON.parse(readFileSync(context.facts.evidence?.path ?? '', 'utf8')))).toEqual([1, 2])
  })

  it('sends only valid evidence', async () => {
    const { context } = await atStep()
    const { write } = context.evidenceWriter
    context.evidenceWriter.write = async (...args) => {
      const written = await write(...args)
      writeFileSync(written.path, '{"schema": ')
      return written
    }
    await expect(world.clock.during(writeEvidence(context))).rejects.toMatchObject({ code: 'EVIDENCE_INVALID' })
    expect(stored()).toBeUndefined()
  })
})

describe('writing the evidence of a failed run', () => {
  it('collects the results that are still available', async () => {
    const { context } = await atStep(false)
    const [first = ''] = world.controlPlane.jobs.keys()
    world.controlPlane.jobs.delete(first)
    await world.clock.during(writeWhatIsKnown(context))
    expect(trials()).toEqual([2])
  })

  it('writes evidence without trials when the control plane has none', async () => {
    const { context } = await atStep(false)
    world.controlPlane.disturb('getJob', 'unreachable')
    await world.clock.during(writeWhatIsKnown(context))
    expect(trials()).toEqual([])
  })

  it('writes none for a run without a journal', async () => {
    const { context } = world.at('write-evidence', {}, {}, true)
    await writeWhatIsKnown(context)
    expect(context.facts.evidence).toBeUndefined()
  })
})
