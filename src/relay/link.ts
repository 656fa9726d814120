/**
 * One end of a relay: writes the state of this end whenever it has changed, and takes each newer state of the other end once.
 * Both go on through every failure of the transport until `signal` aborts. Order and loss do not matter: a state replaces
 * all earlier ones, and is written again while an answer is due.
 */
import { randomUUID } from 'node:crypto'
import type { z } from 'zod'
import { backoffDelayMs } from '../core/backoff.ts'
import type { Clock } from '../core/clock.ts'
import { INTERVALS } from '../core/limits/intervals.ts'
import { RELAY_LIMITS } from '../core/limits/relay.ts'
import type { Logger } from '../core/logger.ts'
import { tryParseOutsideJson } from '../core/outside-json.ts'
import { Envelope } from './messages.ts'
import { type RelayKey, type SealLabel, seal, unseal } from './seal.ts'
import type { RelayTransport } from './transport.ts'

export interface LinkOptions<T> {
  transport: RelayTransport
  key: RelayKey
  clock: Clock
  logger: Logger
  writes: SealLabel
  reads: SealLabel
  incoming: z.ZodType<T>
  /** The state of this end, as JSON. */
  render(): unknown
  /** Whether the other end may not have the state yet: it is then written again from time to time. */
  isDue(): boolean
  /** `writer`: the process at the other end. */
  onState(state: T, writer: string): void
}

const BACKOFF = { initialMs: 200, maximumMs: 5000 }

export class Link<T> {
  /** This process, for the other end. */
  readonly writer = randomUUID()
  readonly #options: LinkOptions<T>
  /**
   * The last state taken from each process of the other end, the latest process last. One that seems to be replaced is not
   * ignored: a late state of an earlier process may have arrived after its own.
   */
  readonly #taken = new Map<string, number>()
  #sequence = 0
  #isChanged = false
  #activeMs = Number.NEGATIVE_INFINITY
  #wakeWriter = new AbortController()
  #wakeReader = new AbortController()

  constructor(options: LinkOptions<T>) {
    this.#options = options
  }

  /** Has the state written soon. */
  changed(): void {
    this.#isChanged = true
    this.#touch()
    this.#wakeWriter.abort()
  }

  /** Resolves once `signal` has aborted. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([
      this.#repeat('written', signal, () => this.#write(signal)),
      this.#repeat('read', signal, () => this.#read(signal)),
    ])
  }

  async #write(signal: AbortSignal): Promise<void> {
    if (!this.#isChanged) {
      await this.#sleep(INTERVALS.relayRefresh.value, signal, this.#wakeWriter.signal)
      if (!this.#isChanged && !this.#options.isDue()) return
    }
    const { transport, key, writes, render } = this.#options
    this.#isChanged = false
    this.#wakeWriter = new AbortController()
    const message = { writer: this.writer, sequence: ++this.#sequence, state: render() }
    try {
      await transport.write(seal(key, writes, JSON.stringify(message)), signal)
    } catch (error) {
      this.#isChanged = true
      throw error
    }
  }

  async #read(signal: AbortSignal): Promise<void> {
    const { transport, clock } = this.#options
    const content = await transport.read(signal)
    if (content) this.#take(content)
    const isActive = clock.monotonicMs() - this.#activeMs < RELAY_LIMITS.activity.value
    const pauseMs = isActive ? transport.pauseMs.busy : transport.pauseMs.idle
    await this.#sleep(pauseMs, signal, isActive ? undefined : this.#wakeReader.signal)
  }

  #take(content: Uint8Array): void {
    const { key, reads, incoming, onState, logger } = this.#options
    const message = openMessage(content, key, reads, incoming)
    if (!message) {
      logger.warn({ bytes: content.length }, 'a message in the relay is not from the other end, or damaged')
      return
    }
    const { writer, sequence, state } = message
    if (sequence <= (this.#taken.get(writer) ?? 0)) return
    this.#taken.delete(writer)
    this.#taken.set(writer, sequence)
    const [earliest = ''] = this.#taken.keys()
    if (this.#taken.size > RELAY_LIMITS.earlierEnds.value) this.#taken.delete(earliest)
    this.#touch()
    onState(state, writer)
  }

  #touch(): void {
    this.#activeMs = this.#options.clock.monotonicMs()
    this.#wakeReader.abort()
    this.#wakeReader = new AbortController()
  }

  async #repeat(what: string, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    for (let failures = 0; !signal.aborted; ) {
      try {
        await work()
        failures = 0
      } catch (error) {
        if (signal.aborted) return
        this.#options.logger.warn({ reason: String(error) }, `the relay could not be ${what}`)
        await this.#sleep(backoffDelayMs(failures++, BACKOFF), signal)
      }
    }
  }

  /** Shorter if `wake` aborts. */
  async #sleep(durationMs: number, signal: AbortSignal, wake?: AbortSignal): Promise<void> {
    if (durationMs <= 0) return
    await this.#options.clock.sleep(durationMs, wake ? AbortSignal.any([signal, wake]) : signal).catch(() => {})
  }
}

/** Undefined if no end of this relay wrote it. */
export function openMessage<T>(content: Uint8Array, key: RelayKey, label: SealLabel, schema: z.ZodType<T>) {
  const text = unseal(key, label, content)
  const envelope = text && tryParseOutsideJson(text, Envelope, { maxCharacters: RELAY_LIMITS.message.value })
  const state = envelope ? schema.safeParse(envelope.state) : undefined
  return envelope && state?.success ? { ...envelope, state: state.data } : undefined
}
