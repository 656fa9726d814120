import { expect, it } from 'vitest'
import { parseBootPhases } from './diagnostics.ts'

it('finds the phases of the bootstrap among everything else on a console, and passes over what is torn', () => {
  const console = [
    '[   12.3] cloud-init[1]: starting',
    '[   12.4] cloud-init[1]: RADIX_BOOT {"phase":"timer","at":"2026-03-02T09:00:00Z"}\r',
    'RADIX_BOOT {"phase":"pull","detail":"radix-agent"}',
    'RADIX_BOOT {"phase":"agent", "det',
    'RADIX_BOOT nonsense',
  ].join('\n')
  expect(parseBootPhases(console)).toEqual([
    { phase: 'timer', at: '2026-03-02T09:00:00Z' },
    { phase: 'pull', detail: 'radix-agent' },
  ])
})
