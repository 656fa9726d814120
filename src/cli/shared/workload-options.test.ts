import { Command } from 'commander'
import { expect, it } from 'vitest'
import { ALL_PARAMETERS } from '../../workloads/all-parameters.ts'
import { WORKLOAD_NAMES, type WorkloadName } from '../../workloads/index.ts'
import { optionOf } from '../../workloads/parameters.ts'
import { addWorkloadOptions, toWorkloadParams } from './workload-options.ts'

/** What a run of `workload` makes of the option: its parameter, or why not. */
function take(name: string, workload: WorkloadName): unknown {
  try {
    return toWorkloadParams({ [optionOf(name)]: 1 }, workload, 'radix bench run --help')
  } catch (error) {
    return Object(error).message
  }
}

const CASES = WORKLOAD_NAMES.flatMap((workload) => ALL_PARAMETERS.map((parameter) => ({ workload, ...parameter })))

it.each(CASES.filter(({ workload, workloads }) => workloads.includes(workload)))(
  '$workload takes $name',
  ({ workload, name }) => expect(take(name, workload)).toEqual({ [name]: 1 }),
)

it.each(CASES.filter(({ workload, workloads }) => !workloads.includes(workload)))(
  '$workload refuses $name, and names the workload that has it',
  ({ workload, workloads, name }) =>
    expect(take(name, workload)).toContain(
      `belongs to workload ${workloads.join(' and ')}, and the chosen workload is ${workload}`,
    ),
)

it('has one option for each name, with what it means for whom', () => {
  const { options } = addWorkloadOptions(new Command())
  expect(options.map(({ long }) => long)).toEqual([
    '--workload',
    ...ALL_PARAMETERS.map(({ name }) => `--${name.replaceAll('_', '-')}`),
  ])
  for (const { description } of options) expect(description).toMatch(/\w/)
})
