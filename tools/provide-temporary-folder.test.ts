import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { removeAbandoned } from './provide-temporary-folder.ts'

it.runIf(process.platform === 'linux')('removes only the folders of ended runs in its own pid namespace', () => {
  const parent = mkdtempSync(join(tmpdir(), 'parent-'))
  const namespace = Number(/\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0])
  const { pid: ended } = spawnSync('true')
  const ofEndedRun = `radix-tests-${namespace}-${ended}-abc`
  const kept = [
    `radix-tests-${namespace}-${process.pid}-abc`,
    `radix-tests-${namespace + 1}-${ended}-abc`,
    `other-${namespace}-${ended}-abc`,
  ]
  for (const name of [ofEndedRun, ...kept]) mkdirSync(join(parent, name, 'inside'), { recursive: true })
  removeAbandoned(parent)
  expect(readdirSync(parent)).toEqual(kept.toSorted())
})

it.runIf(process.getuid?.() === 0)('leaves the folder of another user alone', () => {
  const parent = mkdtempSync(join(tmpdir(), 'parent-'))
  chmodSync(parent, 0o1777)
  const namespace = /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0]
  const { pid: ended } = spawnSync('true')
  const name = `radix-tests-${namespace}-${ended}-abc`
  mkdirSync(join(parent, name, 'inside'), { recursive: true, mode: 0o700 })
  const script = `import { removeAbandoned } from ${JSON.stringify(join(import.meta.dirname, 'provide-temporary-folder.ts'))}
    process.setuid(65534)
    removeAbandoned(${JSON.stringify(parent)})`
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
  })
  expect(stderr).toBe('')
  expect(status).toBe(0)
  expect(readdirSync(parent)).toEqual([name])
})
