import { describe, expect, it } from 'vitest'
import { buildColumns, type Features, type JobDescription, toRow } from './design.ts'

const job = (features: Features, colocatedJobTypes: string[] = []): JobDescription => ({ features, colocatedJobTypes })
const namesOf = (asked: JobDescription, jobs: JobDescription[]) => buildColumns(asked, jobs).map(({ name }) => name)
const rowOf = (asked: JobDescription, jobs: JobDescription[], of: JobDescription) => {
  const columns = buildColumns(asked, jobs)
  const row = toRow(columns, of)
  return Object.fromEntries(['intercept', ...columns.map(({ name }) => name)].map((name, i) => [name, row[i]]))
}

describe('the design', () => {
  it('is 1 and zeros for the queried job', () => {
    const asked = job({ images: 25600, recipe: 'tuned', pinned: true, delta: -3 }, ['etl'])
    const others = [job({ images: 100, recipe: 'reference' }), job({ delta: 'text' }, ['etl', 'etl', 'web'])]
    const row = toRow(buildColumns(asked, others), asked)
    expect(row[0]).toBe(1)
    expect(row.slice(1).every((value) => value === 0)).toBe(true)
  })

  it('uses log ratios of numbers, with a quadratic term', () => {
    const row = rowOf(job({ images: 1000 }), [], job({ images: 2000 }))
    expect(row.images).toBeCloseTo(Math.log(2), 5)
    expect(row['images²']).toBeCloseTo(Math.log(2) ** 2, 5)
  })

  it('expects the runtime to grow with the work before any data', () => {
    const slopes = buildColumns(job({ images: 10, batch_size: 10 }), []).map(({ name, priorSlope }) => [
      name,
      priorSlope,
    ])
    expect(Object.fromEntries(slopes)).toMatchObject({ images: 1, batch_size: 0 })
  })

  it('includes only the queried features', () => {
    expect(namesOf(job({}), [job({ recipe: 'tuned', images: 3 })])).toEqual([])
  })

  it('gives jobs without the feature, or with another type of value, their own level', () => {
    const asked = job({ images: 10 })
    for (const other of [job({}), job({ images: 'ten' })]) {
      expect(rowOf(asked, [other], other)).toEqual({ intercept: 1, images: 0, 'images²': 0, 'images:missing': 1 })
    }
  })

  it('has one indicator for each of the frequent levels and one for the rest', () => {
    const asked = job({ recipe: 'a' })
    const jobs = ['b', 'b', 'c', 'c', 'd', 'd', 'e', 'f', 'a'].map((recipe) => job({ recipe }))
    expect(namesOf(asked, jobs)).toEqual(['recipe=b', 'recipe=c', 'recipe=d', 'recipe=other'])
    expect(rowOf(asked, jobs, job({ recipe: 'f' }))).toMatchObject({ 'recipe=b': 0, 'recipe=other': 1 })
    expect(rowOf(asked, jobs, job({ recipe: 'c' }))).toMatchObject({ 'recipe=c': 1, 'recipe=other': 0 })
  })

  it('does not depend on the order of the jobs', () => {
    const asked = job({ recipe: 'a' }, ['web'])
    const jobs = ['b', 'c', 'd', 'e', 'f', 'c'].map((recipe) => job({ recipe }, ['etl', recipe]))
    expect(namesOf(asked, jobs.toReversed())).toEqual(namesOf(asked, jobs))
  })

  it('counts the jobs that share the GPU', () => {
    const asked = job({}, ['web'])
    const other = job({}, ['etl', 'etl'])
    expect(rowOf(asked, [other], other)).toMatchObject({ colocated: 1, 'colocated=etl': 2, 'colocated=web': -1 })
  })
})
