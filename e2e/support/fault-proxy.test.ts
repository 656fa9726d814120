import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { startFaultProxy } from './fault-proxy.ts'

it('passes on an answer that breaks off as a connection that breaks, so that no caller waits for ever', async () => {
  const target = createServer((_, answer) => {
    answer.writeHead(200, { 'content-length': '1000' })
    answer.write('the first half', () => answer.destroy())
  })
  await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve))
  const proxy = await startFaultProxy(`http://127.0.0.1:${(target.address() as AddressInfo).port}`)
  const request = { method: 'POST', body: 'Action=DescribeInstances', signal: AbortSignal.timeout(10_000) }
  await expect(fetch(proxy.url, request)).rejects.toThrow(TypeError)
  await proxy.close()
  target.close()
})
