/** The choice of one workload, where there is more than one. */
import { WORKLOAD_NAMES, type WorkloadName } from '../../../src/workloads/index.ts'
import { ChoiceFilter } from './choice-filter.tsx'

interface WorkloadFilterProps {
  value: WorkloadName | undefined
  onChange: (workload: WorkloadName | undefined) => void
}

export function WorkloadFilter({ value, onChange }: WorkloadFilterProps) {
  if (WORKLOAD_NAMES.length < 2) return null
  return <ChoiceFilter label="Workload" choices={WORKLOAD_NAMES} value={value} onChange={onChange} />
}
