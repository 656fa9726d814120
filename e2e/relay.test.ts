/**
 * An agent that can reach nothing but a bucket: a real control plane, a real agent and the real program between them. The
 * bucket is in moto, behind a network that loses, repeats and reorders.
 */
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  CreateBucketCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutBucketTaggingCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Job } from '../src/contract/schemas/job.ts'
import { ManualClock, systemClock } from '../src/core/clock.ts'
import { newId } from '../src/core/ids.ts'
import { DEFAULT_REAP_POLICY, reap } from '../src/harness/reaper.ts'
import { type AwsClients, createAwsClients } from '../src/providers/ec2/aws-clients.ts'
import { relayBucketName } from '../src/providers/ec2/names.ts'
import { createBucket, deleteBucket } from '../src/providers/ec2/relay/bucket.ts'
import { createEc2Sweepers } from '../src/providers/ec2/sweeper.ts'
import { type ControlPlane, startControlPlane, stopControlPlane } from './support/control-plane.ts'
import { type FaultyBucket, startFaultyBucket } from './support/faulty-bucket.ts'
import { describeWithMoto, MOTO_REGION, type Moto, startMoto } from './support/moto.ts'
import { type Running, Sandbox } from './support/sandbox.ts'
import { createStandInWorkload, type StandInWorkload } from './support/stand-in-workload.ts'

const WAIT = { timeout: 60_000, interval: 50 }
/** MOTO_REGION. */
const CreateBucketConfiguration = { LocationConstraint: 'us-west-2' } as const

