/** Secrets for a run's machine: SSM SecureStrings below the run's path, deleted with the run. */
import {
  AddTagsToResourceCommand,
  DeleteParametersCommand,
  GetParametersByPathCommand,
  PutParameterCommand,
  type SSMClient,
} from '@aws-sdk/client-ssm'
import { awsCodeOf } from './ec2-errors.ts'
import { MANAGED_BY, PARAMETER_ROOT, parameterName, TAG } from './names.ts'

const DELETED_AT_ONCE = 10

/** Answers with the parameter's name. */
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

/** Lets this one instance read it: the policy of the instances' role goes by the tag (docs/IAM_POLICIES.md). */
export async function bindSecret(ssm: SSMClient, name: string, instanceArn: string): Promise<void> {
  const Tags = [{ Key: TAG.instanceArn, Value: instanceArn }]
  try {
    await ssm.send(new AddTagsToResourceCommand({ ResourceType: 'Parameter', ResourceId: name, Tags }))
  } catch (error) {
    // There is none: the machine, that will miss it, says so itself.
    if (awsCodeOf(error) !== 'InvalidResourceId') throw error
  }
}

export async function deleteSecrets(ssm: SSMClient, runId: string): Promise<void> {
  const path = `${PARAMETER_ROOT}/${runId}`
  for (;;) {
    const { Parameters = [] } = await ssm.send(
      new GetParametersByPathCommand({ Path: path, MaxResults: DELETED_AT_ONCE }),
    )
    const names = Parameters.flatMap(({ Name }) => Name ?? [])
    if (names.length === 0) return
    await ssm.send(new DeleteParametersCommand({ Names: names }))
  }
}
