/** Whether two policies say the same, however they are written: IAM keeps the text, with its order and its spaces. */
import type { PolicyDocument } from './policies.ts'

/** `present` as IAM gives it: JSON, encoded as in a URL. */
export function isSamePolicy(present: string | undefined, wanted: PolicyDocument): boolean {
  if (present === undefined) return false
  try {
    return canonical(JSON.parse(decodeURIComponent(present))) === canonical(wanted)
  } catch {
    return false
  }
}

/** Members by name, lists in order of their texts, a list of one as its element: IAM makes no difference between them. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) {
    const items = value.map(canonical).sort()
    return items.length === 1 ? (items[0] ?? '') : `[${items.join()}]`
  }
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`)
    return `{${members.sort().join()}}`
  }
  return JSON.stringify(value)
}
