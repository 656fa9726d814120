/** Turns the collected facts into evidence, and stores it with the run in the control plane. */
import { readFileSync } from 'node:fs'
import type { z } from 'zod'
import { EvidenceDocument } from '../../contract/schemas/evidence.ts'
import { CLI_LIMITS } from '../../core/limits/cli.ts'
import { OutsideJsonError, parseOutsideJson } from '../../core/outside-json.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { collectWhatIsThere, readCollected } from '../collected-facts.ts'
import { evidenceDirectory } from '../config.ts'
import { evidenceFactsOf } from '../evidence-facts.ts'
import { done, type StepContext, type StepResult } from '../step.ts'
import { isRefusal } from '../wait.ts'

export async function writeEvidence(context: StepContext): Promise<StepResult> {
  const path = await write(context)
  return done(path)
}

/** For a failed run: its evidence contains whatever was collected or can still be collected. */
export async function writeWhatIsKnown(context: StepContext): Promise<void> {
  if (context.state.adopted) return // without a journal there are no facts for evidence
  await write(context)
}

async function write(context: StepContext): Promise<string> {
  const { config, facts } = context
  const collected = readCollected(context) ?? (await collectWhatIsThere(context))
  const evidenceFacts = evidenceFactsOf(context.state, collected, {
    ...context.ending(),
    now: context.clock.now(),
    commit: context.commit,
  })
  const directory = evidenceDirectory(config, context.runId, facts.machine?.instanceType ?? null)
  const written = await context.evidenceWriter.write(evidenceFacts, directory)
  context.record({ evidence: written })
  await upload(context, written.path)
  return written.path
}

async function upload(context: StepContext, path: string): Promise<void> {
  const body = readDocument(path)
  try {
    await context.call('putEvidence', { params: { run_id: context.runId }, body })
  } catch (error) {
    // The file is the evidence. A control plane that refuses it does not make the result worse.
    if (!isRefusal(error)) throw error
    context.emit({ type: 'warning', message: `The control plane did not accept the evidence: ${String(error)}` })
  }
}

function readDocument(path: string): z.infer<typeof EvidenceDocument> {
  try {
    return parseOutsideJson(readFileSync(path, 'utf8'), EvidenceDocument, {
      maxCharacters: CLI_LIMITS.evidenceFile.value,
    })
  } catch (error) {
    if (!(error instanceof OutsideJsonError)) throw error
    throw new RadixError('EVIDENCE_INVALID', { path, reason: error.message }, { cause: error })
  }
}
