/** Reads lists of the control plane page by page. */
import { API_LIMITS } from '../../core/limits/api.ts'

interface Page<T> {
  items: T[]
  next_cursor: string | null
}

const PAGE_LIMIT = API_LIMITS.pageItems.value

/** The first `limit` items of a list. */
export async function collectPages<T>(
  limit: number,
  read: (page: { limit: number; cursor?: string }) => Promise<Page<T>>,
): Promise<T[]> {
  const items: T[] = []
  let cursor: string | undefined
  do {
    const wanted = Math.min(PAGE_LIMIT, limit - items.length)
    const page = await read({ limit: wanted, ...(cursor === undefined ? {} : { cursor }) })
    items.push(...page.items)
    cursor = page.next_cursor ?? undefined
  } while (cursor !== undefined && items.length < limit)
  return items
}
