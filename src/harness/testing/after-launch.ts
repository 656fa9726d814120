import type { Provider } from '../../providers/provider.ts'
import type { StepName } from '../step-names.ts'
import { launchMachine } from '../steps/launch-machine.ts'
import type { HarnessWorld } from './world.ts'

/** At a step of a run with a launched machine; from then on `changes` replace the provider's answers. */
export async function afterLaunch(world: HarnessWorld, step: StepName, changes: Partial<Provider> = {}) {
  const clusterId = world.controlPlane.addCluster().cluster_id
  await launchMachine(world.at(step, { clusterId }).context)
  world.providerChanges = changes
  const atWork = world.again(step)
  return { ...atWork, machineId: atWork.facts.machine?.machineId ?? '' }
}
