import { Command } from 'commander'
import { expect, it } from 'vitest'
import { ALL_PARAMETERS } from '../../workloads/all-parameters.ts'
import { WORKLOAD_NAMES } from '../../workloads/index.ts'
import { optionOf } from '../../workloads/parameters.ts'
import { addWorkloadOptions, toWorkloadParams } from './workload-options.ts'

it('takes the parameters of the chosen workload, and names the workload of any other', () => {
  for (const workload of WORKLOAD_NAMES) {
    for (const { name, workloads } of ALL_PARAMETERS) {
      const take = () => toWorkloadParams({ [optionOf(name)]: 1 }, workload, 'radix bench run --help')
      if (workloads.includes(workload)) expect(take()).toEqual({ [name]: 1 })
      else
        expect(take).toThrow(`belongs to workload ${workloads.join(' and ')}, and the chosen workload is ${workload}`)
    }
  }
})

it('has one option for each name, with what it means for whom', () => {
  const { options } = addWorkloadOptions(new Command())
  expect(options.map(({ long }) => long)).toEqual([
    '--workload',
    ...ALL_PARAMETERS.map(({ name }) => `--${name.replaceAll('_', '-')}`),
  ])
  for (const { description } of options) expect(description).toMatch(/\w/)
})
