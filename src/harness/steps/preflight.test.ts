import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { RadixError } from '../../errors/radix-error.ts'
import type { StepContext } from '../step.ts'
import { RUN_ID } from '../testing/journal.ts'
import { HarnessWorld } from '../testing/world.ts'
import { asFindings, findObstacles, preflight } from './preflight.ts'
import { endRun, registerRun } from './register-run.ts'

const FOUND = { code: 'AWS_NETWORK_UNUSABLE', severity: 'error', message: 'no way out', fix: 'x' } as const

function prepare({
  capabilities,
  allowCpu = false,
  call,
}: {
  capabilities?: unknown
  allowCpu?: boolean
  call?: unknown
}) {
  return {
    runId: 'run_1',
    config: { clusterId: 'cl_1', params: { allow_cpu: allowCpu }, outputDirectory: '.' },
    provider: { launchesMachines: false, preflight: async () => [FOUND] },
    evidenceWriter: { preflight: async () => [] },
    client: { baseUrl: 'https://radix.example.com' },
    deadlineAt: new Date(),
    signal: new AbortController().signal,
    call: call ?? (async () => ({ cluster_id: 'cl_1', status: 'active', capabilities })),
  } as unknown as StepContext
}

it('finds a cluster whose agent has no GPU, unless the CPU is allowed or the agent does not say', async () => {
  const codes = async (changes: Parameters<typeof prepare>[0]) =>
    (await findObstacles(prepare(changes))).map(({ code }) => code)
  expect(await codes({ capabilities: { gpus: [] } })).toEqual(['AWS_NETWORK_UNUSABLE', 'WORKLOAD_NO_GPU'])
  expect(await codes({ capabilities: { gpus: [] }, allowCpu: true })).toEqual(['AWS_NETWORK_UNUSABLE'])
  expect(await codes({ capabilities: { gpus: [{}] } })).toEqual(['AWS_NETWORK_UNUSABLE'])
  expect(await codes({ capabilities: {} })).toEqual(['AWS_NETWORK_UNUSABLE'])
  expect(await codes({ capabilities: null })).toEqual(['AWS_NETWORK_UNUSABLE'])
})

it('shows all findings of a provider when the control plane is unreachable', async () => {
  const call = async () => {
    throw new RadixError('AUTH_NOT_CONFIGURED', { api_base: 'https://radix.example.com' })
  }
  expect((await findObstacles(prepare({ call }))).map(({ code }) => code)).toEqual([
    'AWS_NETWORK_UNUSABLE',
    'AUTH_NOT_CONFIGURED',
  ])
})

it('finds an output folder that is a file, before anything is started', async () => {
  const context = prepare({ capabilities: null })
  Object.assign(context.config, { outputDirectory: import.meta.filename })
  const [, finding] = await findObstacles(context)
  expect(finding).toMatchObject({ code: 'FILE_NOT_WRITABLE', fix: expect.stringContaining('a folder is needed') })
})

it('records the price of each placement, and the highest', async () => {
  const placement = (instanceType: string, zone: string) => ({ region: 'r', zone, instanceType, market: 'on-demand' })
  const prices: Record<string, number> = { small: 1, large: 5 }
  const recorded: StepContext['facts'][] = []
  const context = Object.assign(prepare({ allowCpu: true }), {
    provider: {
      launchesMachines: true,
      preflight: async () => [],
      listPlacements: async () => [placement('small', 'a'), placement('small', 'b'), placement('large', 'a')],
      quote: async ({ instanceType = '' }) => ({ pricePerHourUsd: prices[instanceType], source: 's' }),
    },
    record: (facts: StepContext['facts']) => recorded.push(facts),
  })
  await preflight(context as unknown as StepContext)
  expect(recorded).toMatchObject([
    {
      quote: { pricePerHourUsd: 5 },
      quotes: [
        { placement: { instanceType: 'small' }, quote: { pricePerHourUsd: 1 } },
        { placement: { instanceType: 'large' }, quote: { pricePerHourUsd: 5 } },
      ],
    },
  ])
})

it('rethrows a bug', async () => {
  await expect(asFindings(Promise.reject(new TypeError('undefined')))).rejects.toBeInstanceOf(TypeError)
})

