import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'

it('harms nobody when it is stopped before the system has said that there is no nvidia-smi', () => {
  const script = `
    import { startGpuSampler } from ${JSON.stringify(join(import.meta.dirname, 'sampler.ts'))}
    startGpuSampler(() => {}, () => {}, { command: '/nonexistent/nvidia-smi', xidLog: null }).stop()
    setImmediate(() => console.log('alive'))`
  // A group of its own: were it harmed, the test would be, too.
  const argv = ['--input-type=module', '--eval', script]
  const { stdout, signal } = spawnSync('setsid', ['--wait', process.execPath, ...argv], { encoding: 'utf8' })
  expect({ stdout, signal }).toEqual({ stdout: 'alive\n', signal: null })
})
