/** Points without a neighbour, which a line alone would not show. Pure. */
export function findLonePoints(values: readonly (number | null | undefined)[]): number[] {
  return values.flatMap((value, index) =>
    value != null && values[index - 1] == null && values[index + 1] == null ? [index] : [],
  )
}
