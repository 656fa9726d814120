/**
 * Everything that the harness touches, in memory: the control plane, the machines of the fake provider, the journals and
 * the time. Only evidence is written to the disk. Processes of the harness come and go in it.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { summariseEvidence } from '../../contract/evidence-summary.ts'
import { Evidence } from '../../contract/schemas/evidence.ts'
import { type Logger, silentLogger } from '../../core/logger.ts'
import { buildEvidence } from '../../evidence/build.ts'
import { signEvidence } from '../../evidence/signature/sign.ts'
import { testSigner } from '../../evidence/testing/signing-key.ts'
import { FakeCloud } from '../../providers/fake/fake-provider.ts'
import type { Provider } from '../../providers/provider.ts'
import { parseRunConfig, type RunConfigInput } from '../config.ts'
import type { RunEvent, RunOutcome } from '../events.ts'
import type { cleanUpRun, resumeRun } from '../finish-run.ts'
import type { JournalEntry, RunFacts } from '../journal/entry.ts'
import type { RunState } from '../journal/run-state.ts'
import type { EvidenceWriter, HarnessPorts } from '../ports.ts'
import { RunInProgress } from '../run-in-progress.ts'
import { firstEntry, startRun } from '../start-run.ts'
import type { StepContext } from '../step.ts'
import type { StepName } from '../step-names.ts'
import { ControlPlaneInMemory } from './control-plane.ts'
import { DrivenClock } from './driven-clock.ts'
import { gateClient, gateProvider, gateStore } from './gated-ports.ts'
import { Gates } from './gates.ts'
import { RUN_ID } from './journal.ts'
import { MemoryStore } from './memory-store.ts'

/** A process of the harness at work on one step. */
export interface StepAtWork {
  readonly context: StepContext
  readonly run: RunInProgress
  readonly facts: RunFacts
  readonly state: RunState
  readonly events: readonly RunEvent[]
  readonly warnings: string[]
  /** Aborts the step from outside, as its time limit does. */
  stop(reason: Error): void
}

export class HarnessWorld {
  readonly clock = new DrivenClock('2026-03-02T12:00:00Z')
  readonly controlPlane = new ControlPlaneInMemory(this.clock)
  readonly cloud = new FakeCloud({ clock: this.clock, boot: this.controlPlane.boot })
  readonly store = new MemoryStore()
  readonly directory: string
  readonly #ownsDirectory: boolean
  logger: Logger = silentLogger
  /** Replaces operations of the fake provider. */
  providerChanges: Partial<Provider> = {}

  /** `directory`: shared by worlds that follow each other. */
  constructor(directory?: string) {
    this.directory = directory ?? mkdtempSync(join(tmpdir(), 'radix-harness-'))
    this.#ownsDirectory = directory === undefined
  }

  dispose(): void {
    if (this.#ownsDirectory) rmSync(this.directory, { recursive: true })
  }

  config(changes: Partial<RunConfigInput> = {}): RunConfigInput {
    return {
      provider: 'fake',
      params: { allow_cpu: true },
      trials: 2,
      apiBase: 'https://radix.example.com',
      dataDir: this.directory,
      outputDirectory: this.directory,
      ...changes,
    }
  }

  /** The ports of a new process. It fails or dies at the gates. */
  ports(gates = new Gates()): HarnessPorts {
    const evidenceWriter = this.#evidenceWriter()
    const provider = { ...this.cloud.createProvider(), ...this.providerChanges }
    return {
      createClient: () => gateClient(this.controlPlane.createClient(), gates),
      tokenSource: () => gates.pass('token', async () => 'a user token'),
      provider: gateProvider(provider, gates),
      evidenceWriter: {
        ...evidenceWriter,
        write: (...args) => gates.pass('evidence', () => evidenceWriter.write(...args)),
      },
      clock: this.clock,
      logger: this.logger,
      openStore: () => gateStore(this.store, gates, () => false),
    }
  }

  /** A run with these `facts`, at one of its steps. */
  at(step: StepName, facts: RunFacts = {}, config: Partial<RunConfigInput> = {}, adopted = false): StepAtWork {
    const ports = this.ports()
    const first = firstEntry(ports, RUN_ID, parseRunConfig(this.config(config)), adopted)
    const events: RunEvent[] = []
    const run = new RunInProgress(this.store.open(RUN_ID), ports, (event) => events.push(event), first)
    if (Object.keys(facts).length > 0) run.append({ type: 'recorded', facts })
    return enter(run, step, events)
  }

  /** Another process resumes the run at a step. */
  again(step: StepName): StepAtWork {
    const events: RunEvent[] = []
    const run = new RunInProgress(this.store.open(RUN_ID), this.ports(), (event) => events.push(event))
    return enter(run, step, events)
  }

  start(gates = new Gates(), changes: Partial<RunConfigInput> = {}): Promise<RunOutcome> {
    const interrupt = new AbortController().signal
    const config = this.config(changes)
    return startRun({ config, runId: RUN_ID, ports: this.ports(gates), observe: () => {}, interrupt })
  }

  /** Starts the run, whose process dies: `died` at that moment, or the outcome if the run ended earlier. */
  async startAndDie(gates: Gates): Promise<RunOutcome | 'died'> {
    const running = this.start(gates)
    running.catch(() => {})
    const died = gates.died.then(() => 'died' as const)
    const isOver = running.then(
      (outcome) => outcome,
      (error: unknown) => {
        if (gates.alive) throw error
        return 'died' as const
      },
    )
    return this.clock.during(Promise.race([died, isOver]))
  }

  finish(how: typeof cleanUpRun | typeof resumeRun): Promise<RunOutcome> {
    const options = { runId: RUN_ID, dataDir: this.directory, ports: this.ports(), observe: () => {} }
    return this.clock.during(how({ ...options, interrupt: new AbortController().signal }))
  }

  get journal(): JournalEntry[] {
    return this.store.read(RUN_ID) ?? []
  }

  /** What is left of a run: machines, secrets, and open objects of the control plane. */
  findLeftovers(): string[] {
    return [
      ...this.cloud.livingMachines.map(({ state }) => `${state} machine`),
      ...(this.cloud.secretCount === 0 ? [] : [`${this.cloud.secretCount} secrets`]),
      ...this.controlPlane.findLeftovers(),
    ]
  }

  /** Writes the evidence without the report, in a folder for each run. */
  #evidenceWriter(): EvidenceWriter {
    return {
      preflight: async () => [],
      write: async (facts, directory) => {
        const evidence = signEvidence(Evidence.parse(buildEvidence(facts)), testSigner())
        const path = join(directory, 'evidence.json')
        mkdirSync(directory, { recursive: true })
        writeFileSync(path, JSON.stringify(evidence))
        const { verdict, throughput, duration_seconds } = summariseEvidence(evidence)
        return {
          path,
          verdict: { level: verdict.level, reasons: [] },
          throughput: throughput && { value: throughput.mean, unit: throughput.unit },
          durationSeconds: duration_seconds,
        }
      },
    }
  }
}

function enter(run: RunInProgress, step: StepName, events: RunEvent[]): StepAtWork {
  const stopped = new AbortController()
  return {
    context: run.contextFor(step, stopped.signal).context,
    run,
    events,
    stop: (reason) => stopped.abort(reason),
    get facts() {
      return run.state.facts
    },
    get state() {
      return run.state
    },
    get warnings() {
      return events.flatMap((event) => (event.type === 'warning' ? event.message : []))
    },
  }
}
