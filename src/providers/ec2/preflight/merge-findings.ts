/** The findings of several regions as one list. */
import type { Finding } from '../../provider.ts'

export interface RegionFindings {
  region: string
  findings: readonly Finding[]
}

/** A finding of all regions is reported once, without a region. Others name their regions. */
export function mergeFindings(found: readonly RegionFindings[]): Finding[] {
  const groups = new Map<string, { finding: Finding; regions: string[] }>()
  for (const { region, findings } of found) {
    for (const finding of findings) {
      const key = JSON.stringify(finding)
      const group = groups.get(key) ?? { finding, regions: [] }
      groups.set(key, { finding, regions: [...group.regions, region] })
    }
  }
  return [...groups.values()].map(({ finding, regions }) => {
    if (regions.length === found.length) return finding
    return { ...finding, message: `In ${regions.join(' and ')}: ${finding.message}` }
  })
}
