/** `radix aws init` */
import { RadixError } from '../../errors/radix-error.ts'
import { type ChosenNetwork, chooseNetwork } from '../../providers/ec2/account/choose-network.ts'
import { findNewestImage, listSecrets, type Secret } from '../../providers/ec2/account/github-secrets.ts'
import { findHandMadeRole } from '../../providers/ec2/account/instance-profile.ts'
import { listHandMadeGroups, listWanted } from '../../providers/ec2/account/list-resources.ts'
import { apply, assertOurs, inspect, type PlannedResource } from '../../providers/ec2/account/plan.ts'
import type { AccountResource } from '../../providers/ec2/account/resource.ts'
import { findLockedOut } from '../../providers/ec2/account/shipped-workflows.ts'
import { note, print, printJson } from '../shared/output.ts'
import { type Account, type AccountOptions, explainingAwsErrors, openAccount } from './account.ts'
import { setSecrets } from './set-secrets.ts'
import { describe, planAsJson, renderPlan } from './show-plan.ts'

interface InitOptions extends AccountOptions {
  vpcId?: string
  subnetId?: string[]
  githubRepository?: string
  ref?: string[]
  environment?: string[]
  allowInstanceType?: string[]
  cognitoUserPoolId?: string
  private?: boolean
  dryRun?: boolean
  gh?: boolean
  json?: boolean
}

export function initAws(options: InitOptions): Promise<void> {
  if (options.gh && !options.githubRepository) {
    const message = '`--gh` sets the secrets of a repository: name it with `--github-repository`.'
    throw new RadixError('USAGE', { message, help_command: 'radix aws init --help' })
  }
  if ((options.ref || options.environment) && !options.githubRepository) {
    const message =
      '`--ref` and `--environment` narrow the trust of a role: name its repository with `--github-repository`.'
    throw new RadixError('USAGE', { message, help_command: 'radix aws init --help' })
  }
  return explainingAwsErrors(() => init(options))
}

async function init(options: InitOptions): Promise<void> {
  const account = await openAccount(options)
  const network = await chooseNetwork(account.clients, { vpcId: options.vpcId, subnetIds: options.subnetId })
  const fallbacks = await Promise.all(
    account.fallbackClients.map(async (clients) => ({ clients, network: await chooseNetwork(clients, {}) })),
  )
  const plan = await inspect(
    listWanted(account, {
      network,
      fallbacks,
      isPrivate: options.private ?? false,
      githubRepository: options.githubRepository,
      refs: options.ref,
      environments: options.environment,
      securityGroups: await listHandMadeGroups([{ clients: account.clients, network }, ...fallbacks]),
      instanceRoleName: await findHandMadeRole(account.clients.iam),
      instanceTypes: options.allowInstanceType,
      cognitoUserPoolId: options.cognitoUserPoolId,
    }),
  )
  if (!options.json) showPlan(account, network, plan, options)
  assertOurs(plan)
  const changes = new Map<AccountResource, string>()
  if (!options.dryRun) {
    await apply(plan, account.clock, (resource, change) => {
      changes.set(resource, change)
      note(`  ${change} ${describe(resource)}`)
    })
  }
  const { clients, clock, identity } = account
  const fallbackRegions = fallbacks.map((fallback) => fallback.clients.region)
  const hasGithubRole = options.githubRepository !== undefined
  const secrets = await listSecrets(clients, identity, network, hasGithubRole, fallbackRegions)
  const image = await findNewestImage(clients, clock.now())
  if (options.json) {
    printJson({
      account_id: identity.accountId,
      region: clients.region,
      fallback_regions: fallbackRegions,
      vpc_id: network.vpcId,
      dry_run: options.dryRun ?? false,
      resources: planAsJson(plan, changes),
      secrets: Object.fromEntries(secrets.map(({ name, value }) => [name, value])),
      newest_ami_id: image?.imageId ?? null,
    })
  } else {
    showOutcome(plan, options.dryRun ?? false)
    showSecrets(secrets, image)
  }
  noteLockedOut(options)
  if (options.gh && !options.dryRun) await setSecrets(options.githubRepository ?? '', secrets)
}

function showPlan(account: Account, network: ChosenNetwork, plan: readonly PlannedResource[], options: InitOptions) {
  const { clients, identity } = account
  note(`AWS account ${identity.accountId}, region ${clients.region}, ${network.vpcId}, as ${identity.callerArn}\n`)
  print(renderPlan(plan))
  const shutIn = network.subnets.filter(({ wayOut }) => wayOut === 'none').map(({ subnetId }) => subnetId)
  if (shutIn.length > 0) {
    note(`\nNo route to the internet: ${shutIn.join(', ')}. A machine there needs another route to the control plane`)
    note(`and to the registries of its images${options.private ? '' : '; `--private` creates the endpoints for SSM'}.`)
  }
}

/** Also in the dry run: a workflow that is locked out gets no explanation from AWS. */
function noteLockedOut({ githubRepository, ref, environment }: InitOptions): void {
  if (githubRepository === undefined) return
  for (const { file, option } of findLockedOut({
    githubRepository,
    refs: ref ?? [],
    environments: environment ?? [],
  })) {
    note(
      `\nThe trust policy does not admit .github/workflows/${file}. If you use it, repeat the command and add \`${option}\`.`,
    )
  }
}

function showOutcome(plan: readonly PlannedResource[], isDryRun: boolean): void {
  const count = plan.filter(({ state }) => state === 'missing' || state === 'differs').length
  if (count === 0) note('\nEverything is up to date. Nothing was changed.')
  else if (isDryRun)
    note(`\nThis was a dry run: nothing was changed. Without \`--dry-run\`, ${count} would be created or corrected.`)
  else note(`\n${count} created or corrected.`)
}

function showSecrets(secrets: readonly Secret[], image: { imageId: string; name: string } | undefined): void {
  print('\nSecrets for the repository (Settings → Secrets and variables → Actions), and variables for your shell:')
  for (const { name, value } of secrets) print(`  ${name}=${value}`)
  const newest = image ? `; today that is ${image.imageId} (${image.name})` : ''
  print(`  BENCH_AMI_ID   leave it unset for the newest Deep Learning AMI${newest}`)
}
