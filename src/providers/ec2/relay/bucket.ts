/**
 * The bucket of one relay: created before it is used, and deleted with everything in it. Once it is deleted, nothing can be
 * written to it any more, whatever addresses a machine still has.
 */
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketTaggingCommand,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3'
import { backoffDelayMs } from '../../../core/backoff.ts'
import type { Clock } from '../../../core/clock.ts'
import { EC2_LIMITS } from '../../../core/limits/ec2.ts'
import { RadixError } from '../../../errors/radix-error.ts'
import { awsCodeOf, classifyEc2Error } from '../ec2-errors.ts'
import { listAll } from '../list-all.ts'
import { TAG } from '../names.ts'

export interface RelayBucket {
  bucket: string
  region: string
  ownerId: string
  deadlineAt: Date
  managedBy: string
}

const DAY_MS = 86_400_000
/** The region whose name S3 does not accept as the place of a bucket. */
const DEFAULT_PLACE = 'us-east-1'
const DELETION_BACKOFF = { initialMs: 250, maximumMs: 3000 }

/** Idempotent. The rule for old objects is the last resort: it works without Radix. */
export async function createBucket(s3: S3Client, relay: RelayBucket, now: Date): Promise<void> {
  const { bucket, region, ownerId, deadlineAt, managedBy } = relay
  const place =
    region === DEFAULT_PLACE ? {} : { CreateBucketConfiguration: { LocationConstraint: region as 'eu-west-1' } }
  try {
    await s3.send(new CreateBucketCommand({ Bucket: bucket, ...place }))
  } catch (error) {
    if (awsCodeOf(error) !== 'BucketAlreadyOwnedByYou') throw error
  }
  const tags = { [TAG.managedBy]: managedBy, [TAG.runId]: ownerId, [TAG.deadline]: deadlineAt.toISOString() }
  const TagSet = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
  await s3.send(new PutBucketTaggingCommand({ Bucket: bucket, Tagging: { TagSet } }))
  const Days = Math.max(1, Math.ceil((deadlineAt.getTime() - now.getTime()) / DAY_MS))
  const rule = { ID: 'radix', Status: 'Enabled' as const, Filter: { Prefix: '' }, Expiration: { Days } }
  const LifecycleConfiguration = { Rules: [rule] }
  await s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket: bucket, LifecycleConfiguration }))
}

/**
 * Returns once S3 says that there is no such bucket, or that it has deleted it, which it does for empty buckets only. A
 * machine may write while it is emptied: then it is emptied again. False if there was no such bucket.
 */
export async function deleteBucket(s3: S3Client, bucket: string, clock: Clock): Promise<boolean> {
  const startedMs = clock.monotonicMs()
  let existed = false
  for (let round = 0; ; round++) {
    try {
      await emptyBucket(s3, bucket)
      existed = true
      await s3.send(new DeleteBucketCommand({ Bucket: bucket }))
      return existed
    } catch (error) {
      if (classifyEc2Error(error) === 'gone') return existed
      if (awsCodeOf(error) !== 'BucketNotEmpty') throw error
    }
    if (clock.monotonicMs() - startedMs > EC2_LIMITS.relayDeletion.value) break
    await clock.sleep(backoffDelayMs(round, DELETION_BACKOFF))
  }
  throw new RadixError('AWS_CALL_FAILED', {
    message: `bucket ${bucket} is still not empty after its objects were deleted`,
  })
}

async function emptyBucket(s3: S3Client, bucket: string): Promise<void> {
  // S3 leaves the list out of the answer where it is empty.
  const pages = paginateListObjectsV2({ client: s3 }, { Bucket: bucket })
  const objects = await listAll(pages, ({ Contents, KeyCount }) => (KeyCount === 0 ? [] : Contents))
  if (objects.length === 0) return
  const Objects = objects.map(({ Key = '' }) => ({ Key }))
  const { Errors = [] } = await s3.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }))
  const [failure] = Errors
  if (!failure) return
  const message = `${failure.Key} in bucket ${bucket} was not deleted: ${failure.Code} ${failure.Message}`
  throw new RadixError('AWS_CALL_FAILED', { message })
}
