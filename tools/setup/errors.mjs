// @ts-check
/** What the set-up throws. src/errors/table.ts has the program's own errors, which cannot be read before it can run. */

/**
 * @typedef {object} Explanation
 * @property {string} title
 * @property {string} why
 * @property {string[]} fix commands, the likeliest first
 */

/** What a user can act on. Anything else that leaves the set-up is a bug. */
export class SetupError extends Error {
  /**
   * @param {string} code permanent
   * @param {Explanation} explanation
   */
  constructor(code, { title, why, fix }) {
    super(`${code}: ${why}`)
    this.code = code
    const reasons = why.split('\n').map((line) => `  ${line}`)
    const fixes = fix.map((line, index) => (index === 0 ? `  fix: ${line}` : `   or: ${line}`))
    this.text = [`error ${code}: ${title}`, ...reasons, ...fixes].join('\n')
  }
}

/** A program failed, or cannot be used here. The message is the reason. */
export class Failure extends Error {}

/**
 * Turns a failure into the error that a user sees.
 * @template T
 * @param {Promise<T>} attempt
 * @param {string} code
 * @param {(reason: string) => Explanation} explain
 */
export async function orExplain(attempt, code, explain) {
  try {
    return await attempt
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    throw new SetupError(code, explain(error.message))
  }
}

/**
 * Tries one way after the other, by name, and answers what the first that works answers.
 * @template T
 * @param {Record<string, () => Promise<T>>} ways
 * @param {(line: string) => void} say
 */
export async function firstThatWorks(ways, say) {
  const tried = []
  for (const [name, attempt] of Object.entries(ways)) {
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      tried.push(`${name}: ${error.message}`)
      say(`  not possible with ${name}: ${error.message}`)
    }
  }
  throw new Failure(tried.join('\n'))
}
