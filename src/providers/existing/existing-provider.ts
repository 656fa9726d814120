/** Launches nothing: jobs go to an existing cluster, whose agent Radix does not manage. */
import { ABSENT } from '../../core/lookup.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { NO_CHOICE, type Provider } from '../provider.ts'

export function createExistingProvider(): Provider {
  const refuse = async (): Promise<never> => {
    throw new RadixError('INTERNAL', {
      message: 'provider existing launches no machines and keeps no secrets for them',
    })
  }
  return {
    name: 'existing',
    launchesMachines: false,
    settleMs: 0,
    preflight: async () => [],
    listPlacements: async () => [NO_CHOICE],
    quote: async () => null,
    storeSecret: refuse,
    deleteSecrets: async () => {},
    launch: refuse,
    describe: async () => ABSENT,
    findByRun: async () => [],
    terminate: async () => {},
    readBootPhase: async () => null,
    findBootCause: async () => null,
    readLog: async () => '',
  }
}
