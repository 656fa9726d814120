/** Does the work at the first call, and gives its answer to each later one. After a failure the next call tries again. */
export function once<T>(work: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined
  return () => {
    answer ??= work().catch((error) => {
      answer = undefined
      throw error
    })
    return answer
  }
}
