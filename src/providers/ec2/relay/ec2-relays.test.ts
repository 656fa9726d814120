import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { systemClock } from '../../../core/clock.ts'
import { silentLogger } from '../../../core/logger.ts'
import { createAwsClients } from '../aws-clients.ts'
import { relayBucketName } from '../names.ts'
import { Ec2Relays } from './ec2-relays.ts'

const REGION = 'us-west-2'
const CLUSTER = `cl_${'0'.repeat(26)}`
const BUCKET = relayBucketName(CLUSTER, REGION)
const REQUEST = { ownerId: CLUSTER, clusterId: CLUSTER, deadlineAt: new Date('2099-01-01'), managedBy: 'radix' }

/** S3 with at most one bucket, which is empty. */
let server: Server
let isThere: boolean
let requests: string[]
let directory: string
let relays: Ec2Relays

beforeEach(async () => {
  requests = []
  isThere = true
  server = createServer((incoming, outgoing) => {
    requests.push(`${incoming.method} ${incoming.url}`)
    incoming.resume()
    if (!isThere) return void outgoing.writeHead(404).end('<Error><Code>NoSuchBucket</Code></Error>')
    if (incoming.method !== 'DELETE')
      return void outgoing.end('<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>')
    isThere = false
    outgoing.writeHead(204).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const env = { AWS_ENDPOINT_URL: address, AWS_ACCESS_KEY_ID: 'testing', AWS_SECRET_ACCESS_KEY: 'testing' }
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  directory = await mkdtemp(join(tmpdir(), 'radix-relays-'))
  const clients = createAwsClients(REGION)
  clients.s3.config.forcePathStyle = true
  relays = new Ec2Relays(clients, { directory, baseUrl: '', logger: silentLogger }, systemClock)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await rm(directory, { recursive: true })
})

it('tells a relay that was deleted from one that was never there', async () => {
  expect(await relays.delete(CLUSTER)).toBe(true)
  expect(await relays.delete(CLUSTER)).toBe(false)
})

it('does not replace the key of a relay whose record cannot be read', async () => {
  await mkdir(join(directory, `${BUCKET}.json`))
  const unreadable = { code: 'FILE_NOT_READABLE' }
  await expect(relays.open(REQUEST, new AbortController().signal)).rejects.toMatchObject(unreadable)
  await expect(relays.serve(CLUSTER)).rejects.toMatchObject(unreadable)
  expect(requests).toEqual([])
  // A failure is not remembered.
  await rm(join(directory, `${BUCKET}.json`), { recursive: true })
  await relays.serve(CLUSTER)
  await relays.close()
})
