/**
 * What an hour of a GPU type costs. A price that is not here is not known, and nothing is calculated from it.
 * The port is a function, so that a provider's live prices can take the place of this table.
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
