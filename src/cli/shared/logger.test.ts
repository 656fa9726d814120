import { spawnSync } from 'node:child_process'
import { openSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

it.runIf(process.platform === 'linux')(
  'drops its output on a full disk, and does not stop the program from ending',
  () => {
    const script = `
    import { surviveClosedOutput } from ${JSON.stringify(join(import.meta.dirname, '../../system/closed-output.ts'))}
    import { createLogger } from ${JSON.stringify(join(import.meta.dirname, 'logger.ts'))}
    surviveClosedOutput()
    createLogger().info('nobody reads this')
    setTimeout(() => createLogger().info('nor this'), 50)`
    const argv = ['--input-type=module', '--eval', script]
    const full = openSync('/dev/full', 'w')
    const { status, signal } = spawnSync(process.execPath, argv, { stdio: ['ignore', full, 'pipe'], timeout: 20_000 })
    expect({ status, signal }).toEqual({ status: 0, signal: null })
  },
)
