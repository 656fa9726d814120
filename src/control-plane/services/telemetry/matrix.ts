/** The little linear algebra that the model needs: symmetric positive definite matrices of a few dozen rows. Pure. */

export type Vector = readonly number[]
export type Matrix = readonly Vector[]

export function diagonal(values: Vector): number[][] {
  return values.map((value, row) => values.map((_, column) => (row === column ? value : 0)))
}

export function dot(left: Vector, right: Vector): number {
  return left.reduce((sum, value, index) => sum + value * (right[index] ?? 0), 0)
}

export function multiply(matrix: Matrix, vector: Vector): number[] {
  return matrix.map((row) => dot(row, vector))
}

export function add(left: Matrix, right: Matrix): number[][] {
  return left.map((row, i) => row.map((value, j) => value + (right[i]?.[j] ?? 0)))
}

/** The lower triangle L with L·Lᵀ = matrix. Throws where the matrix is not positive definite. */
export function cholesky(matrix: Matrix): number[][] {
  const lower: number[][] = []
  for (const [i, row] of matrix.entries()) {
    const current: number[] = []
    for (let j = 0; j <= i; j++) {
      const other = j === i ? current : (lower[j] ?? [])
      let sum = row[j] ?? 0
      for (let k = 0; k < j; k++) sum -= (current[k] ?? 0) * (other[k] ?? 0)
      if (j < i) current.push(sum / (other[j] ?? 0))
      else if (sum > 0) current.push(Math.sqrt(sum))
      else throw new RangeError('the matrix is not positive definite')
    }
    lower.push(current)
  }
  return lower
}

/** The x with L·Lᵀ·x = `right`. */
export function solveCholesky(lower: Matrix, right: Vector): number[] {
  const forward: number[] = []
  for (const [i, row] of lower.entries()) {
    let sum = right[i] ?? 0
    for (let k = 0; k < i; k++) sum -= (row[k] ?? 0) * (forward[k] ?? 0)
    forward.push(sum / (row[i] ?? 0))
  }
  const solution = forward.slice()
  for (let i = lower.length - 1; i >= 0; i--) {
    let sum = forward[i] ?? 0
    for (let k = i + 1; k < lower.length; k++) sum -= (lower[k]?.[i] ?? 0) * (solution[k] ?? 0)
    solution[i] = sum / (lower[i]?.[i] ?? 0)
  }
  return solution
}

/** The inverse of a symmetric positive definite matrix. */
export function invert(matrix: Matrix): number[][] {
  const lower = cholesky(matrix)
  return matrix.map((_, column) =>
    solveCholesky(
      lower,
      matrix.map((__, row) => (row === column ? 1 : 0)),
    ),
  )
}
