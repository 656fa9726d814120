/**
 * Terminates the machine and proves it. The step is done when the provider confirms that the machine is terminated and
 * that no other machine carries the run's tag. It runs as a step once the result is durable, and as the undo of the
 * launch.
 */
import { HARNESS_LIMITS } from '../../core/limits/harness.ts'
import { PROVIDER_LIMITS } from '../../core/limits/providers.ts'
import type { Lookup } from '../../core/lookup.ts'
import { within } from '../../core/within.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { asRadixError } from '../../errors/render.ts'
import { type Machine, PartlySeen } from '../../providers/provider.ts'
import { done, type StepContext, type StepResult, skipped } from '../step.ts'
import { isSettling, pollUntil } from '../wait.ts'
import { attempts, machineFactsOf } from './launch-machine.ts'

export async function terminateMachine(context: StepContext): Promise<StepResult> {
  if (!context.provider.launchesMachines) return skipped('the run did not launch the machine')
  await terminateMachines(context)
  return done(context.facts.terminationProof ? 'termination confirmed' : 'no machine was found')
}

export async function terminateMachines(context: StepContext): Promise<void> {
  if (!context.provider.launchesMachines) return
  const { clock, signal } = context
  const termination = new Termination(context)
  try {
    await pollUntil(async () => ((await termination.advance()) ? true : undefined), { clock, signal })
  } catch (error) {
    if (!signal.aborted) throw error
    const seconds = Math.round((clock.now().getTime() - startedAt(context)) / 1000)
    throw unconfirmed(context, termination.remaining, seconds, termination.lastAnswer, error)
  }
  if (termination.proofs.size === 0) return // nothing was launched
  const proofs = [...termination.proofs]
  const answers = proofs.map(([machineId, detail]) => (proofs.length === 1 ? detail : `${machineId}: ${detail}`))
  context.record({
    terminationConfirmedAt: clock.now().toISOString(),
    terminationProof: `provider ${context.provider.name}: ${answers.join('; ')}; no machine is tagged with the run`,
  })
}

export function terminationUnconfirmed(context: StepContext, timeoutSeconds: number): Error {
  const machineIds = [context.facts.machine?.machineId ?? 'unknown']
  return unconfirmed(context, machineIds, timeoutSeconds, 'see the warnings of the run', undefined)
}

/** Every machine of the run, and the provider's answer about it. */
class Termination {
  /** The proof of termination, by machine id. */
  readonly proofs = new Map<string, string>()
  lastAnswer = 'nothing'
  readonly #context: StepContext
  readonly #machineIds = new Set<string>()
  readonly #firstAskedMs = new Map<string, number>()
  readonly #lastAskedMs = new Map<string, number>()
  readonly #alarmedMs = new Map<string, number>()
  readonly #startedMs: number
  #journalError: unknown
  #round = 0
  #lastErrorRound = Number.NEGATIVE_INFINITY

  constructor(context: StepContext) {
    this.#context = context
    this.#startedMs = context.clock.now().getTime()
    if (context.facts.machine) this.#machineIds.add(context.facts.machine.machineId)
  }