async function findClusterObstacles(items: object[]) {
  const context = { ...prepare({ call: async () => ({ items, next_cursor: null }) }) }
  Object.assign(context.config, { clusterId: undefined, clusterName: 'lab' })
  return (await findObstacles(context)).filter((each) => each !== FOUND)
}
const cluster = (status: string, id = `cl_${status}`) => ({ cluster_id: id, name: 'lab', status, capabilities: null })

it.each([
  ['CLUSTER_WAITS_FOR_AGENT', [cluster('pending')], 'radix cluster onboard cl_pending'],
  ['CLUSTER_NOT_USABLE', [cluster('unreachable')], 'cl_unreachable'],
  ['NOT_FOUND', [cluster('archived')], 'radix cluster list --status active'],
  ['CLUSTER_NOT_USABLE', [cluster('active', 'cl_1'), cluster('active', 'cl_2')], '2 active clusters'],
])('answers %s for the clusters of a name', async (code, items, words) => {
  const [finding] = await findClusterObstacles(items)
  expect(finding?.code).toBe(code)
  expect(`${finding?.message} ${finding?.fix}`).toContain(words)
})

it('takes the active cluster of a name beside a pending one', async () => {
  expect(await findClusterObstacles([cluster('pending'), cluster('active')])).toEqual([])
})

it('says that a pending cluster waits for its agent, when it is named by its id', async () => {
  const findings = await findObstacles(prepare({ call: async () => cluster('pending') }))
  expect(findings[1]).toMatchObject({ code: 'CLUSTER_WAITS_FOR_AGENT' })
})

describe('the step', () => {
  let world: HarnessWorld
  beforeEach(() => {
    world = new HarnessWorld()
  })
  afterEach(() => world.dispose())

  it('changes nothing, and has the same outcome a second time', async () => {
    const { context } = world.at('preflight')
    const once = await world.clock.during(preflight(context))
    expect(once).toEqual({ status: 'succeeded', message: 'nothing found' })
    const { facts } = context
    expect(await world.clock.during(preflight(world.again('preflight').context))).toEqual(once)
    expect(world.again('preflight').facts).toEqual(facts)
    expect(world.findLeftovers()).toEqual([])
  })

  it('starts nothing for a run that has ended, and continues one that was only registered', async () => {
    const { context } = world.at('preflight')
    await world.clock.during(registerRun(context))
    expect(await world.clock.during(preflight(context))).toMatchObject({ status: 'succeeded' })
    await world.clock.during(endRun(context))
    await expect(world.clock.during(preflight(context))).rejects.toMatchObject({
      code: 'RUN_ALREADY_STARTED',
      why: expect.stringContaining(RUN_ID),
    })
  })

  it.each([
    ['is unreachable', 'unreachable', 'API_UNREACHABLE'],
    ['refuses', new RadixError('AUTH_TOKEN_INVALID', { reason: 'expired' }), 'AUTH_TOKEN_INVALID'],
  ] as const)('does not conclude from a control plane that %s that the run is new', async (_, disturbance, code) => {
    world.controlPlane.disturb('getRun', disturbance)
    await expect(world.clock.during(preflight(world.at('preflight').context))).rejects.toMatchObject({ code })
  })

  it('warns of findings that the run may ignore, and stops at the others', async () => {
    world.providerChanges = { preflight: async () => [{ ...FOUND, severity: 'warning' }] }
    const { context, events } = world.at('preflight')
    expect(await world.clock.during(preflight(context))).toMatchObject({ message: '1 warnings' })
    expect(events).toMatchObject([{ type: 'warning', message: 'no way out' }])
    context.provider.preflight = async () => [FOUND]
    await expect(world.clock.during(preflight(context))).rejects.toMatchObject({
      code: 'PREFLIGHT_FAILED',
      why: expect.stringContaining('no way out'),
    })
  })

  it('stops when the provider could not look', async () => {
    const unseen = new RadixError('MACHINE_NOT_SEEN', { provider: 'fake', reason: 'access denied', run_id: RUN_ID })
    world.providerChanges = { preflight: () => Promise.reject(unseen) }
    await expect(world.clock.during(preflight(world.at('preflight').context))).rejects.toMatchObject({
      code: 'PREFLIGHT_FAILED',
      why: expect.stringContaining('access denied'),
    })
  })
})