describeWithMoto('a relay', () => {
  let moto: Moto
  let network: FaultyBucket
  let clients: AwsClients
  let env: Record<string, string>
  let sandbox: Sandbox

  beforeAll(async () => {
    moto = await startMoto()
    network = await startFaultyBucket(moto.url, 11)
    env = { ...moto.env, AWS_ENDPOINT_URL_S3: network.url }
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
    clients = createAwsClients(MOTO_REGION)
  })
  afterAll(async () => {
    vi.unstubAllEnvs()
    await network.close()
    await moto.stop()
  })
  beforeEach(async () => {
    network.faultRate = 0
    await moto.reset()
    sandbox = await Sandbox.create()
  })
  afterEach(() => sandbox.remove())

  const listBuckets = async () =>
    ((await clients.s3.send(new ListBucketsCommand({}))).Buckets ?? []).map(({ Name = '' }) => Name)

  describe('for an agent behind a firewall', () => {
    let controlPlaneSandbox: Sandbox
    let controlPlane: ControlPlane
    let workload: StandInWorkload
    let clusterId: string

    beforeAll(async () => {
      controlPlaneSandbox = await Sandbox.create()
      controlPlane = await startControlPlane(controlPlaneSandbox)
    })
    afterAll(async () => {
      await stopControlPlane(controlPlane)
      await controlPlaneSandbox.expectNoProcesses()
      await controlPlaneSandbox.remove()
    })
    beforeEach(async () => {
      workload = await createStandInWorkload(sandbox.directory, { waits: true })
      const body = { name: 'e2e', type: 'local' as const }
      clusterId = (await controlPlane.client.call('createCluster', { body })).cluster_id
    })

    const relayFile = () => join(sandbox.directory, 'relay.json')
    const stateDir = () => join(sandbox.directory, 'agent')

    async function serve(...extra: string[]): Promise<Running> {
      const argv = ['relay', 'serve', clusterId, '--api-base', controlPlane.url, ...extra]
      const relay = sandbox.radix(argv, { ...env, RADIX_TOKEN: await controlPlaneSandbox.mintToken() })
      await relay.waitFor(/serving the relay/)
      return relay
    }

    /** It has no address of the control plane, and no credential of AWS. */
    function startAgent(): Running {
      const argv = ['agent', '--relay', relayFile(), '--state-dir', stateDir()]
      const nothing = Object.fromEntries(Object.keys(env).map((name) => [name, undefined]))
      return sandbox.radix(argv, { ...nothing, RADIX_PYTHON: workload.path })
    }

    async function onboard(): Promise<{ relay: Running; agent: Running }> {
      const relay = await serve('--file', relayFile())
      const agent = startAgent()
      await expect.poll(readClusterStatus, WAIT).toBe('active')
      return { relay, agent }
    }

    const readClusterStatus = async () =>
      (await controlPlane.client.call('getCluster', { params: { cluster_id: clusterId } })).status
    const readJob = (jobId: string): Promise<Job> =>
      controlPlane.client.call('getJob', { params: { cluster_id: clusterId, job_id: jobId } })

    async function runJobUntilItReports(): Promise<string> {
      const params = { cluster_id: clusterId }
      const body = { job_kind: 'resnet50_benchmark' as const }
      const { job_id } = await controlPlane.client.call('launchJob', { params, body })
      await expect.poll(async () => (await readJob(job_id)).progress?.step ?? 0, WAIT).toBeGreaterThan(0)
      return job_id
    }

    async function waitForStatus(jobId: string, status: Job['status']): Promise<Job> {
      await expect.poll(async () => (await readJob(jobId)).status, WAIT).toBe(status)
      return readJob(jobId)
    }

    it('onboards it, runs a job with live progress, reports the result, and leaves nothing', async () => {
      const { relay, agent } = await onboard()
      expect((await stat(relayFile())).mode & 0o777).toBe(0o600)
      const jobId = await runJobUntilItReports()
      expect((await readJob(jobId)).status).toBe('running')
      await workload.release()
      expect((await waitForStatus(jobId, 'succeeded')).metrics?.throughput).toEqual({ value: 12.5, unit: 'images/s' })
      agent.kill('SIGTERM')
      expect((await agent.finished).exitCode).toBe(0)
      relay.kill('SIGTERM')
      expect((await relay.finished).exitCode).toBe(0)
      expect(await listBuckets()).toEqual([relayBucketName(clusterId, MOTO_REGION)])
      expect(await sandbox.output(['relay', 'close', clusterId], env)).toContain('its bucket is deleted')
      expect(await listBuckets()).toEqual([])
      expect(await readdir(join(sandbox.dataDir, 'relays'))).toEqual([])
      expect(agent.output() + relay.output()).not.toMatch(/radix_(ot|ct|lt)_|X-Amz-Signature/)
    })

    it('shows the bucket neither tokens nor results', async () => {
      await onboard()
      const jobId = await runJobUntilItReports()
      await workload.release()
      await waitForStatus(jobId, 'succeeded')
      const Bucket = relayBucketName(clusterId, MOTO_REGION)
      const { Contents = [] } = await clients.s3.send(new ListObjectsV2Command({ Bucket }))
      expect(Contents.map(({ Key }) => Key).sort()).toEqual(['access', 'to-agent', 'to-control-plane'])
      for (const { Key } of Contents) {
        const text = await (await fetch(`${moto.url}/${Bucket}/${Key}`)).text()
        expect(text).not.toMatch(/radix_|"writer"|heartbeat|images\/s|X-Amz/)
      }
    })

    it('cancels a job when asked', async () => {
      await onboard()
      const jobId = await runJobUntilItReports()
      await controlPlane.client.call('cancelJob', { params: { cluster_id: clusterId, job_id: jobId } })
      expect((await waitForStatus(jobId, 'cancelled')).error_code).toBe('WORKLOAD_CANCELLED')
    })

    it('does all of that although a third of the messages are lost, late, repeated or out of order', async () => {
      network.faultRate = 0.33
      await onboard()
      const jobId = await runJobUntilItReports()
      await workload.release()
      await waitForStatus(jobId, 'succeeded')
      expect(await workload.startCount()).toBe(1)
      network.faultRate = 0
      const { 'request lost': lost, 'answer lost': half, 'write delayed': delayed } = network.happened
      expect(Math.min(lost, half, delayed)).toBeGreaterThan(0)
    })

    it('loses no result when its process is killed, and runs nothing twice', async () => {
      const { relay } = await onboard()
      const jobId = await runJobUntilItReports()
      relay.kill('SIGKILL')
      await relay.finished
      await workload.release()
      const completion = join(stateDir(), 'jobs', jobId, 'completion.json')
      await expect.poll(() => readFile(completion, 'utf8').catch(() => ''), WAIT).toContain('succeeded')
      await serve()
      await waitForStatus(jobId, 'succeeded')
      expect(await workload.startCount()).toBe(1)
    })

    it('loses no result when this machine sleeps as the job ends', async () => {
      const { relay } = await onboard()
      const jobId = await runJobUntilItReports()
      const asleep = [relay, controlPlane.server]
      for (const each of asleep) each.kill('SIGSTOP')
      await workload.release()
      const completion = join(stateDir(), 'jobs', jobId, 'completion.json')
      await expect.poll(() => readFile(completion, 'utf8').catch(() => ''), WAIT).toContain('succeeded')
      for (const each of asleep) each.kill('SIGCONT')
      await waitForStatus(jobId, 'succeeded')
    })

    it('is closed for good: an agent with its file says so, and stops', async () => {
      const { relay, agent } = await onboard()
      for (const each of [agent, relay]) each.kill('SIGTERM')
      await Promise.all([agent.finished, relay.finished])
      await sandbox.output(['relay', 'close', clusterId], env)
      const { exitCode, stderr } = await startAgent().finished
      expect(exitCode).toBe(4)
      expect(stderr).toMatch(/RELAY_CLOSED(.|\n)*radix relay serve/)
    })

    it('needs a relay file', async () => {
      await writeFile(relayFile(), '{"version":1}')
      const { exitCode, stderr } = await startAgent().finished
      expect(exitCode).toBe(2)
      expect(stderr).toContain('RELAY_FILE_INVALID')
    })
  })

  describe('that was left behind', () => {
    const now = new ManualClock('2099-01-02T00:00:00Z')
    const sweep = (dryRun = false) =>
      reap(
        createEc2Sweepers(clients).filter(({ name }) => name.endsWith('buckets')),
        { ...DEFAULT_REAP_POLICY, dryRun },
        now,
      )

    async function open(deadlineAt: string): Promise<string> {
      const ownerId = newId('run')
      const bucket = relayBucketName(ownerId, MOTO_REGION)
      const relay = { bucket, region: MOTO_REGION, ownerId, deadlineAt: new Date(deadlineAt), managedBy: 'radix' }
      await createBucket(clients.s3, relay, now.now())
      await clients.s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'to-agent', Body: 'x' }))
      return bucket
    }

    it('is deleted by the reaper once its deadline has passed, and no other bucket is', async () => {
      const due = await open('2099-01-01T00:00:00Z')
      const live = await open('2099-01-02T01:00:00Z')
      const others = ['radix-relay-of-another-owner', `radix-relay-${'x'.repeat(10)}-${MOTO_REGION}`, 'data']
      for (const Bucket of others) {
        await clients.s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration }))
      }
      const outcomes = async (dryRun: boolean) =>
        (await sweep(dryRun)).things.map(({ leftover, outcome }) => [leftover.id, outcome]).sort()
      expect(await outcomes(true)).toEqual(
        [
          [due, 'would be removed'],
          [live, 'kept'],
        ].sort(),
      )
      expect(await outcomes(false)).toEqual(
        [
          [due, 'removed'],
          [live, 'kept'],
        ].sort(),
      )
      expect((await listBuckets()).sort()).toEqual([live, ...others].sort())
    })

    it('is deleted if it has no tags because its process ended in between, and kept if it has those of others', async () => {
      const Bucket = relayBucketName(newId('run'), MOTO_REGION)
      const foreign = relayBucketName(newId('run'), MOTO_REGION)
      for (const each of [Bucket, foreign]) {
        await clients.s3.send(new CreateBucketCommand({ Bucket: each, CreateBucketConfiguration }))
      }
      const Tagging = { TagSet: [{ Key: 'ManagedBy', Value: 'other' }] }
      await clients.s3.send(new PutBucketTaggingCommand({ Bucket: foreign, Tagging }))
      await sweep()
      expect(await listBuckets()).toEqual([foreign])
    })

    it('is not there only if S3 says so', async () => {
      const bucket = await open('2099-01-01T00:00:00Z')
      const away = createAwsClients(MOTO_REGION)
      vi.spyOn(away.s3, 'send').mockRejectedValue(Object.assign(new Error('no'), { name: 'AccessDenied' }) as never)
      await expect(deleteBucket(away.s3, bucket, systemClock)).rejects.toThrow('no')
      expect(await listBuckets()).toEqual([bucket])
      await deleteBucket(clients.s3, bucket, systemClock)
      await deleteBucket(clients.s3, bucket, systemClock)
      expect(await listBuckets()).toEqual([])
    })
  })
})