  get remaining(): string[] {
    return [...this.#machineIds].filter((machineId) => !this.proofs.has(machineId))
  }

  /**
   * Looks and requests termination once. True if nothing is left. All requests go out at once: a failure or hang for
   * one machine, or for the list, does not keep the others from being terminated.
   */
  async advance(): Promise<boolean> {
    this.#round++
    const known = this.remaining
    const look = async () => {
      const tagged = await this.#attempt(() => this.#findTagged())
      const added = this.remaining.filter((machineId) => !known.includes(machineId))
      await Promise.all(added.map((machineId) => this.#end(machineId)))
      return tagged
    }
    const [tagged] = await Promise.all([look(), ...known.map((machineId) => this.#end(machineId))])
    if (this.#journalError !== undefined) throw this.#journalError
    // Without an answer, other machines may exist.
    if (!tagged || this.remaining.length > 0) return false
    return !mayStillAppear(this.#context, this.#startedMs, this.#machineIds.size > 0)
  }

  /**
   * Terminating a machine does not need the disk: a journal error is thrown after every machine was asked to terminate.
   */
  #record(facts: StepContext['facts']): void {
    try {
      this.#context.record(facts)
    } catch (error) {
      this.#journalError ??= error
    }
  }

  async #findTagged(): Promise<readonly Machine[]> {
    const note = (machines: readonly Machine[]) => {
      for (const { machineId } of machines) this.#machineIds.add(machineId)
      const found = foundFactsOf(this.#context, machines)
      if (found) this.#record(found)
      return machines
    }
    try {
      return note(await this.#context.provider.findByRun(this.#context.runId))
    } catch (error) {
      if (error instanceof PartlySeen) note(error.machines)
      throw error
    }
  }

  async #end(machineId: string): Promise<void> {
    const { provider } = this.#context
    const seen = await this.#attempt(async () => {
      const answer = await provider.describe(machineId)
      if (answer.outcome === 'unknown') throw this.#notSeen(answer)
      return answer
    })
    const proof = seen && proofOf(this.#context, seen)
    if (proof) return void this.proofs.set(machineId, proof)
    if (seen?.outcome === 'found') this.#noteState(seen.value)
    await this.#ask(machineId)
  }

  async #ask(machineId: string): Promise<void> {
    const { clock, facts, provider } = this.#context
    const nowMs = clock.monotonicMs()
    const lastMs = this.#lastAskedMs.get(machineId)
    if (lastMs !== undefined && nowMs - lastMs < PROVIDER_LIMITS.askAgain.value) return
    if (!facts.terminationRequestedAt) this.#record({ terminationRequestedAt: clock.now().toISOString() })
    this.#context.say(`terminating machine ${machineId}`)
    await this.#attempt(async () => {
      await provider.terminate(machineId)
      this.#lastAskedMs.set(machineId, nowMs)
      if (!this.#firstAskedMs.has(machineId)) this.#firstAskedMs.set(machineId, nowMs)
    })
  }

  /** Reports a machine that takes too long to terminate. */
  #noteState({ machineId, stateDetail }: Machine): void {
    const firstMs = this.#firstAskedMs.get(machineId)
    if (firstMs === undefined) return
    // An error is more informative than the state of another machine.
    if (this.#round - this.#lastErrorRound > 1) this.lastAnswer = stateDetail
    const seconds = Math.round((this.#context.clock.monotonicMs() - firstMs) / 1000)
    if (seconds * 1000 < PROVIDER_LIMITS.slowTermination.value) return
    this.#alarm(machineId, `${machineId} is still not terminated ${seconds} s after the request: ${stateDetail}.`)
  }

  #notSeen({ reason, cause }: Extract<Lookup<Machine>, { outcome: 'unknown' }>): Error {
    if (cause instanceof RadixError) return cause
    const { provider, runId } = this.#context
    return new RadixError('MACHINE_NOT_SEEN', { provider: provider.name, reason, run_id: runId }, { cause })
  }

  /** `undefined` if the provider did not complete it in time. It is asked again until it does. */
  async #attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    const { provider, runId } = this.#context
    const tooLate = () => {
      const reason = `it did not answer within ${PROVIDER_LIMITS.answer.value / 1000} s`
      return new RadixError('MACHINE_NOT_SEEN', { provider: provider.name, reason, run_id: runId })
    }
    try {
      return await within(PROVIDER_LIMITS.answer.value, work(), tooLate)
    } catch (cause) {
      const error = asRadixError(cause)
      this.#context.logger.warn(
        { err: cause, run_id: this.#context.runId },
        'the provider did not carry out the request',
      )
      this.lastAnswer = `${error.code}: ${error.why}`
      this.#lastErrorRound = this.#round
      this.#alarm(error.code, `${error.code}: ${error.why} Fix: ${error.fix}`)
      return undefined
    }
  }

  #alarm(key: string, message: string): void {
    const nowMs = this.#context.clock.monotonicMs()
    const lastMs = this.#alarmedMs.get(key)
    if (lastMs !== undefined && nowMs - lastMs < PROVIDER_LIMITS.alarmInterval.value) return
    this.#alarmedMs.set(key, nowMs)
    const left = this.remaining.join(', ') || `machines tagged ${this.#context.runId}`
    this.#context.emit({
      type: 'warning',
      message: `Termination not confirmed: ${left} may still cost money. Trying again. ${message}`,
    })
  }
}

/**
 * An attempt without an answer may have launched a machine that the provider does not list yet, whatever is known of
 * other attempts. The settling time starts when the attempt was abandoned. If the process died during the attempt, that
 * time is unknown: count from now, but no longer than a launch may take.
 */
function mayStillAppear(context: StepContext, nowMs: number, isOneFound: boolean): boolean {
  const { launchToken, launchAskedAt, launchAttempts = [] } = context.facts
  const attempt = launchAttempts.find(({ clientToken }) => clientToken === launchToken)
  // Without a record of attempts, the machine that was found is the last: launches happen one after the other.
  if (!attempt || !launchAskedAt) return !isOneFound && isSettling(context)
  if (attempt.outcome !== 'unknown') return false
  const latestMs = Date.parse(launchAskedAt) + HARNESS_LIMITS.launchMachine.value
  const settlesFromMs = attempt.isUnderWay ? Math.min(nowMs, latestMs) : Date.parse(attempt.at)
  return context.clock.now().getTime() - settlesFromMs < context.provider.settleMs
}

/** A machine that was found only by its tags belongs to the run: its time costs money, and its launch took place. */
function foundFactsOf(context: StepContext, machines: readonly Machine[]): StepContext['facts'] | undefined {
  const { facts } = context
  const machine = machines.find(({ launchedAt }) => launchedAt !== null)
  if (!machine || facts.machine) return undefined
  const attempt = facts.launchAttempts?.find(({ clientToken }) => clientToken === facts.launchToken)
  if (!attempt) return { machine: machineFactsOf(machine) }
  const { clientToken, placement, message } = attempt
  const launched = { clientToken, placement, outcome: 'launched' as const, message }
  return { machine: machineFactsOf(machine), launchAttempts: attempts(context, launched) }
}

/** The proof that the machine is terminated; `undefined` until then. */
function proofOf(context: StepContext, seen: Exclude<Lookup<Machine>, { outcome: 'unknown' }>): string | undefined {
  if (seen.outcome === 'absent') return isSettling(context) ? undefined : 'it no longer knows the machine'
  return seen.value.state === 'terminated' ? seen.value.stateDetail : undefined
}

function startedAt(context: StepContext): number {
  const { terminationRequestedAt } = context.facts
  return terminationRequestedAt ? Date.parse(terminationRequestedAt) : context.clock.now().getTime()
}

function unconfirmed(
  context: StepContext,
  machineIds: string[],
  timeoutSeconds: number,
  lastAnswer: string,
  cause: unknown,
): RadixError {
  return new RadixError(
    'TERMINATION_UNCONFIRMED',
    {
      provider: context.provider.name,
      time: `${timeoutSeconds} s`,
      machine_id: machineIds.join(', ') || `tagged ${context.runId}`,
      run_id: context.runId,
      last_answer: lastAnswer,
    },
    { cause },
  )
}
