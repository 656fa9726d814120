/** `radix aws destroy` */
import { RadixError } from '../../errors/radix-error.ts'
import { listPresent } from '../../providers/ec2/account/list-resources.ts'
import { lookInOtherRegions } from '../../providers/ec2/account/other-regions.ts'
import {
  type FailedRemoval,
  findLeft,
  inspect,
  type PlannedResource,
  removeAll,
} from '../../providers/ec2/account/plan.ts'
import type { AccountResource } from '../../providers/ec2/account/resource.ts'
import type { AwsClients } from '../../providers/ec2/aws-clients.ts'
import { toAwsError } from '../../providers/ec2/ec2-errors.ts'
import { findInstances } from '../../providers/ec2/instances.ts'
import { MANAGED_BY_VALUES, TAG } from '../../providers/ec2/names.ts'
import { note, print, printJson, renderTable } from '../shared/output.ts'
import { type AccountOptions, explainingAwsErrors, openAccount } from './account.ts'
import { noteOtherRegions, otherRegionsAsJson } from './show-other-regions.ts'
import { describe, planAsJson } from './show-plan.ts'

interface DestroyOptions extends AccountOptions {
  dryRun?: boolean
  yes?: boolean
  json?: boolean
}

export function destroyAws(options: DestroyOptions): Promise<void> {
  return explainingAwsErrors(() => destroy(options))
}

async function destroy(options: DestroyOptions): Promise<void> {
  const account = await openAccount(options)
  const { clients, fallbackClients, identity } = account
  const regions = [clients, ...fallbackClients].map(({ region }) => region)
  const present = (await inspect(await listPresent(account))).filter(({ found }) => found !== undefined)
  const others = await lookInOtherRegions(clients, regions)
  const isMeant = options.yes === true && !options.dryRun
  if (!options.json) {
    note(`AWS account ${identity.accountId}, region ${regions.join(', ')}, as ${identity.callerArn}\n`)
    print(renderRemoval(present))
    noteOtherRegions(others)
  }
  const ours = present.filter(({ found }) => found?.isOurs)
  const removed = new Map<AccountResource, string>()
  let failures: FailedRemoval[] = []
  if (isMeant && ours.length > 0) {
    for (const each of [clients, ...fallbackClients]) await assertNoMachines(each)
    failures = await removeAll(present, (resource) => {
      removed.set(resource, 'removed')
      note(`  removed ${describe(resource)}`)
    })
    const left = await findLeft(() => listPresent(account), failures, account.clock)
    failures.push(...left.map(({ resource, found }) => ({ id: found?.id ?? '', error: stillShown(resource) })))
  }
  const isConfirmed = isMeant && failures.length === 0
  if (options.json) {
    printJson({
      account_id: identity.accountId,
      region: clients.region,
      dry_run: !isMeant,
      resources: planAsJson(present, removed),
      confirmed_gone: isMeant ? isConfirmed : null,
      other_regions: otherRegionsAsJson(others),
    })
  } else note(summarise(ours.length, removed.size, isMeant, isConfirmed))
  const [first, ...more] = failures
  for (const { error } of more) note(`  ${toAwsError(error).message}`)
  if (first) throw first.error
}

/** A running machine still uses its security group, and without the role it could no longer be inspected. */
async function assertNoMachines(clients: AwsClients): Promise<void> {
  const instances = await findInstances(clients, { [TAG.managedBy]: [...MANAGED_BY_VALUES] })
  const ids = instances
    .filter(({ Tags = [] }) => Tags.some(({ Key }) => Key === TAG.runId))
    .flatMap(({ InstanceId }) => InstanceId ?? [])
  if (ids.length === 0) return
  throw new RadixError('AWS_RESOURCE_IN_USE', {
    resource: ids.join(', '),
    reason: 'machines of runs still exist. Nothing was removed.',
    remedy:
      'Wait for the runs to end, or clean them up (`radix bench cleanup <run_id>`). Then run `radix aws destroy` again.',
  })
}

function renderRemoval(plan: readonly PlannedResource[]): string {
  const rows = plan.map(({ resource, found }) => [
    resource.kind,
    resource.name,
    found?.isOurs ? (found.id ?? '') : `not created by Radix (${found?.id}): kept`,
  ])
  return renderTable(['RESOURCE', 'NAME', 'WHAT'], rows)
}

function summarise(oursCount: number, removedCount: number, isMeant: boolean, isConfirmed: boolean): string {
  if (oursCount === 0) return '\nNothing created by Radix was found.'
  if (!isMeant) return `\nNothing was changed. \`radix aws destroy --yes\` removes the ${oursCount} created by Radix.`
  const confirmation = isConfirmed ? ' A second look at AWS found nothing left.' : ''
  return `\n${removedCount} of ${oursCount} removed.${confirmation}`
}

function stillShown(resource: AccountResource): RadixError {
  return new RadixError('AWS_RESOURCE_IN_USE', {
    resource: describe(resource),
    reason: 'AWS still lists it after its removal.',
    remedy: 'Run `radix aws destroy` again.',
  })
}
