/**
 * EC2 in several regions as one provider: it tries placements region by region, keeps a run's secret in each region,
 * and finds machines in any of them. A machine's id does not name its region, so all are asked, and "absent" counts
 * only if all have answered.
 */

import { EC2_LIMITS } from '../../core/limits/ec2.ts'
import { ABSENT, type Lookup, unknown } from '../../core/lookup.ts'
import { within } from '../../core/within.ts'
import { isRadixError, RadixError } from '../../errors/radix-error.ts'
import { asRadixError } from '../../errors/render.ts'
import {
  type BootCause,
  type Finding,
  LaunchNotCompleted,
  type LaunchRequest,
  type Machine,
  PartlySeen,
  type Placement,
  type PreflightRequest,
  type Provider,
  type Quote,
} from '../provider.ts'
import { createEc2Provider } from './ec2-provider.ts'
import { mergeFindings } from './preflight/merge-findings.ts'
import type { RelayPorts } from './relay/ec2-relays.ts'
import { type Ec2Settings, splitByRegion } from './settings.ts'

interface Place {
  region: string
  provider: Provider
}

/** The provider of the one region where there are no others to fall back to. */
export function createEc2RegionsProvider(settings: Ec2Settings, relay?: RelayPorts): Provider {
  const places = splitByRegion(settings).map((regional) => ({
    region: regional.region,
    provider: createEc2Provider({ settings: regional, ...(relay ? { relay } : {}) }),
  }))
  const [first] = places
  return first && places.length === 1 ? first.provider : new Ec2RegionsProvider(places)
}

class Ec2RegionsProvider implements Provider {
  readonly name = 'ec2'
  readonly launchesMachines = true
  readonly settleMs: number
  /** In the order in which they are tried. */
  readonly #places: readonly Place[]
  /** Where machines were seen: they stay there. */
  readonly #homes = new Map<string, Place>()

  constructor(places: readonly Place[]) {
    this.#places = places
    this.settleMs = Math.max(...places.map(({ provider }) => provider.settleMs))
  }

  /** Credentials are the same for all regions. */
  async requireCredentials(): Promise<void> {
    await this.#places[0]?.provider.requireCredentials?.()
  }

  async preflight(request: PreflightRequest, signal: AbortSignal): Promise<Finding[]> {
    const found = await this.#askAll((provider) => provider.preflight(request, signal))
    return mergeFindings(takeAll(found).map(({ place, answer }) => ({ region: place.region, findings: answer })))
  }

  async listPlacements(signal: AbortSignal): Promise<Placement[]> {
    const found = await this.#askAll((provider) => provider.listPlacements(signal))
    return takeAll(found).flatMap(({ answer }) => answer)
  }

