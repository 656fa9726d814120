import { expect, test } from 'vitest'
import { Failure, firstThatWorks, orExplain, SetupError } from './errors.mjs'

const explanation = { title: 'It failed', why: 'This happened:\nand that.', fix: ['do this', 'do that'] }

test('an error is shown by its code, what happened, why, and what to do', () => {
  expect(new SetupError('SETUP_FAILED', explanation).text).toBe(
    ['error SETUP_FAILED: It failed', '  This happened:', '  and that.', '  fix: do this', '   or: do that'].join('\n'),
  )
})

test('a failure becomes an error for the user, and a bug stays one', async () => {
  const explain = (reason: string) => ({ ...explanation, why: reason })
  const failed = orExplain(Promise.reject(new Failure('no network')), 'SETUP_FAILED', explain)
  await expect(failed).rejects.toThrow('SETUP_FAILED: no network')
  const broken = orExplain(Promise.reject(new TypeError('bug')), 'SETUP_FAILED', explain)
  await expect(broken).rejects.toThrow(TypeError)
})

test('the first way that works is taken, and the others say why they do not', async () => {
  const said: string[] = []
  const say = (line: string) => void said.push(line)
  const fails = () => Promise.reject(new Failure('no network'))
  expect(await firstThatWorks({ uv: fails, pip: async () => 1, apt: async () => 2 }, say)).toBe(1)
  expect(said).toEqual(['  not possible with uv: no network'])
  await expect(firstThatWorks({ uv: fails, pip: fails }, say)).rejects.toThrow('uv: no network\npip: no network')
})
