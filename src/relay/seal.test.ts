import { expect, it } from 'vitest'
import { newRelayKey, readRelayKey, seal, unseal } from './seal.ts'

const key = newRelayKey()

it('opens with the same key and label, and with no others', () => {
  const sealed = seal(key, 'to-agent', 'text with ü')
  expect(unseal(key, 'to-agent', sealed)).toBe('text with ü')
  expect(unseal(key, 'to-control-plane', sealed)).toBeUndefined()
  expect(unseal(newRelayKey(), 'to-agent', sealed)).toBeUndefined()
})

it('does not open once any byte is another, or is missing', () => {
  const sealed = seal(key, 'access', 'secret')
  for (const at of sealed.keys()) {
    const changed = Uint8Array.from(sealed, (byte, index) => (index === at ? byte ^ 1 : byte))
    expect(unseal(key, 'access', changed)).toBeUndefined()
    expect(unseal(key, 'access', sealed.subarray(0, at))).toBeUndefined()
  }
})

it('shows neither the text nor that two texts are equal', () => {
  const [first, second] = [seal(key, 'access', 'secret'), seal(key, 'access', 'secret')]
  expect(Buffer.from(first)).not.toEqual(Buffer.from(second))
  expect(Buffer.from(first).includes('secret')).toBe(false)
})

it('has a key that survives as text', () => {
  expect(readRelayKey(key.toString('base64url'))).toEqual(key)
  expect(readRelayKey('short')).toBeUndefined()
})
