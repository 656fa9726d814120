import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'

it('sends no signal when it is stopped before the missing nvidia-smi is known', () => {
  const script = `
    import { startGpuSampler } from ${JSON.stringify(join(import.meta.dirname, 'sampler.ts'))}
    startGpuSampler(() => {}, () => {}, { command: '/nonexistent/nvidia-smi', xidLog: null }).stop()
    setImmediate(() => console.log('alive'))`
  // A separate process group: a signal to the own group would hit the test.
  const argv = ['--input-type=module', '--eval', script]
  const { stdout, signal } = spawnSync('setsid', ['--wait', process.execPath, ...argv], { encoding: 'utf8' })
  expect({ stdout, signal }).toEqual({ stdout: 'alive\n', signal: null })
})
