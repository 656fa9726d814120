/** `radix aws destroy` */
import { RadixError } from '../../errors/radix-error.ts'
import { listPresent } from '../../providers/ec2/account/list-resources.ts'
import { inspect, type PlannedResource, removeAll } from '../../providers/ec2/account/plan.ts'
import type { AccountResource } from '../../providers/ec2/account/resource.ts'
import type { AwsClients } from '../../providers/ec2/aws-clients.ts'
import { toAwsError } from '../../providers/ec2/ec2-errors.ts'
import { findInstances } from '../../providers/ec2/instances.ts'
import { MANAGED_BY_VALUES, TAG } from '../../providers/ec2/names.ts'
import { note, print, printJson, renderTable } from '../shared/output.ts'
import { type AccountOptions, explainingAwsErrors, openAccount } from './account.ts'
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
  const { clients, identity } = account
  const plan = (await inspect(await listPresent(account))).filter(({ found }) => found !== undefined)
  const isMeant = options.yes === true && !options.dryRun
  if (!options.json) {
    note(`AWS account ${identity.accountId}, region ${clients.region}, as ${identity.callerArn}\n`)
    print(renderRemoval(plan))
  }
  const ours = plan.filter(({ found }) => found?.isOurs)
  const removed = new Map<AccountResource, string>()
  let failures: unknown[] = []
  if (isMeant && ours.length > 0) {
    for (const each of [clients, ...account.fallbackClients]) await assertNoMachines(each)
    failures = await removeAll(plan, (resource) => {
      removed.set(resource, 'removed')
      note(`  removed ${describe(resource)}`)
    })
  }
  if (options.json) {
    const facts = { account_id: identity.accountId, region: clients.region, dry_run: !isMeant }
    printJson({ ...facts, resources: planAsJson(plan, removed) })
  } else note(summarise(ours.length, removed.size, isMeant))
  for (const failure of failures.slice(1)) note(`  ${toAwsError(failure).message}`)
  if (failures.length > 0) throw failures[0]
}

/** What still runs would lose its way to be looked into, and holds its security group. */
async function assertNoMachines(clients: AwsClients): Promise<void> {
  const instances = await findInstances(clients, { [TAG.managedBy]: [...MANAGED_BY_VALUES] })
  const ids = instances
    .filter(({ Tags = [] }) => Tags.some(({ Key }) => Key === TAG.runId))
    .flatMap(({ InstanceId }) => InstanceId ?? [])
  if (ids.length === 0) return
  throw new RadixError('AWS_RESOURCE_IN_USE', {
    resource: ids.join(', '),
    reason: 'machines of runs are still there. Nothing was removed.',
    remedy: 'Let the runs end, or end them: `radix bench cleanup <run_id>`; then run `radix aws destroy` again.',
  })
}

function renderRemoval(plan: readonly PlannedResource[]): string {
  const rows = plan.map(({ resource, found }) => [
    resource.kind,
    resource.name,
    found?.isOurs ? (found.id ?? '') : `not ours (${found?.id}): left alone`,
  ])
  return renderTable(['RESOURCE', 'NAME', 'WHAT'], rows)
}

function summarise(oursCount: number, removedCount: number, isMeant: boolean): string {
  if (oursCount === 0) return '\nThere is nothing of ours.'
  if (!isMeant) return `\nNothing was changed. \`radix aws destroy --yes\` removes the ${oursCount} that are ours.`
  return `\n${removedCount} of ${oursCount} removed.`
}
