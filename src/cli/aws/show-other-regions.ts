/** Shows resources of Radix in regions that were not named, for people and for programs. */
import type { Lookup } from '../../core/lookup.ts'
import type { RegionLook } from '../../providers/ec2/account/other-regions.ts'
import { note } from '../shared/output.ts'

export function noteOtherRegions(others: Lookup<RegionLook[]>): void {
  const { left, unseen } = sortLooks(others)
  for (const { region, ids } of left) {
    note(
      `\nMore resources of Radix are in ${region}: ${ids.join(', ')}. Name the region with \`--fallback-region ${region}\` to remove them.`,
    )
  }
  const [first] = unseen
  if (first) note(`\nCould not check ${unseen.map(({ region }) => region).join(', ')}: ${first.reason}`)
}

/** `resources` is null if the region could not be checked. */
export function otherRegionsAsJson(others: Lookup<RegionLook[]>) {
  const { left, unseen } = sortLooks(others)
  return [
    ...left.map(({ region, ids }) => ({ region, resources: ids, reason: null })),
    ...unseen.map(({ region, reason }) => ({ region, resources: null, reason })),
  ]
}

function sortLooks(others: Lookup<RegionLook[]>) {
  if (others.outcome === 'unknown') return { left: [], unseen: [{ region: 'other regions', reason: others.reason }] }
  const looks = others.outcome === 'found' ? others.value : []
  return {
    left: looks.flatMap(({ region, ids }) => (ids.outcome === 'found' ? [{ region, ids: ids.value }] : [])),
    unseen: looks.flatMap(({ region, ids }) => (ids.outcome === 'unknown' ? [{ region, reason: ids.reason }] : [])),
  }
}
