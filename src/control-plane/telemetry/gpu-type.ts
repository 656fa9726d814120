/** One name per GPU type, whatever the driver or a client calls it: "NVIDIA A10G" → "A10G", "Tesla T4" → "T4". */

/**
 * Words that name the vendor or the market, and say nothing about speed. Product lines that do ("GeForce", "Quadro")
 * stay.
 */
const VENDOR_WORDS = /^(?:(?:NVIDIA|AMD|TESLA)(?: |$))+/

/**
 * Capitals, single spaces, no trademark signs, no vendor. Words that distinguish variants stay, since variants differ
 * in speed: memory size, form factor, "PCIe", "Laptop GPU". A name that is only a vendor is unchanged.
 */
export function normaliseGpuType(name: string): string {
  const plain = name
    .replaceAll(/\((?:r|tm|c)\)|[®™©]/gi, ' ')
    .trim()
    .replaceAll(/\s+/g, ' ')
    .toUpperCase()
  return plain.replace(VENDOR_WORDS, '') || plain
}
