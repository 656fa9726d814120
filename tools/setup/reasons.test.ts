import { expect, test } from 'vitest'
import { beginningOf, networkReasonIn, reasonOf } from './reasons.mjs'

test("the network's reason comes before an installer's last line", () => {
  const refused =
    "WARNING: Retrying after connection broken by 'NewConnectionError(...: Connection refused)': /whl/cpu/torch/"
  expect(reasonOf(`${refused}\nERROR: No matching distribution found for torch`)).toBe(refused)
  expect(reasonOf('Looking…\nERROR: No space left on device')).toBe('ERROR: No space left on device')
  const said = 'npm error code ECONNREFUSED\nnpm error FetchError: connect ECONNREFUSED 127.0.0.1:9\nnpm error help'
  expect(networkReasonIn(said)).toBe('npm error FetchError: connect ECONNREFUSED 127.0.0.1:9')
  expect(networkReasonIn('npm error code EUSAGE')).toBeUndefined()
})

test('passwords of a proxy or a mirror are not shown', () => {
  expect(reasonOf('ProxyError http://ann:secret@proxy.example:3128')).toBe('ProxyError http://proxy.example:3128')
  expect(beginningOf('GET https://token@mirror.example/simple')).toBe('GET https://mirror.example/simple')
})
