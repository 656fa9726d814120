/** Secrets for a run's machine: SSM SecureStrings below the run's path, deleted with the run. */
import {
  AddTagsToResourceCommand,
  DeleteParametersCommand,
  PutParameterCommand,
  paginateGetParametersByPath,
  type SSMClient,
} from '@aws-sdk/client-ssm'
import { backoffDelayMs } from '../../core/backoff.ts'
import type { Clock } from '../../core/clock.ts'
import { EC2_LIMITS } from '../../core/limits/ec2.ts'
import { RadixError } from '../../errors/radix-error.ts'
import { awsCodeOf } from './ec2-errors.ts'
import { listAll } from './list-all.ts'
import { MANAGED_BY, PARAMETER_ROOT, parameterName, TAG } from './names.ts'

/** The most that SSM accepts in one request. */
const DELETED_AT_ONCE = 10
const DELETION_BACKOFF = { initialMs: 250, maximumMs: 3000 }

/** Returns the parameter's name. */
export async function putSecret(ssm: SSMClient, runId: string, name: string, value: string): Promise<string> {
  const Name = parameterName(runId, name)
  const parameter = { Name, Value: value, Type: 'SecureString' as const }
  const Tags = [
    { Key: TAG.managedBy, Value: MANAGED_BY },
    { Key: TAG.runId, Value: runId },
  ]
  try {
    await ssm.send(new PutParameterCommand({ ...parameter, Tags }))
  } catch (error) {
    if (awsCodeOf(error) !== 'ParameterAlreadyExists') throw error
    await ssm.send(new PutParameterCommand({ ...parameter, Overwrite: true }))
  }
  return Name
}

/** Lets only this instance read it: the policy of the instances' role checks the tag (docs/IAM_POLICIES.md). */
export async function bindSecret(ssm: SSMClient, name: string, instanceArn: string): Promise<void> {
  const Tags = [{ Key: TAG.instanceArn, Value: instanceArn }]
  try {
    await ssm.send(new AddTagsToResourceCommand({ ResourceType: 'Parameter', ResourceId: name, Tags }))
  } catch (error) {
    // There is no secret. The machine that misses it reports that itself.
    if (awsCodeOf(error) !== 'InvalidResourceId') throw error
  }
}

/** Deletes what exists until a look finds nothing. SSM may list deleted parameters for some seconds. */
export async function deleteSecrets(ssm: SSMClient, runId: string, clock: Clock): Promise<void> {
  const request = { Path: `${PARAMETER_ROOT}/${runId}`, Recursive: true }
  const startedMs = clock.monotonicMs()
  for (let round = 0; ; round++) {
    const parameters = await listAll(paginateGetParametersByPath({ client: ssm }, request), (page) => page.Parameters)
    const names = parameters.flatMap(({ Name }) => Name ?? [])
    if (names.length === 0) return
    if (clock.monotonicMs() - startedMs > EC2_LIMITS.secretDeletion.value) break
    for (let at = 0; at < names.length; at += DELETED_AT_ONCE) {
      await ssm.send(new DeleteParametersCommand({ Names: names.slice(at, at + DELETED_AT_ONCE) }))
    }
    if (round > 0) await clock.sleep(backoffDelayMs(round, DELETION_BACKOFF))
  }
  throw new RadixError('AWS_CALL_FAILED', {
    message: `secrets below ${request.Path} still exist after their deletion`,
  })
}
