import { expect, it } from 'vitest'
import { readAgentConfig } from '../config.ts'
import { chooseExecutor } from './choose-executor.ts'

it.each(['process', 'docker'])('lets threads wait asleep on a machine without a GPU, by executor %s', (executor) => {
  const flags = { apiBase: 'http://127.0.0.1:1', clusterId: 'cl_1', executor }
  const policyOf = (env: Record<string, string>, hasGpu: boolean) => {
    const config = readAgentConfig(flags, {
      ...env,
      RADIX_WORKLOAD_IMAGE: 'radix-resnet50',
      RADIX_ALLOWED_IMAGES: 'radix-resnet50',
    })
    return chooseExecutor(config, env, hasGpu).jobEnvironment.OMP_WAIT_POLICY
  }
  expect(policyOf({}, false)).toBe('PASSIVE')
  expect(policyOf({}, true)).toBeUndefined()
  expect(policyOf({ OMP_WAIT_POLICY: 'ACTIVE' }, false)).toBe('ACTIVE')
})
