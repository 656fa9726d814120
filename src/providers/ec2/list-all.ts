/**
 * The only place that pages AWS lists. It uses the SDK's paginators, for which an empty page with a token is not the
 * end. `tools/aws-lists.test.ts` refuses every other way.
 */
import { EC2_LIMITS } from '../../core/limits/ec2.ts'

/**
 * All items of all pages. A list that does not end is an error, never a short list, and so is an answer without its
 * list.
 */
export async function listAll<Page, Item>(
  pages: AsyncIterable<Page>,
  itemsOf: (page: Page) => readonly Item[] | undefined,
): Promise<Item[]> {
  const items: Item[] = []
  for await (const page of boundPages(pages)) items.push(...requireList(itemsOf(page)))
  return items
}

/** The first item for which `choose` returns a value. Later pages are not requested. */
export async function findInPages<Page, Item, Chosen>(
  pages: AsyncIterable<Page>,
  itemsOf: (page: Page) => readonly Item[] | undefined,
  choose: (item: Item) => Chosen | undefined,
): Promise<Chosen | undefined> {
  for await (const page of boundPages(pages)) {
    for (const item of requireList(itemsOf(page))) {
      const chosen = choose(item)
      if (chosen !== undefined) return chosen
    }
  }
  return undefined
}

/** AWS includes an empty list explicitly. An answer without a list (an empty body from a proxy, say) proves nothing. */
export function requireList<Item>(list: readonly Item[] | undefined): readonly Item[] {
  if (!list) throw new AnswerWithoutList()
  return list
}

async function* boundPages<Page>(pages: AsyncIterable<Page>): AsyncIterable<Page> {
  let count = 0
  for await (const page of pages) {
    count++
    if (count > EC2_LIMITS.pages.value) throw new EndlessList(count)
    yield page
  }
}

class EndlessList extends Error {
  override readonly name = 'AwsListTooLong'
  constructor(count: number) {
    super(`the list has more than ${count - 1} pages`)
  }
}

class AnswerWithoutList extends Error {
  override readonly name = 'AwsAnswerWithoutList'
  constructor() {
    super('the answer does not hold the list that was asked for')
  }
}
