/** The Action is a thin layer over the harness, which runs and cleans up. */

import { composeForRun } from '../cli/bench/compose.ts'
import { toRunConfig } from '../cli/bench/run-config.ts'
import { watchRun } from '../cli/bench/watch-run.ts'
import { judgeFindings } from '../cli/shared/findings.ts'
import { systemClock } from '../core/clock.ts'
import { CLI_LIMITS } from '../core/limits/cli.ts'
import { isRadixError } from '../errors/radix-error.ts'
import { asRadixError } from '../errors/render.ts'
import { EMBEDDED_API_BASE, type RunConfig } from '../harness/config.ts'
import type { RunOutcome } from '../harness/events.ts'
import { cleanUpRun } from '../harness/finish-run.ts'
import { lookAtRun } from '../harness/look-at-runs.ts'
import { exitCodeOf, exitCodeOfCleanup } from '../harness/outcome.ts'
import type { HarnessPorts } from '../harness/ports.ts'
import { findObstaclesOfRun, startRun } from '../harness/start-run.ts'
import { readInputs } from './inputs.ts'
import { prepareProgram } from './prepare-program.ts'
import { reportError, reportFindings, reportOutcome } from './report.ts'
import { Reporter } from './reporter.ts'
import { type Job, readJob, type Toolkit } from './runner.ts'
import { createActionView } from './view.ts'

/** `compose` builds the ports that the program uses outside of tests. */
export interface ActionParts {
  toolkit: Toolkit
  env: NodeJS.ProcessEnv
  compose?: typeof composeForRun
}

const STOPPING_WORDS = 'Cancelled: cleaning up what was started. The post step does what this step has no time for.'
/** Shared between the Action's step and its post step: whether the post step still has something to clean up. */
const SETTLED = 'settled'
/** Values of the environment that must not show up in a log. Ids are not secrets. */
const SECRETS = [
  'RADIX_TOKEN',
  'RADIX_TEST_PASSWORD',
  'RADIX_COGNITO_CLIENT_SECRET',
  'RADIX_SIGNING_KEY',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
]

/** The Action's step. Errors become annotations; the exit code is that of `radix bench run`. */
export async function runAction(parts: ActionParts): Promise<void> {
  await annotateErrors(parts, async () => {
    maskSecrets(parts)
    const request = readRequest(parts)
    new Reporter(parts.toolkit).setOutput('run-id', request.job.runId)
    switch (request.command) {
      case 'run':
        return run(parts, request)
      case 'check':
        return check(parts, request)
      case 'clean-up':
        return cleanUp(parts, request)
    }
  })
}

/** The post step: it runs after success, failure and cancellation. */
export async function runPost(parts: ActionParts): Promise<void> {
  if (parts.toolkit.getState(SETTLED) === 'true') return new Reporter(parts.toolkit).info('Nothing to clean up.')
  await annotateErrors(parts, async () => {
    maskSecrets(parts)
    await cleanUp(parts, readRequest(parts))
  })
}

interface Request {
  command: 'run' | 'check' | 'clean-up'
  runKey: string
  job: Job
  config: RunConfig
}

function readRequest({ toolkit, env }: ActionParts): Request {
  const { command, runKey, options } = readInputs((name) => toolkit.getInput(name))
  const job = readJob(env, runKey)
  const { dataDir, outputDirectory: outputDir, runNumber } = job
  const config = toRunConfig({ provider: 'ec2', ...options, dataDir, outputDir, runNumber }, {}, env)
  return { command, runKey, job, config }
}

async function run(parts: ActionParts, request: Request): Promise<void> {
  const { job, config } = request
  await prepareFor(request)
  await watch(parts, request, exitCodeOf, ({ ports, observe, interrupt }) =>
    startRun({ config, runId: job.runId, ports, observe, interrupt }),
  )
}

async function check(parts: ActionParts, request: Request): Promise<void> {
  parts.toolkit.saveState(SETTLED, 'true')
  await prepareFor(request)
  const harness = await open(parts, request)
  try {
    const findings = await findObstaclesOfRun(
      request.config,
      harness.ports,
      AbortSignal.timeout(CLI_LIMITS.preflightInActions.value),
    )
    await reportFindings(new Reporter(parts.toolkit), findings, judgeFindings(findings))
  } finally {
    await harness.close()
  }
}

/** Finds the run by its derived id: from its journal if that exists, otherwise from the inputs. */
async function cleanUp(parts: ActionParts, request: Request): Promise<void> {
  const { job, config } = request
  if (hasEndedWell(job)) return new Reporter(parts.toolkit).info(`Run ${job.runId} has ended and left nothing behind.`)
  // Machines are terminated without a control plane, too.
  await prepareFor(request).catch(() => {})
  await watch(parts, request, exitCodeOfCleanup, ({ ports, observe, interrupt }) =>
    cleanUpRun({ runId: job.runId, dataDir: job.dataDir, ports, observe, interrupt, adoptAs: config }),
  )
}

function hasEndedWell({ dataDir, runId }: Job): boolean {
  try {
    const { state } = lookAtRun(dataDir, runId)
    return state.phase === 'ended' && state.status === 'succeeded'
  } catch (error) {
    if (isRadixError(error, 'RUN_NOT_FOUND') || isRadixError(error, 'JOURNAL_DAMAGED')) return false
    throw error
  }
}

interface Watched {
  ports: HarnessPorts
  observe: Parameters<typeof startRun>[0]['observe']
  interrupt: AbortSignal
}

async function watch(
  parts: ActionParts,
  request: Request,
  exitCode: typeof exitCodeOf,
  work: (watched: Watched) => Promise<RunOutcome>,
): Promise<void> {
  let outcome: RunOutcome | undefined
  const reporter = new Reporter(parts.toolkit)
  const finish = (ended: RunOutcome) => {
    outcome = ended
  }
  const view = createActionView({ reporter, clock: systemClock, finish })
  await watchRun({ view, exitCodeOf: exitCode, stoppingWords: STOPPING_WORDS }, async ({ observe, interrupt }) => {
    const harness = await open(parts, request, exitCode === exitCodeOfCleanup)
    try {
      return await work({ ports: harness.ports, observe, interrupt })
    } finally {
      await harness.close()
    }
  })
  if (!outcome) return
  if (outcome.termination.confirmed && outcome.pending.length === 0) parts.toolkit.saveState(SETTLED, 'true')
  await reportOutcome(reporter, outcome, request.config.apiBase)
}

/** Nothing for a job that has a control plane. */
async function prepareFor({ config }: Request): Promise<void> {
  if (config.apiBase === EMBEDDED_API_BASE) await prepareProgram()
}

function open(
  { compose = composeForRun, toolkit }: ActionParts,
  { config, runKey }: Request,
  mayLackControlPlane = false,
) {
  const signIn = { runKey, onSecret: (secret: string) => toolkit.setSecret(secret) }
  return compose(config, { signIn, mayLackControlPlane })
}

function maskSecrets({ env, toolkit }: ActionParts): void {
  for (const name of SECRETS) {
    const secret = env[name]
    if (secret) toolkit.setSecret(secret)
  }
}

/** An error before a run exists: nothing was started. */
async function annotateErrors({ toolkit }: ActionParts, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    const { code, title, why, fix, exitCode } = asRadixError(error)
    process.exitCode = exitCode
    await reportError(new Reporter(toolkit), { code, title, why, fix })
  }
}
