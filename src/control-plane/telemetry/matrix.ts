/** The linear algebra of the model: symmetric positive definite matrices of a few dozen rows. Pure. */

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

/** The inverse of a symmetric positive definite matrix: (L⁻¹)ᵀ·L⁻¹, both triangles of it at once. */
export function invert(matrix: Matrix): number[][] {
  const rows = invertLower(cholesky(matrix))
  const inverse = matrix.map((row) => row.map(() => 0))
  for (const [k, row] of rows.entries()) {
    for (let i = 0; i <= k; i++) {
      const value = row[i] ?? 0
      const target = inverse[i] ?? []
      for (let j = 0; j <= i; j++) target[j] = (target[j] ?? 0) + value * (row[j] ?? 0)
    }
  }
  return inverse.map((row, i) => row.map((value, j) => (j <= i ? value : (inverse[j]?.[i] ?? 0))))
}

/** L⁻¹, row by row: each row is made of those above it. */
function invertLower(lower: Matrix): number[][] {
  const rows: number[][] = []
  for (const [i, row] of lower.entries()) {
    const current = Array.from({ length: i + 1 }, () => 0)
    for (let k = 0; k < i; k++) {
      const factor = row[k] ?? 0
      const above = rows[k] ?? []
      for (let j = 0; j <= k; j++) current[j] = (current[j] ?? 0) - factor * (above[j] ?? 0)
    }
    const pivot = row[i] ?? 0
    for (let j = 0; j < i; j++) current[j] = (current[j] ?? 0) / pivot
    current[i] = 1 / pivot
    rows.push(current)
  }
  return rows
}
