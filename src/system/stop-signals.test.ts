import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const PROGRAM = fileURLToPath(new URL('testing/stopping-program.ts', import.meta.url))

let child: ChildProcess
let ended: Promise<unknown[]>
beforeEach(async () => {
  child = fork(PROGRAM)
  ended = once(child, 'exit')
  expect(await next()).toBe('listens')
})
afterEach(async () => {
  child.kill('SIGKILL')
  await ended
})

async function next(): Promise<unknown> {
  return (await once(child, 'message'))[0]
}

function ask(message: string): Promise<unknown> {
  child.send(message)
  return next()
}

async function stopWith(signal: NodeJS.Signals): Promise<void> {
  child.kill(signal)
  expect(await next()).toBe(`stops at ${signal}`)
}

describe.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('a program that gets %s', (signal) => {
  it('ends in its own time after any signals within the same second', async () => {
    await stopWith(signal)
    child.kill(signal)
    expect(await ask('look')).toBe(`did look, ${signal}`)
    child.send('end')
    expect(await ended).toEqual([0, null])
  })

  it('exits at once at another signal after a second', async () => {
    await stopWith(signal)
    expect(await ask('advance')).toBe(`did advance, ${signal}`)
    child.kill(signal)
    expect(await next()).toBe('leaves')
    expect(await ended).toEqual([130, null])
  })

  it('has the default behaviour again without listeners', async () => {
    expect(await ask('dispose')).toBe('did dispose, not told to stop')
    child.kill(signal)
    expect(await ended).toEqual([null, signal])
  })
})

it('counts a different signal as the same request', async () => {
  await stopWith('SIGINT')
  await ask('advance')
  child.kill('SIGTERM')
  expect(await ask('look')).toBe('did look, SIGINT')
  child.send('end')
  expect(await ended).toEqual([0, null])
})
