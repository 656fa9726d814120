import { describe, expect, it } from 'vitest'
import { type HostAnswer, parseHostAnswer } from './host-script.ts'
import { refuseBlind } from './look.ts'

const answer = (text: string): HostAnswer => parseHostAnswer(`${text}\ndone\n`) ?? expect.fail('no answer')

describe('a look that the host refused', () => {
  it.each([
    ['blind /proc cannot be read on the host', /proc cannot be read/, /\/proc is mounted/],
    ['failed the lock of /tmp was not released', /lock of \/tmp/, /Run this one again/],
  ])('%s', (text, why, fix) => {
    expect(() => refuseBlind(answer(text), 'gpu-1')).toThrow(
      expect.objectContaining({
        code: 'SSH_HOST_UNSUITABLE',
        why: expect.stringMatching(why),
        fix: expect.stringMatching(fix),
      }),
    )
  })

  it('passes where the host has looked', () => {
    expect(() => refuseBlind(answer('phase started'), 'gpu-1')).not.toThrow()
  })
})