  quote(placement: Placement, signal: AbortSignal): Promise<Quote | null> {
    return ask(this.#placeOf(placement), (provider) => provider.quote(placement, signal))
  }

  /** Stored in every region under the same name: the machine's region is not known yet. */
  async storeSecret(runId: string, name: string, value: string): Promise<string> {
    const stored = takeAll(await this.#askAll((provider) => provider.storeSecret(runId, name, value)))
    return stored[0]?.answer ?? ''
  }

  async deleteSecrets(runId: string): Promise<void> {
    takeAll(await this.#askAll((provider) => provider.deleteSecrets(runId)))
  }

  async launch(request: LaunchRequest, signal: AbortSignal): Promise<Machine> {
    const place = this.#placeOf(request.placement)
    try {
      const machine = await ask(place, (provider) => provider.launch(request, signal))
      this.#homes.set(machine.machineId, place)
      return machine
    } catch (error) {
      if (error instanceof LaunchNotCompleted) this.#homes.set(error.machine.machineId, place)
      throw error
    }
  }

  /** Absent only if every region has looked. */
  async describe(machineId: string): Promise<Lookup<Machine>> {
    const { answers, failures } = await this.#askAll(
      (provider) => provider.describe(machineId),
      this.#placesFor(machineId),
    )
    const reasons = failures.map((failure) => asRadixError(failure).why)
    for (const { place, answer } of answers) {
      if (answer.outcome === 'found') {
        this.#homes.set(machineId, place)
        return answer
      }
      if (answer.outcome === 'unknown') reasons.push(`In ${place.region}: ${answer.reason}`)
    }
    if (reasons.length === 0) return ABSENT
    const causes = answers.flatMap(({ place, answer }) =>
      answer.outcome === 'unknown' && answer.cause ? [sayWhere(answer.cause, place)] : [],
    )
    return unknown(reasons.join('; '), [...causes, ...failures][0])
  }

  async findByRun(runId: string): Promise<Machine[]> {
    const { answers, failures } = await this.#askAll((provider) => provider.findByRun(runId))
    for (const { place, answer } of answers) for (const { machineId } of answer) this.#homes.set(machineId, place)
    const machines = answers.flatMap(({ answer }) => answer)
    if (failures.length > 0) throw new PartlySeen(machines, asRadixError(failures[0]))
    return machines
  }

  async terminate(machineId: string): Promise<void> {
    takeAll(await this.#askAll((provider) => provider.terminate(machineId), this.#placesFor(machineId)))
  }

  async readBootPhase(machineId: string): Promise<string | null> {
    const asked = await this.#askAll((provider) => provider.readBootPhase(machineId), this.#placesFor(machineId))
    return asked.answers.map(({ answer }) => answer).find((answer) => answer !== null) ?? null
  }

  async findBootCause(machineId: string): Promise<BootCause | null> {
    const asked = await this.#askAll((provider) => provider.findBootCause(machineId), this.#placesFor(machineId))
    return asked.answers.map(({ answer }) => answer).find((answer) => answer !== null) ?? null
  }

  async readLog(machineId: string): Promise<string> {
    const asked = await this.#askAll((provider) => provider.readLog(machineId), this.#placesFor(machineId))
    return asked.answers.flatMap(({ answer }) => answer || []).join('\n')
  }

  async close(): Promise<void> {
    await Promise.all(this.#places.map(({ provider }) => provider.close?.()))
  }

  #placeOf({ region }: Placement): Place {
    const place = this.#places.find((each) => each.region === region)
    if (!place) throw new Error(`region ${region} is not one of those that this run may use`)
    return place
  }

  /** The region where the machine was seen; otherwise it may be in any. */
  #placesFor(machineId: string): readonly Place[] {
    const home = this.#homes.get(machineId)
    return home ? [home] : this.#places
  }

  /** Asks every region, even if others fail. */
  async #askAll<T>(work: (provider: Provider) => Promise<T>, places = this.#places): Promise<Asked<T>> {
    const askInTime = (place: Place) =>
      ask(place, (provider) => within(EC2_LIMITS.region.value, work(provider), () => noAnswer(place)))
    const results = await Promise.allSettled(places.map(async (place) => ({ place, answer: await askInTime(place) })))
    return {
      answers: results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])),
      failures: results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : [])),
    }
  }
}

interface Asked<T> {
  answers: { place: Place; answer: T }[]
  failures: unknown[]
}

/** Throws if a region did not answer. */
function takeAll<T>({ answers, failures }: Asked<T>): Asked<T>['answers'] {
  if (failures.length > 0) throw failures[0]
  return answers
}

/** The error names its region. */
async function ask<T>(place: Place, work: (provider: Provider) => Promise<T>): Promise<T> {
  try {
    return await work(place.provider)
  } catch (error) {
    throw sayWhere(error, place)
  }
}

function sayWhere(error: unknown, { region }: Place): unknown {
  if (!isRadixError(error)) return error
  const { code, why, fix, details, cause } = error
  const words = { why: `In ${region}: ${why}`, fix }
  const said = new RadixError(code, {} as never, { words, details, cause })
  return error instanceof LaunchNotCompleted ? new LaunchNotCompleted(error.machine, said) : said
}

function noAnswer({ region }: Place): RadixError {
  return new RadixError('AWS_CALL_FAILED', {
    message: `${region} did not answer within ${EC2_LIMITS.region.value / 1000} s`,
  })
}
