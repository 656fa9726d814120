/** Seeded randomness for simulations and tests: the same seed gives the same numbers on every machine. */

export interface Random {
  /** In [0, 1). */
  uniform(): number
  normal(): number
  pick<T>(values: readonly [T, ...T[]]): T
}

/** mulberry32 (Tommy Ettinger, public domain); normals by Box and Muller (1958). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return {
    uniform,
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    pick: (values) => values[Math.floor(uniform() * values.length)] ?? values[0],
  }
}
