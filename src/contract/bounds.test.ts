import { expect, it } from 'vitest'
import { z } from 'zod'
import { Resnet50Params } from '../workloads/testing/resnet50-params.ts'
import { boundsOf, describeBounds } from './bounds.ts'

it('reads the bounds of a number from its schema', () => {
  expect(describeBounds(boundsOf(Resnet50Params.shape.batch_size))).toBe('a whole number, 1 to 65536')
  expect(describeBounds(boundsOf(z.number().positive().max(1440).optional()))).toBe('a number above 0, up to 1440')
})

it('has none for other types and unbounded numbers', () => {
  expect(() => boundsOf(z.string())).toThrow(TypeError)
  expect(() => boundsOf(z.number().int().min(1))).toThrow(TypeError)
})
