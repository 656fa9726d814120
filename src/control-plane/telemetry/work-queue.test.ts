import { expect, it } from 'vitest'
import { createWorkQueue } from './work-queue.ts'

it('does one piece of work at a time, in order of arrival', async () => {
  const queue = createWorkQueue(10)
  const done: string[] = []
  const work = (name: string) =>
    queue.run(async (pause) => {
      for (let slice = 0; slice < 3; slice++) {
        done.push(name)
        await pause()
      }
    })
  await Promise.all([work('a'), work('b')])
  expect(done).toEqual(['a', 'a', 'a', 'b', 'b', 'b'])
})

it('lets the event loop turn in every pause', async () => {
  let turns = 0
  const turn = () => {
    turns++
    ticking = setImmediate(turn)
  }
  let ticking = setImmediate(turn)
  await createWorkQueue(1).run(async (pause) => {
    for (let slice = 0; slice < 20; slice++) await pause()
  })
  clearImmediate(ticking)
  expect(turns).toBeGreaterThanOrEqual(19)
})

it('refuses work beyond its limit, and accepts it again once there is room', async () => {
  const queue = createWorkQueue(2)
  const work = async () => 'done'
  const taken = [queue.run(work), queue.run(work)]
  await expect(queue.run(work)).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  expect(await Promise.all(taken)).toEqual(['done', 'done'])
  expect(await queue.run(work)).toBe('done')
})

it('continues after failed work', async () => {
  const queue = createWorkQueue(2)
  const failing = queue.run(async () => {
    throw new Error('no')
  })
  const next = queue.run(async () => 'done')
  await expect(failing).rejects.toThrow('no')
  expect(await next).toBe('done')
})
