import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, it, onTestFinished } from 'vitest'
import { type BrandLevel, brandPrefix } from './process-brand.ts'
import { findBrandedProcesses } from './process-table.ts'

function pidsOf(level: BrandLevel, name: string): number[] {
  const look = findBrandedProcesses(level, name)
  return look.outcome === 'found' ? look.value.map(({ pid }) => pid) : []
}

async function start(prefix: readonly string[], ...argv: string[]): Promise<ChildProcess> {
  const [command = '', ...args] = [...prefix, ...argv]
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] })
  await once(child, 'spawn')
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}

const name = `test ${process.pid}`
const prefix = await brandPrefix('job', name)
const machinePrefix = await brandPrefix('machine', name)

it.skipIf(prefix.length === 0)('marks the program’s children, and no other process', async () => {
  const orphan = 'env -i setsid sleep 60 </dev/null >/dev/null 2>&1 & echo $!'
  const parent = await start(prefix, 'sh', '-c', orphan)
  const printed = once(parent.stdout ?? parent, 'data')
  const pid = Number((await printed)[0])
  onTestFinished(() => void process.kill(pid, 'SIGKILL'))
  await start([], 'sleep', '60')
  await expect.poll(() => pidsOf('job', name)).toEqual([pid])
  expect([pidsOf('job', 'another'), pidsOf('machine', name)]).toEqual([[], []])
})

it.skipIf(prefix.length === 0)('is that of a machine beside that of its job', async () => {
  const machine = await start(machinePrefix, 'sleep', '60')
  const job = await start([...machinePrefix, ...prefix], 'sleep', '60')
  await expect.poll(() => pidsOf('machine', name)).toEqual([machine.pid, job.pid])
  await expect.poll(() => pidsOf('job', name)).toEqual([job.pid])
})

it.skipIf(prefix.length === 0)('changes neither pid nor exit code', async () => {
  const child = await start(prefix, 'sh', '-c', 'echo $$; exit 7')
  const [[printed], [exitCode]] = await Promise.all([once(child.stdout ?? child, 'data'), once(child, 'exit')])
  expect([Number(printed), exitCode]).toEqual([child.pid, 7])
})

it.skipIf(prefix.length === 0)('is left out when the limit is already lower', async () => {
  const script = `
    import { brandPrefix } from ${JSON.stringify(`${import.meta.dirname}/process-brand.ts`)}
    console.log(JSON.stringify(await brandPrefix('job', 'a')))`
  // Root may raise it again, so an ordinary user looks.
  const user = process.getuid?.() === 0 ? ['setpriv', '--reuid=65532', '--clear-groups'] : []
  const limited = ['prlimit', '--locks=5:5', ...user, process.execPath, '--input-type=module', '-e', script]
  const child = await start([], ...limited)
  const [printed] = await once(child.stdout ?? child, 'data')
  expect(JSON.parse(String(printed))).toEqual([])
})
