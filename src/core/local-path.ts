/** Addresses that stay where they are: for sending a browser to a page that somebody else named. */

const SOMEWHERE = 'http://here.invalid'
const API = /^\/v1(\/|$)/i

/** The path, query and fragment of a page of ours; undefined for anything that a browser could take for another site, or for a route of the API. */
export function toLocalPath(text: string | undefined): string | undefined {
  if (text === undefined || !text.startsWith('/') || !URL.canParse(text, SOMEWHERE)) return undefined
  const { origin, pathname, search, hash } = new URL(text, SOMEWHERE)
  // A browser reads `/\host`, and `//host` with a tab in it, as another host; and `/.//host` becomes one on the way.
  if (origin !== SOMEWHERE || pathname.startsWith('//') || API.test(pathname)) return undefined
  return pathname + search + hash
}
