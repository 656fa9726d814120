import { expect } from 'vitest'
import { describeProvider } from '../provider.testsuite.ts'
import { NO_CHOICE } from '../provider.ts'
import { FakeCloud } from './fake-provider.ts'

describeProvider('fake', async () => {
  let stopped = 0
  let fetched: string | undefined
  const cloud = new FakeCloud({
    boot: (_, onboardingToken) => {
      fetched = onboardingToken
      return { stop: async () => void stopped++ }
    },
  })
  const provider = cloud.createProvider()
  return {
    provider,
    createAnother: () => cloud.createProvider(),
    endByItself: ({ machineId }) => cloud.end(machineId, 'reclaimed'),
    breakLaunch: () => {
      cloud.launchRefusal = 'no capacity'
    },
    blind: () => {
      cloud.isBlind = true
    },
    // The secret that a machine would fetch now: one boots to find out.
    readSecret: async (reference) => {
      const [runId = ''] = reference.replace(/^fake:/, '').split('/')
      const rest = { placement: NO_CHOICE, clusterId: '', clusterName: '', apiBase: '', deadlineAt: new Date() }
      const request = { ...rest, runId, clientToken: Math.random().toString(), onboardingTokenReference: reference }
      const { machineId } = await provider.launch(request, new AbortController().signal)
      await provider.terminate(machineId)
      return fetched || undefined
    },
    close: async () => {
      const living = cloud.livingMachines
      for (const { machineId } of living) await provider.terminate(machineId)
      expect(cloud.livingMachines).toEqual([])
      expect(stopped).toBe(cloud.launchCount)
    },
  }
})
