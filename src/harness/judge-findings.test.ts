import { describe, expect, it } from 'vitest'
import type { ErrorCode } from '../errors/table.ts'
import { errorOfFindings } from './judge-findings.ts'

const finding = (code: ErrorCode, severity: 'error' | 'warning' = 'error') => ({
  code,
  severity,
  message: `words of ${code}`,
  fix: `fix of ${code}`,
})

describe('errorOfFindings', () => {
  it('ignores warnings', () => {
    expect(errorOfFindings([])).toBeUndefined()
    expect(errorOfFindings([finding('AGENT_IMAGE_UNUSABLE', 'warning')])).toBeUndefined()
  })

  it.each([
    ['AUTH_NOT_CONFIGURED', 4, 'AUTH_NOT_CONFIGURED', ''],
    ['AWS_CREDENTIALS_INVALID', 4, 'AWS_CREDENTIALS_INVALID', ''],
    ['AWS_ACCESS_DENIED', 2, 'PREFLIGHT_FAILED', 'AWS_ACCESS_DENIED: '],
    ['COST_LIMIT', 2, 'PREFLIGHT_FAILED', 'COST_LIMIT: '],
  ] as const)('shows a single %s with its own fix, and exit code %i', (found, exitCode, code, prefix) => {
    const error = errorOfFindings([finding(found), finding('AGENT_IMAGE_UNUSABLE', 'warning')])
    expect(error).toMatchObject({ code, exitCode, why: `${prefix}words of ${found}`, fix: `fix of ${found}` })
  })

  it('has the exit code of missing credentials beside other findings, and shows them all', () => {
    const error = errorOfFindings([finding('FILE_NOT_WRITABLE'), finding('AUTH_NOT_CONFIGURED')])
    expect(error).toMatchObject({ code: 'AUTH_NOT_CONFIGURED', exitCode: 4, fix: 'fix of AUTH_NOT_CONFIGURED' })
    expect(error?.why).toContain('\nFILE_NOT_WRITABLE: words of FILE_NOT_WRITABLE\n  fix: fix of FILE_NOT_WRITABLE')
  })

  it('lists each of several findings once, with its fix on its own line', () => {
    const error = errorOfFindings([finding('FILE_NOT_WRITABLE'), finding('COST_LIMIT')])
    expect(error).toMatchObject({ code: 'PREFLIGHT_FAILED', exitCode: 2 })
    expect(error?.why.split('\n').slice(1)).toEqual([
      'FILE_NOT_WRITABLE: words of FILE_NOT_WRITABLE',
      '  fix: fix of FILE_NOT_WRITABLE',
      'COST_LIMIT: words of COST_LIMIT',
      '  fix: fix of COST_LIMIT',
    ])
    for (const words of ['words of COST_LIMIT', 'fix of COST_LIMIT'])
      expect(`${error?.why} ${error?.fix}`.split(words)).toHaveLength(2)
  })
})
