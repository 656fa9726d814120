import { expect, it } from 'vitest'
import type { AwsClients } from './aws-clients.ts'
import { parseBootPhases, readConsole } from './diagnostics.ts'

it('finds the phases of the bootstrap in the console output, and skips torn lines', () => {
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

it('reads a phase in a line with other output, and text with braces', () => {
  const console = [
    'RADIX_BOOT {"phase":"pulling","detail":"a"}[  OK  ] Started Session c1 of User root.',
    'x RADIX_BOOT {"phase":"failed","detail":"docker run: } { \\" "}RADIX_BOOT {"phase":"ended"} {',
  ].join('\n')
  expect(parseBootPhases(console).map(({ phase }) => phase)).toEqual(['pulling', 'failed', 'ended'])
})

it('asks again without the latest output when the type has none, and distinguishes unreadable from empty', async () => {
  const asked: unknown[] = []
  const clients = (answer: (input: { Latest?: boolean }) => { Output?: string }) =>
    ({
      ec2: {
        send: async ({ input }: { input: { Latest?: boolean } }) => {
          asked.push(input.Latest)
          return answer(input)
        },
      },
    }) as unknown as AwsClients
  const refuse = (name: string) => Object.assign(new Error('no'), { name, $fault: 'client', $metadata: {} })
  const onXen = clients(({ Latest }) => {
    if (Latest) throw refuse('UnsupportedOperation')
    return { Output: Buffer.from('booted').toString('base64') }
  })
  expect(await readConsole(onXen, 'i-1')).toEqual({ outcome: 'found', value: 'booted' })
  expect(asked).toEqual([true, undefined])
  const denied = clients(() => {
    throw refuse('UnauthorizedOperation')
  })
  expect(await readConsole(denied, 'i-1')).toMatchObject({ outcome: 'unknown' })
  expect(
    await readConsole(
      clients(() => ({})),
      'i-1',
    ),
  ).toEqual({ outcome: 'absent' })
})
