import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'

const program = 'process.on("SIGTERM", () => process.exit(9)); console.log("ready"); setTimeout(() => {}, 20000)'
const url = new URL('hand-over.mjs', import.meta.url).href
const handOver = (source: string) => [
  '--input-type=module',
  '-e',
  `import(${JSON.stringify(url)}).then((m) => m.handOver(['node', '-e', ${JSON.stringify(source)}], {}))`,
]

test('the exit status and the signal of the command become its own', () => {
  expect(spawnSync(process.execPath, handOver('process.exit(5)')).status).toBe(5)
  expect(spawnSync(process.execPath, handOver('process.kill(process.pid, "SIGTERM")')).signal).toBe('SIGTERM')
})

test('a signal is passed on to the command', async () => {
  const child = spawn(process.execPath, handOver(program), { stdio: ['ignore', 'pipe', 'pipe'] })
  await once(child.stdout, 'data')
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([9, null])
})
