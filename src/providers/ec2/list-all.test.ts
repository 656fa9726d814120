import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createAwsClients } from './aws-clients.ts'
import { createEc2Provider } from './ec2-provider.ts'
import { describeInstance } from './instances.ts'
import { parseEc2Settings } from './settings.ts'
import { describeVolume } from './volumes.ts'

/** AWS, or a proxy in front of it, that answers every request with status 200 and this body. */
let body: (action: string) => string
let server: Server

beforeEach(async () => {
  server = createServer(async (incoming, outgoing) => {
    let text = ''
    for await (const chunk of incoming) text += chunk
    const target = incoming.headers['x-amz-target']
    const type = target ? 'application/x-amz-json-1.1' : 'text/xml'
    outgoing.writeHead(200, { 'content-type': type }).end(body(/Action=(\w+)/.exec(text)?.[1] ?? String(target)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'testing')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'testing')
})
afterEach(() => {
  vi.unstubAllEnvs()
  server.closeAllConnections()
  return new Promise((resolve) => server.close(resolve))
})

const envelope = (inside: string) => (action: string) => {
  if (/^\w+\.|^undefined/.test(action)) return inside ? '{"Parameters":[]}' : '{}'
  return `<${action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">${inside}</${action}Response>`
}
const LISTS = '<reservationSet/><volumeSet/>'

describe.each([
  ['with an empty body', () => ''],
  ['without its list', envelope('')],
])('an answer of AWS %s', (_, answer) => {
  const clients = () => createAwsClients('us-west-2')
  const provider = () => createEc2Provider({ settings: parseEc2Settings({ region: 'us-west-2' }) })

  it('does not prove that an instance or a volume is gone', async () => {
    body = answer
    expect(await describeInstance(clients(), 'i-1')).toMatchObject({ outcome: 'unknown' })
    expect(await describeVolume(clients(), 'vol-1')).toMatchObject({ outcome: 'unknown' })
    body = envelope(LISTS)
    expect(await describeInstance(clients(), 'i-1')).toEqual({ outcome: 'absent' })
    expect(await describeVolume(clients(), 'vol-1')).toEqual({ outcome: 'absent' })
  })

  it('does not prove that nothing is tagged with the run, or that its secrets are gone', async () => {
    body = answer
    await expect(provider().findByRun('run_1')).rejects.toMatchObject({ code: 'AWS_CALL_FAILED' })
    await expect(provider().deleteSecrets('run_1')).rejects.toMatchObject({ code: 'AWS_CALL_FAILED' })
    body = envelope(LISTS)
    expect(await provider().findByRun('run_1')).toEqual([])
    await provider().deleteSecrets('run_1')
  })
})

it('an answer whose reservation has no instances does not prove that there are none', async () => {
  body = envelope('<reservationSet><item><reservationId>r-1</reservationId></item></reservationSet>')
  const clients = createAwsClients('us-west-2')
  expect(await describeInstance(clients, 'i-1')).toMatchObject({ outcome: 'unknown' })
})
