import { expect, it } from 'vitest'
import { findLonePoints } from './lone-points.ts'

it.each([
  [[7], [0]],
  [[1, 2], []],
  [
    [1, null, 3, 4, null, 6],
    [0, 5],
  ],
  [[null, null], []],
  [[], []],
])('of %j those stand alone: %j', (values, alone) => {
  expect(findLonePoints(values)).toEqual(alone)
})
