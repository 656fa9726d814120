/** One thing in an AWS account that `radix aws init` makes and `radix aws destroy` takes back. */
import type { Tag as Ec2Tag } from '@aws-sdk/client-ec2'
import type { Tag as IamTag } from '@aws-sdk/client-iam'
import { MANAGED_BY, TAG } from '../names.ts'

export interface AccountResource {
  /** In words, e.g. `security group`. */
  readonly kind: string
  readonly name: string
  /** One without our tag is used as it is: never changed, never removed. */
  readonly mayBeForeign: boolean
  /** Looks, and changes nothing. */
  find(): Promise<Found | undefined>
  /** Makes it, bare and with our tag. What it still lacks is then found as differences, and corrected. */
  create(): Promise<void>
  /** Removes it and what is inside; called only for what carries our tag. Safe to repeat. */
  remove(): Promise<void>
}

export interface Found {
  id: string
  /** It carries our tag. */
  isOurs: boolean
  differences: Difference[]
}

export interface Difference {
  /** What is wrong, e.g. `lets traffic in`. */
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
