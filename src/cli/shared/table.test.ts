import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { layOutTable, shortenName, shortenTime } from './table.ts'

const COLUMNS = [
  'JOB',
  { heading: 'KIND', leaveOut: 2 },
  { heading: 'CREATED', shorten: shortenTime, leaveOut: 1 },
  'ERROR',
]
const ROWS = [
  ['job_01k8zz00000000000000000000', 'resnet50_benchmark', '2026-11-27T12:00:00.000Z', 'WORKLOAD_OUT_OF_MEMORY'],
  ['job_01k8zz00000000000000000001', 'resnet50_benchmark', '2026-11-27T12:10:00.000Z', null],
]

const linesOf = (width: number) => layOutTable(COLUMNS, ROWS, width).split('\n')
const widest = (lines: readonly string[]) => Math.max(...lines.map(({ length }) => length))

describe('a table', () => {
  it('has its natural width in a pipe', () => {
    expect(linesOf(Number.POSITIVE_INFINITY)).toEqual([
      'JOB                             KIND                CREATED                   ERROR',
      'job_01k8zz00000000000000000000  resnet50_benchmark  2026-11-27T12:00:00.000Z  WORKLOAD_OUT_OF_MEMORY',
      'job_01k8zz00000000000000000001  resnet50_benchmark  2026-11-27T12:10:00.000Z  -',
    ])
  })

  it('shortens times first, then omits the least important columns and says so', () => {
    expect(linesOf(90)[0]).toBe('JOB                             KIND                CREATED      ERROR')
    expect(linesOf(90)[1]).toContain('11-27 12:00')
    expect(linesOf(70)).toEqual([
      'JOB                             CREATED      ERROR',
      'job_01k8zz00000000000000000000  11-27 12:00  WORKLOAD_OUT_OF_MEMORY',
      'job_01k8zz00000000000000000001  11-27 12:10  -',
      'Columns left out for lack of space: KIND',
    ])
  })

  it('becomes a block of lines for each row on the narrowest terminals', () => {
    expect(linesOf(40)).toEqual([
      'job_01k8zz00000000000000000000',
      '  KIND     resnet50_benchmark',
      '  CREATED  2026-11-27T12:00:00.000Z',
      '  ERROR    WORKLOAD_OUT_OF_MEMORY',
      'job_01k8zz00000000000000000001',
      '  KIND     resnet50_benchmark',
      '  CREATED  2026-11-27T12:10:00.000Z',
      '  ERROR    -',
    ])
  })

  it('cuts a name that is long, and keeps a time on one line', () => {
    const columns = ['ID', { heading: 'NAME', shorten: shortenName }, { heading: 'AT', shorten: shortenTime }]
    const text = layOutTable(columns, [['cl_1', 'x'.repeat(90), '2026-11-27T12:00:00.000Z']], 60)
    expect(text.split('\n')[1]).toBe(`cl_1  ${'x'.repeat(23)}…  11-27 12:00`)
  })

  it('wraps cells of several words', () => {
    const text = layOutTable(['STEP', 'MESSAGE'], [['launch-machine', 'there is no room for it in any zone']], 40)
    expect(text.split('\n')).toEqual([
      'STEP            MESSAGE',
      'launch-machine  there is no room for it',
      '                in any zone',
    ])
  })

  it('keeps outside text on the line of its cell', () => {
    expect(layOutTable(['A', 'B'], [['x\n\x1b[31my', 'z']], 80)).toBe('A    B\nx y  z')
  })

  it('breaks no word at any width, and is no wider than its longest word needs', () => {
    const word = fc.stringMatching(/^[a-z]{1,12}$/)
    const cell = fc.array(word, { minLength: 1, maxLength: 6 }).map((words) => words.join(' '))
    fc.assert(
      fc.property(
        fc.array(fc.tuple(cell, cell, cell), { minLength: 1 }),
        fc.integer({ min: 30, max: 90 }),
        (rows, width) => {
          const text = layOutTable(['ONE', { heading: 'TWO', leaveOut: 1 }, 'THREE'], rows, width)
          const words = new Set([...rows.flat().flatMap((each) => each.split(' ')), 'ONE', 'TWO', 'THREE'])
          const printed = text.replace(/\nColumns left out.*$/s, '').split(/\s+/)
          for (const each of printed) expect(each === '' || words.has(each), each).toBe(true)
          expect(widest(text.split('\n'))).toBeLessThanOrEqual(width)
        },
      ),
    )
  })
})
