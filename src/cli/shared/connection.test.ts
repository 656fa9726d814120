import { rm } from 'node:fs/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { readServerRecord } from '../../control-plane/data-directory.ts'
import { refusalOf } from '../../control-plane/testing/requests.ts'
import { newUsedDataDirectory } from '../../control-plane/testing/test-server.ts'
import { closeWhatWasStarted } from './at-end.ts'
import { connect, findApiBaseOf } from './connection.ts'
import { type EmbeddedServer, startEmbeddedServer } from './embedded-server.ts'

afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

it('prefers the flag to the environment, and that to the file, and names the source of an invalid address', () => {
  const wrong = 'ftp://radix.example.com'
  vi.stubEnv('RADIX_API_BASE', '')
  expect(findApiBaseOf({}, undefined)).toBeUndefined()
  expect(findApiBaseOf({}, 'https://file.example.com/')).toBe('https://file.example.com')
  expect(() => findApiBaseOf({}, wrong)).toThrow(`api_base of the configuration file ${wrong}: It must be a URL`)
  vi.stubEnv('RADIX_API_BASE', wrong)
  expect(() => findApiBaseOf({}, undefined)).toThrow(`RADIX_API_BASE ${wrong}: It must be a URL`)
  expect(findApiBaseOf({ apiBase: 'https://flag.example.com' }, undefined)).toBe('https://flag.example.com')
  expect(() => findApiBaseOf({ apiBase: wrong }, undefined)).toThrow(`--api-base ${wrong}: It must be a URL`)
})

describe('the server of another command', () => {
  async function inDirectory(story: (dataDir: string, server: EmbeddedServer) => Promise<void>): Promise<void> {
    const dataDir = await newUsedDataDirectory()
    const server = await startEmbeddedServer(dataDir)
    vi.stubEnv('RADIX_API_BASE', '')
    vi.stubEnv('RADIX_TOKEN', '')
    try {
      await story(dataDir, server)
    } finally {
      await closeWhatWasStarted()
      await server.close()
      expect(await readServerRecord(dataDir)).toBeUndefined()
      await rm(dataDir, { recursive: true })
    }
  }

  /** A server that takes connections and answers none, until it is killed in the middle of them. */
  async function stopServing(dataDir: string) {
    const { pid } = (await readServerRecord(dataDir)) ?? { pid: 0 }
    process.kill(pid, 'SIGSTOP')
    const requests = vi.spyOn(globalThis, 'fetch')
    return async (count: number) => {
      await vi.waitFor(() => expect(requests).toHaveBeenCalledTimes(count))
      process.kill(pid, 'SIGKILL')
    }
  }

  it('is followed by the next one when it ends before a request, which may be any', async () => {
    await inDirectory(async (dataDir, server) => {
      const client = await connect({ dataDir })
      await server.close()
      expect(await client.call('createApiKey', { body: { name: 'a' } })).toMatchObject({ name: 'a' })
    })
  })

  it('is followed by the next one, which answers a read and a keyed write that it did not', async () => {
    await inDirectory(async (dataDir) => {
      const client = await connect({ dataDir })
      const killAfter = await stopServing(dataDir)
      const requests = Promise.all([
        client.call('listClusters', {}),
        client.call('createCluster', { body: { name: 'a' }, idempotencyKey: 'k' }),
      ])
      await killAfter(2)
      expect(await requests).toMatchObject([{ items: expect.anything() }, { name: 'a' }])
      expect(await client.call('listClusters', {})).toMatchObject({ items: [{ name: 'a' }] })
    })
  })

  it('leaves a clear error for a write that may have happened', async () => {
    await inDirectory(async (dataDir) => {
      const client = await connect({ dataDir })
      const killAfter = await stopServing(dataDir)
      const request = refusalOf(client.call('createApiKey', { body: { name: 'a' } }))
      await killAfter(1)
      expect(await request).toMatchObject({ code: 'API_UNREACHABLE' })
    })
  })
})
