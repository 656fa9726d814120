import { expect, it } from 'vitest'
import { explainQuota, quotaFamilyOf, sharesQuota } from './quotas.ts'

it.each([
  ['g5.2xlarge', 'L-DB2E81BA', 'L-3819A6DF'],
  ['gr6.4xlarge', 'L-DB2E81BA', 'L-3819A6DF'],
  ['g6e.xlarge', 'L-DB2E81BA', 'L-3819A6DF'],
  ['p4d.24xlarge', 'L-417A185B', 'L-7212CCBC'],
  ['p3.2xlarge', 'L-417A185B', 'L-7212CCBC'],
  ['p5.48xlarge', 'L-417A185B', 'L-C4BD4855'],
  ['p5en.48xlarge', 'L-417A185B', 'L-C4BD4855'],
  ['m7i.large', 'L-1216C47A', 'L-34B43A08'],
  ['trn1.2xlarge', 'L-2C3B7624', 'L-6B0D517C'],
  ['inf2.xlarge', 'L-1945791B', 'L-B5D1601B'],
  ['dl1.24xlarge', 'L-6E869C2A', 'L-85EED4F7'],
  ['x2idn.16xlarge', 'L-7295265B', 'L-E3A00192'],
  ['u-6tb1.56xlarge', 'L-43DA4232', null],
])('%s counts against %s, and as spot against %s', (instanceType, onDemand, spot) => {
  expect(quotaFamilyOf(instanceType)?.codes).toEqual({ 'on-demand': onDemand, spot })
})

it('is shared by P4 and P5 on demand, and not for spot', () => {
  expect(sharesQuota('p5.48xlarge', 'p4d.24xlarge', 'on-demand')).toBe(true)
  expect(sharesQuota('p5.48xlarge', 'p4d.24xlarge', 'spot')).toBe(false)
  expect(sharesQuota('u-6tb1.56xlarge', 'hpc6a.48xlarge', 'spot')).toBe(false)
})

it.each([
  ['p4d.24xlarge', 'on-demand', 'L-417A185B --desired-value 96'],
  ['p5.48xlarge', 'spot', 'L-C4BD4855 --desired-value 192'],
  ['g4dn.xlarge', 'on-demand', 'L-DB2E81BA --desired-value 4'],
  ['g4dn.metal', 'on-demand', 'L-DB2E81BA --desired-value 96'],
] as const)('requests the vCPUs of %s (%s)', (instanceType, market, expected) => {
  const placement = { region: 'us-east-1', zone: null, instanceType, market }
  expect(explainQuota('VcpuLimitExceeded', placement)).toContain(expected)
})

it.each(['VcpuLimitExceeded', 'VolumeLimitExceeded', 'AddressLimitExceeded'])(
  'names no region if none is known (%s)',
  (code) => {
    const placement = { region: null, zone: null, instanceType: 'g5.xlarge', market: 'on-demand' } as const
    expect(explainQuota(code, placement)).not.toMatch(/us-west-2|--region|null/)
  },
)
