/** PyTorch gives the UUID of a GPU without the prefix that the driver puts before it. */
export function isSameGpu(a: string, b: string): boolean {
  const bare = (uuid: string) => uuid.replace(/^GPU-/i, '').toLowerCase()
  return bare(a) === bare(b)
}
