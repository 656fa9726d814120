/**
 * Relays over S3, for machines that cannot reach the control plane: each has a bucket of its own. A machine gets presigned
 * addresses, which let it replace one object and read others, and no credential of AWS.
 */
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { boundedFetch } from '../../../core/bounded-fetch.ts'
import type { Clock } from '../../../core/clock.ts'
import { EC2_LIMITS } from '../../../core/limits/ec2.ts'
import { RELAY_LIMITS } from '../../../core/limits/relay.ts'
import type { Logger } from '../../../core/logger.ts'
import { RadixError } from '../../../errors/radix-error.ts'
import { renderAccessFile, sealAccess } from '../../../relay/access.ts'
import { type RelayServer, startRelayServer } from '../../../relay/relay-server.ts'
import { newRelayKey, type RelayKey, readRelayKey } from '../../../relay/seal.ts'
import { createUrlTransport, readDocument } from '../../../relay/url-transport.ts'
import type { AwsClients } from '../aws-clients.ts'
import { relayBucketName } from '../names.ts'
import { type ObjectStore, storeAgentFiles } from './agent-files.ts'
import { createBucket, deleteBucket } from './bucket.ts'
import { type RelayRecord, RelayRecords } from './relay-record.ts'

export interface RelayPorts {
  /** Where the records of relays are kept. */
  directory: string
  /** The control plane, as this machine reaches it. */
  baseUrl: string
  fetch?: typeof globalThis.fetch
  logger: Logger
}

export interface RelayRequest {
  /** The run, or the cluster where there is no run. */
  ownerId: string
  clusterId: string
  deadlineAt: Date
  managedBy: string
}

const KEYS = { access: 'access', toControlPlane: 'to-control-plane', toAgent: 'to-agent' }
const UPLOAD_RETRIES = EC2_LIMITS.attempts.value - 1

export class Ec2Relays {
  readonly #clients: AwsClients
  readonly #ports: RelayPorts
  readonly #clock: Clock
  readonly #records: RelayRecords
  readonly #servers = new Map<string, Promise<RelayServer | undefined>>()

  constructor(clients: AwsClients, ports: RelayPorts, clock: Clock) {
    this.#clients = clients
    this.#ports = ports
    this.#clock = clock
    this.#records = new RelayRecords(ports.directory)
  }

