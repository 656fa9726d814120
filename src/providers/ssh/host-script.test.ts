import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { newId } from '../../core/ids.ts'
import { parseHostAnswer, parseLease, renderHostScript, renderLease } from './host-script.ts'

it('is an answer only with its last line', () => {
  expect(parseHostAnswer('pid 1\npid 2\n')).toBeUndefined()
  const answer = parseHostAnswer('pid 1\npid 2\nphase\ndone\nlog\ndone\n')
  expect(answer?.all('pid')).toEqual(['1', '2'])
  expect([answer?.first('phase'), answer?.first('lease'), answer?.rest]).toEqual(['', undefined, 'log\ndone\n'])
})

it('passes every value on as it is, and runs nothing of it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const secret = text.replaceAll('\0', '')
      const script = renderHostScript('check', { secret, base: '/nowhere' }).split('# What runs on a host')[0] ?? ''
      expect(execFileSync('sh', { input: `${script}printf %s "$secret"`, encoding: 'utf8' })).toBe(secret)
    }),
    { numRuns: 20 },
  )
})

it('does nothing when it is cut off before its last line', () => {
  const script = renderHostScript('check', { base: '/nowhere', lease: '/nowhere/lease' })
  const cut = script.slice(0, script.lastIndexOf('"$verb"'))
  expect(execFileSync('sh', { input: cut, encoding: 'utf8' })).toBe('')
})

it('knows a lease again, and takes nothing else for one', () => {
  const lease = { runId: newId('run'), claimedAt: new Date(1000), deadlineAt: new Date(9000), user: 'me@laptop' }
  expect(parseLease(renderLease(lease))).toEqual(lease)
  expect(parseLease(renderLease({ ...lease, user: 'a user, of a domain' }))?.user).toBe('a_user__of_a_domain')
  for (const text of ['', 'radix', '/etc/passwd', `${renderLease(lease)},more`]) expect(parseLease(text)).toBeNull()
})
