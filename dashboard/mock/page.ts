/** Pages of a list: the cursor is how many came before. */

export function takePage<T>(
  items: readonly T[],
  { cursor = '0', limit }: { cursor?: string | undefined; limit: number },
) {
  const start = Number(cursor)
  const end = start + limit
  return { items: items.slice(start, end), next_cursor: end < items.length ? String(end) : null }
}
