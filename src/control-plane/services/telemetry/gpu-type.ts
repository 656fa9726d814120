/** One name per GPU type, whatever the driver calls it: "NVIDIA A10G" → "A10G", "Tesla T4" → "T4". */

const NOISE = /\b(nvidia|tesla|geforce|quadro|graphics|gpu)\b/gi

/** Spaces become dashes; capitals, digits and what tells variants apart (PCIe, SXM, memory) stay. */
export function normaliseGpuType(deviceName: string): string {
  return deviceName.replaceAll(NOISE, ' ').trim().replaceAll(/\s+/g, '-')
}