  /** Opens the relay, unless this machine has opened it before and it is still valid. Repeatable. */
  async open(request: RelayRequest, signal: AbortSignal): Promise<RelayRecord> {
    const { ownerId, clusterId } = request
    const bucket = this.#bucketOf(ownerId)
    const known = await this.#records.read(bucket)
    if (known && known.clusterId === clusterId && Date.parse(known.expiresAt) > this.#clock.now().getTime())
      return known
    const expiresAt = await this.#expiryFor(request.deadlineAt)
    const { region, s3 } = this.#clients
    await createBucket(s3, { ...request, bucket, region }, this.#clock.now())
    const key = newRelayKey()
    const store = this.#storeIn(bucket, expiresAt)
    const [accessUrl, readUrl, writeUrl, readOwnUrl, agentWriteUrl] = await Promise.all([
      store.addressOf(KEYS.access),
      store.addressOf(KEYS.toControlPlane),
      store.writableAddressOf(KEYS.toAgent),
      store.addressOf(KEYS.toAgent),
      store.writableAddressOf(KEYS.toControlPlane),
    ])
    const access = { readUrl: readOwnUrl, writeUrl: agentWriteUrl, expiresAt }
    await store.put(KEYS.access, sealAccess(key, access), signal)
    const addresses = { accessUrl, readUrl, writeUrl, readOwnUrl, expiresAt: expiresAt.toISOString() }
    const record = { ownerId, clusterId, bucket, key: key.toString('base64url'), ...addresses }
    await this.#records.write(record)
    return record
  }

  /** What the machine needs to use it: a secret. */
  accessFileOf(record: RelayRecord, onboardingToken?: string): string {
    const { clusterId, accessUrl } = record
    return renderAccessFile({ clusterId, key: this.#keyOf(record), url: accessUrl, onboardingToken })
  }

  /** Puts the agent of the control plane where the machine gets it, once. Returns the address of the list. */
  async storeAgentFiles(record: RelayRecord, apiBase: string, signal: AbortSignal): Promise<string> {
    if (record.agentFilesUrl) return record.agentFilesUrl
    const store = this.#storeIn(record.bucket, new Date(record.expiresAt))
    const agentFilesUrl = await storeAgentFiles(apiBase, store, signal)
    await this.#records.write({ ...record, agentFilesUrl })
    return agentFilesUrl
  }

  /** Serves it from now on, in this process. Nothing if it already does, or if this machine did not open it. */
  async serve(ownerId: string): Promise<void> {
    const bucket = this.#bucketOf(ownerId)
    const serving = this.#servers.get(bucket) ?? this.#start(bucket)
    this.#servers.set(bucket, serving)
    let server: RelayServer | undefined
    try {
      server = await serving
    } finally {
      if (!server) this.#servers.delete(bucket)
    }
  }

  /** Deletes all that it left, and stops serving it. False if S3 says that there is none in this region. */
  async delete(ownerId: string): Promise<boolean> {
    const bucket = this.#bucketOf(ownerId)
    // First: nothing serves it again. Its name is enough to delete it, also later.
    await this.#records.remove(bucket)
    await (await this.#servers.get(bucket))?.close()
    this.#servers.delete(bucket)
    return deleteBucket(this.#clients.s3, bucket, this.#clock)
  }

  /** Stops serving. The relays stay. */
  async close(): Promise<void> {
    const servers = await Promise.all(this.#servers.values())
    this.#servers.clear()
    await Promise.all(servers.map((server) => server?.close()))
  }

  async #start(bucket: string): Promise<RelayServer | undefined> {
    const record = await this.#records.read(bucket)
    if (!record) return undefined
    const { baseUrl, fetch, logger } = this.#ports
    const limits = { timeoutMs: RELAY_LIMITS.transfer.value, maxBytes: RELAY_LIMITS.message.value }
    return startRelayServer({
      transport: createUrlTransport(record),
      key: this.#keyOf(record),
      clusterId: record.clusterId,
      clock: this.#clock,
      logger,
      baseUrl,
      ...(fetch ? { fetch } : {}),
      readOwn: async (signal) => (await readDocument(record.readOwnUrl, { ...limits, signal }))?.bytes,
    })
  }

  /** Presigned addresses do not outlive the credentials that sign them. */
  async #expiryFor(deadlineAt: Date): Promise<Date> {
    const { expiration } = await this.#clients.s3.config.credentials()
    const longest = this.#clock.now().getTime() + EC2_LIMITS.relayLife.value
    return new Date(Math.min(deadlineAt.getTime(), longest, expiration?.getTime() ?? Number.POSITIVE_INFINITY))
  }

  #storeIn(bucket: string, expiresAt: Date): ObjectStore & { writableAddressOf(key: string): Promise<string> } {
    const { s3 } = this.#clients
    const expiresIn = () => Math.max(1, Math.floor((expiresAt.getTime() - this.#clock.now().getTime()) / 1000))
    const sign = (command: GetObjectCommand | PutObjectCommand) => getSignedUrl(s3, command, { expiresIn: expiresIn() })
    const writableAddressOf = (Key: string) => sign(new PutObjectCommand({ Bucket: bucket, Key }))
    return {
      writableAddressOf,
      addressOf: (Key) => sign(new GetObjectCommand({ Bucket: bucket, Key })),
      async put(key, body, signal) {
        const limits = { timeoutMs: EC2_LIMITS.relayUpload.value, maxBytes: RELAY_LIMITS.message.value }
        try {
          await boundedFetch(await writableAddressOf(key), { ...limits, body, signal, retries: UPLOAD_RETRIES })
        } catch (error) {
          signal.throwIfAborted()
          const reason = error instanceof Error ? error.message : String(error)
          throw new RadixError(
            'AWS_CALL_FAILED',
            { message: `${key} was not stored in ${bucket}: ${reason}` },
            { cause: error },
          )
        }
      },
    }
  }

  #keyOf({ bucket, key }: RelayRecord): RelayKey {
    const read = readRelayKey(key)
    if (read) return read
    throw new RadixError('INTERNAL', { message: `the record of ${bucket} has no key` })
  }

  #bucketOf(ownerId: string): string {
    return relayBucketName(ownerId, this.#clients.region)
  }
}
