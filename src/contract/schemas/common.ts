/** Shapes shared by several routes. Wire names are snake_case; times are RFC 3339 in UTC. */
import { z } from 'zod'
import { API_LIMITS } from '../../core/limits/api.ts'

/** The range that PostgreSQL, JavaScript and RFC 3339 can all read and write, at any offset. */
const FIRST_YEAR = 1970
const LAST_YEAR = 9998

export const Timestamp = z.iso
  .datetime({ offset: true })
  .max(40)
  .refine(isInRange, `a time from ${FIRST_YEAR} to ${LAST_YEAR}, with an offset of 14 hours at most`)
  .describe('RFC 3339, UTC')

/** The digits of a whole number from 0: `0x10`, `1e3` and an empty text are none. For a query, where all is text. */
export function wholeNumberText({ minimum = 0, maximum }: { minimum?: number; maximum: number }) {
  const digits = (value: unknown) => (typeof value === 'string' && !/^\d{1,15}$/.test(value) ? Number.NaN : value)
  return z.preprocess(digits, z.coerce.number('a whole number, in digits').int().min(minimum).max(maximum))
}

function isInRange(text: string): boolean {
  const year = new Date(text).getUTCFullYear()
  const [, hours = '0', minutes = '0'] = /[+-](\d\d):(\d\d)$/.exec(text) ?? []
  return year >= FIRST_YEAR && year <= LAST_YEAR && Number(hours) * 60 + Number(minutes) <= 14 * 60
}
export const Labels = z
  .record(z.string().min(1).max(63), z.string().max(255))
  .refine((labels) => Object.keys(labels).length <= 32, 'at most 32 labels')

/** Text from an agent: cut if it is too long, so that no result is refused for its text. */
export const ReportedText = (maximum: number) => z.string().overwrite((text) => text.slice(0, maximum).toWellFormed())

/** Of a rate or of work, as in `images/s` and `images`. */
export const Unit = z.string().min(1).max(40)
/** Work per second. No machine of today or of the next years does more. */
export const Rate = z.object({ value: z.number().min(0).max(1e24), unit: Unit }).meta({ id: 'Rate' })
export type Rate = z.infer<typeof Rate>

/** A sum of such amounts is a number. */
export const Usd = z.number().min(0).max(API_LIMITS.amountOfMoney.value)

/** A JSON object that is stored unchanged, short enough for lists of many. */
export const SmallObject = (maximumCharacters: number) =>
  z
    .record(z.string(), z.unknown())
    .refine(
      (members) => JSON.stringify(members).length <= maximumCharacters,
      `at most ${maximumCharacters} characters as JSON`,
    )

/** An id as it appears in a path. Its prefix is not checked here: a wrong one is simply not found. */
export const Id = z.string().min(1).max(64)

export const PageQuery = z.object({
  cursor: z.string().max(512).optional().describe('`next_cursor` of the previous page'),
  limit: wholeNumberText({ minimum: 1, maximum: API_LIMITS.pageItems.value })
    .default(API_LIMITS.defaultPageItems.value)
    .describe('maximum number of items; a page that would be too long has fewer'),
})

export function page<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), next_cursor: z.string().nullable().describe('null on the last page') })
}

/** RFC 9457, with the members that every Radix error has. */
export const Problem = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string(),
    instance: z.string().optional(),
    code: z.string().describe('permanent code; see docs/errors.md'),
    fix: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem' })
export type Problem = z.infer<typeof Problem>
