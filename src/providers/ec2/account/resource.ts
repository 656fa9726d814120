/** One resource in an AWS account that `radix aws init` creates and `radix aws destroy` removes. */
import type { Tag as Ec2Tag } from '@aws-sdk/client-ec2'
import type { Tag as IamTag } from '@aws-sdk/client-iam'
import { MANAGED_BY, TAG } from '../names.ts'

export interface AccountResource {
  /** In words, e.g. `security group`. */
  readonly kind: string
  readonly name: string
  /** A resource without Radix's tag is used unchanged: never changed, never removed. */
  readonly mayBeForeign: boolean
  /** Looks, and changes nothing. */
  find(): Promise<Found | undefined>
  /** Creates it bare, with Radix's tag. What it still lacks is then found as differences, and corrected. */
  create(): Promise<void>
  /** Removes it and its contents. Called only for a resource with Radix's tag. Safe to repeat. */
  remove(): Promise<void>
}

export interface Found {
  id: string
  /** It carries Radix's tag. */
  isOurs: boolean
  differences: Difference[]
}

export interface Difference {
  /** The difference in words, e.g. `allows inbound tcp 22 (0.0.0.0/0)`. */
  what: string
  correct(): Promise<unknown>
}

export function ourTags(name: string): { Key: string; Value: string }[] {
  return [
    { Key: TAG.managedBy, Value: MANAGED_BY },
    { Key: TAG.name, Value: name },
  ]
}

export function hasOurTag(tags: readonly (Ec2Tag | IamTag)[] | undefined): boolean {
  return tags?.some(({ Key, Value }) => Key === TAG.managedBy && Value === MANAGED_BY) ?? false
}
