/** So that a path can be appended. Linear in the number of slashes, which a regular expression would not be. */
export function withoutTrailingSlashes(address: string): string {
  let end = address.length
  while (address[end - 1] === '/') end--
  return address.slice(0, end)
}
