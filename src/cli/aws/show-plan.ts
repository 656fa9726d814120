/** The plan for an account, for people and for programs. */
import type { PlannedResource } from '../../providers/ec2/account/plan.ts'
import type { AccountResource } from '../../providers/ec2/account/resource.ts'
import { renderTable } from '../shared/output.ts'

const STATES: Record<PlannedResource['state'], string> = {
  exists: 'exists',
  missing: 'is missing',
  differs: 'differs',
  shared: 'exists, not created by Radix: used as it is',
  'not ours': 'exists, not created by Radix',
}

export function renderPlan(plan: readonly PlannedResource[]): string {
  const rows = plan.flatMap(({ resource, state, found }) => {
    const differences = state === 'differs' ? (found?.differences ?? []) : []
    return [[resource.kind, resource.name, STATES[state]], ...differences.map(({ what }) => [' ', ' ', `  ${what}`])]
  })
  return renderTable(['RESOURCE', 'NAME', 'STATE'], rows)
}

export function planAsJson(plan: readonly PlannedResource[], changes: ReadonlyMap<AccountResource, string>) {
  return plan.map(({ resource, state, found }) => ({
    kind: resource.kind,
    name: resource.name,
    id: found?.id ?? null,
    state: state.replaceAll(' ', '_'),
    differences: found?.differences.map(({ what }) => what) ?? [],
    change: changes.get(resource) ?? null,
  }))
}

export function describe(resource: AccountResource): string {
  return `${resource.kind} ${resource.name}`
}
