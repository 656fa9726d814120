/**
 * The hourly price of a GPU type. A missing price is unknown, and nothing is calculated from it. The port is a
 * function, so a provider's live prices can replace this table.
 */

/** US dollars per hour of the cheapest machine with one such GPU, or undefined where no price is known. */
export type PriceOf = (gpuType: string) => number | undefined

/**
 * On-demand, us-west-2, as of 2024, from the table "Instance Pricing" of the specification of the CI GPU benchmark
 * harness: T4 as g4dn.xlarge, A10G as g5.xlarge.
 */
const EXAMPLE_PRICES_USD = new Map([
  ['T4', 0.526],
  ['A10G', 1.006],
])

export const priceOf: PriceOf = (gpuType) => EXAMPLE_PRICES_USD.get(gpuType)
