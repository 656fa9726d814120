/** EC2's vCPU quotas: which one a type counts against, and how to raise it. Pure. */
import type { Placement } from '../provider.ts'

export type QuotaMarket = 'on-demand' | 'spot'

export interface QuotaFamily {
  name: string
  /** Of an instance type: `p5`, `p5en`, `u-6tb1`. */
  includes(generation: string): boolean
  codes: Readonly<Record<QuotaMarket, string | null>>
}

const letters = (generation: string) => /^[a-z]+/.exec(generation)?.[0] ?? ''
const lettersAreOneOf =
  (...those: string[]) =>
  (generation: string) =>
    those.includes(letters(generation))

/**
 * In order of precedence. P4, P3 and P2 share the on-demand quota of P5 and P6, and have their own spot quota.
 * https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html
 */
export const QUOTA_FAMILIES: readonly QuotaFamily[] = [
  {
    name: 'P5',
    includes: (generation) => /^p([5-9]|\d{2})/.test(generation),
    codes: { 'on-demand': 'L-417A185B', spot: 'L-C4BD4855' },
  },
  {
    name: 'P',
    includes: (generation) => /^p\d/.test(generation),
    codes: { 'on-demand': 'L-417A185B', spot: 'L-7212CCBC' },
  },
  // `gr6` is a G with more memory.
  {
    name: 'G and VT',
    includes: lettersAreOneOf('g', 'gr', 'vt'),
    codes: { 'on-demand': 'L-DB2E81BA', spot: 'L-3819A6DF' },
  },
  { name: 'DL', includes: lettersAreOneOf('dl'), codes: { 'on-demand': 'L-6E869C2A', spot: 'L-85EED4F7' } },
  { name: 'Trn', includes: lettersAreOneOf('trn'), codes: { 'on-demand': 'L-2C3B7624', spot: 'L-6B0D517C' } },
  { name: 'Inf', includes: lettersAreOneOf('inf'), codes: { 'on-demand': 'L-1945791B', spot: 'L-B5D1601B' } },
  { name: 'F', includes: lettersAreOneOf('f'), codes: { 'on-demand': 'L-74FC7D96', spot: 'L-88CF9481' } },
  { name: 'X', includes: lettersAreOneOf('x'), codes: { 'on-demand': 'L-7295265B', spot: 'L-E3A00192' } },
  {
    name: 'High memory',
    includes: (generation) => /^u(-|\d)/.test(generation),
    codes: { 'on-demand': 'L-43DA4232', spot: null },
  },
  { name: 'HPC', includes: lettersAreOneOf('hpc'), codes: { 'on-demand': 'L-F7808C92', spot: null } },
  {
    name: 'Standard',
    includes: lettersAreOneOf('a', 'c', 'd', 'h', 'i', 'im', 'is', 'm', 'r', 't', 'z'),
    codes: { 'on-demand': 'L-1216C47A', spot: 'L-34B43A08' },
  },
]

/** `undefined` for a type of an unknown family. */
export function quotaFamilyOf(instanceType: string): QuotaFamily | undefined {
  const [generation = ''] = instanceType.split('.')
  return QUOTA_FAMILIES.find(({ includes }) => includes(generation))
}

/** Types that count against one quota of this market count together. */
export function sharesQuota(instanceType: string, otherType: string, market: QuotaMarket): boolean {
  const code = quotaFamilyOf(instanceType)?.codes[market]
  return code != null && code === quotaFamilyOf(otherType)?.codes[market]
}

const REQUEST = (region: string | null, code: string, vcpus: number | string) =>
  `Ask for more vCPUs: \`aws service-quotas request-service-quota-increase${flagOf(region)} --service-code ec2 --quota-code ${code} --desired-value ${vcpus}\`.`

/** Empty if the region is not known: the AWS CLI has its own default. */
function flagOf(region: string | null): string {
  return region === null ? '' : ` --region ${region}`
}

function consoleOf(region: string | null): string {
  return `https://${region === null ? '' : `${region}.`}console.aws.amazon.com/servicequotas/home/services/ec2/quotas`
}

/** `vcpus`: the total that must be allowed. */
export function vcpuRemedy(region: string | null, instanceType: string, market: QuotaMarket, vcpus: number): string {
  const code = quotaFamilyOf(instanceType)?.codes[market]
  if (code) return REQUEST(region, code, vcpus)
  return `Ask for more of ${instanceType} (${market}) in the console: ${consoleOf(region)}.`
}

/** The remedy for a quota that EC2 names in a refused launch. */
export function explainQuota(awsCode: string, { region, instanceType, market }: Placement): string {
  if (awsCode === 'VcpuLimitExceeded' || awsCode === 'InstanceLimitExceeded') {
    const type = instanceType ?? ''
    return `${vcpuRemedy(region, type, market === 'spot' ? 'spot' : 'on-demand', vcpusOfSize(type))} A smaller \`--instance-type\` needs fewer.`
  }
  if (awsCode === 'VolumeLimitExceeded' || awsCode === 'MaxIOPSLimitExceeded') {
    return `Delete unused volumes (\`aws ec2 describe-volumes${flagOf(region)} --filters Name=status,Values=available\`), lower \`--root-volume-gib\`, or ask for more gp3 storage: \`aws service-quotas request-service-quota-increase${flagOf(region)} --service-code ebs --quota-code L-7A658B76 --desired-value 100\` (TiB).`
  }
  return `Free what is not used, or ask for more in the console: ${consoleOf(region)}.`
}

const VCPUS_OF_SIZE: Readonly<Record<string, number>> = { medium: 1, large: 2, xlarge: 4 }

/** The vCPUs of a size by EC2's own rule (xlarge: 4, 2xlarge: 8), if the rule applies. */
function vcpusOfSize(instanceType: string): number {
  const [, size = ''] = instanceType.split('.')
  const multiple = Number(/^(\d+)xlarge$/.exec(size)?.[1] ?? 0)
  if (instanceType === 'g4dn.metal') return 96
  return multiple > 0 ? multiple * 4 : (VCPUS_OF_SIZE[size] ?? 4)
}
