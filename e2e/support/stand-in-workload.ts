/**
 * A program in the place of Python for tests that are not about PyTorch: it takes the workload's arguments, counts its
 * starts, goes on until a file appears (or for some steps), and writes a result of the right schema.
 */
import { chmod, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface StandInWorkload {
  /** For RADIX_PYTHON. */
  path: string
  /** Lets a waiting workload finish. */
  release(): Promise<void>
  /** Lets those that start from now on wait again. */
  hold(): Promise<void>
  startCount(): Promise<number>
  /** The pid of the child that it left running, where it leaves one. */
  leftPid(): Promise<number>
}

/** What a workload answers that went well. */
export const WORKLOAD_RESULT = {
  schema: 'radix.result/v2',
  status: 'succeeded',
  workload: { name: 'resnet50', version: '1' },
  recipe: 'reference',
  parameters: {},
  throughput: { value: 12.5, unit: 'images/s' },
  duration_seconds: 1.5,
  timed_seconds: 1.28,
  work: { amount: 16, unit: 'images' },
  step_seconds: [0.32, 0.32, 0.32, 0.32],
  warmup: { steps: 1, seconds: 0.3 },
  loss: { first: 7, last: 6.9, finite: true },
  device: { type: 'cpu', name: 'stand-in' },
  software: { python: '3', pytorch: '2' },
  precision: {},
}

export async function createStandInWorkload(
  directory: string,
  options: { waits: boolean; leaves?: boolean; result?: unknown },
): Promise<StandInWorkload> {
  const path = join(directory, 'stand-in-workload')
  const released = join(directory, 'released')
  const starts = join(directory, 'starts')
  const left = join(directory, 'left')
  const script = `#!${process.execPath}
const fs = require('node:fs')
const option = (name) => process.argv[process.argv.indexOf(name) + 1]
fs.appendFileSync(${JSON.stringify(starts)}, 'x')
if (${options.leaves === true}) {
  const strange = { detached: true, stdio: 'ignore', env: {} }
  fs.writeFileSync(${JSON.stringify(left)}, String(require('node:child_process').spawn('/bin/sleep', ['600'], strange).pid))
}
let step = 0
const timer = setInterval(() => {
  step++
  const progress = { schema: 'radix.progress/v2', phase: 'train', epoch: 1, step, total_steps: 4,
    throughput: { value: 12.5, unit: 'images/s' }, elapsed_seconds: step / 10, loss: 6.9 }
  fs.appendFileSync(option('--progress'), JSON.stringify(progress) + '\\n')
  console.log('step ' + step)
  if (${options.waits} ? !fs.existsSync(${JSON.stringify(released)}) : step < 4) return
  clearInterval(timer)
  fs.writeFileSync(option('--result') + '.draft', ${JSON.stringify(JSON.stringify(options.result ?? WORKLOAD_RESULT))})
  fs.renameSync(option('--result') + '.draft', option('--result'))
  process.exit()
}, 50)
`
  await writeFile(path, script)
  await chmod(path, 0o755)
  return {
    path,
    release: () => writeFile(released, ''),
    leftPid: async () => Number(await readFile(left, 'utf8')),
    hold: () => rm(released, { force: true }),
    startCount: () =>
      readFile(starts, 'utf8').then(
        (text) => text.length,
        () => 0,
      ),
  }
}
