import { describe, expect, it } from 'vitest'
import { isRadixError, RadixError } from './radix-error.ts'
import { asRadixError, isErrorCode, renderErrorObject, renderErrorText, renderProblem } from './render.ts'
import { ERRORS, type ErrorCode } from './table.ts'

describe('the error table', () => {
  it.each(Object.entries(ERRORS))('%s says why, has a fix and ends its sentences', (code, definition) => {
    expect(code).toMatch(/^[A-Z][A-Z0-9_]+$/)
    expect(definition.title).not.toMatch(/[.!]$/)
    // Some fixes are known only where the error comes up.
    expect(definition.fix).toMatch(/[.)]$|^\{remedy\}$/)
    expect(definition.httpStatus).toBeGreaterThanOrEqual(400)
    expect(definition.exitCode).not.toBe(0)
  })

  it.each(Object.keys(ERRORS) as ErrorCode[])('%s has no double full stop, whatever it is filled with', (code) => {
    const sentence = 'It ended by itself.'
    const names = `${ERRORS[code].why} ${ERRORS[code].fix}`.matchAll(/\{([a-z_]+)\}/g)
    const params = Object.fromEntries([...names].map(([, name]) => [name, sentence]))
    const { why, fix } = new RadixError(code, params as never)
    expect(`${why}\n${fix}`).not.toMatch(/\.\s?\.(?!\w)/)
  })

  /** What a user named or configured wrongly, whatever noticed it: no number and no machine failed. */
  const MISTAKES = [
    'USAGE',
    'CONFIGURATION_INVALID',
    'REQUEST_INVALID',
    'NOT_FOUND',
    'FILE_NOT_READABLE',
    'FILE_NOT_WRITABLE',
    'RUN_NOT_FOUND',
    'EVIDENCE_NOT_FOUND',
    'EVIDENCE_INVALID',
    'BASELINE_NOT_FOUND',
    'BASELINE_REFUSED',
    'BASELINE_INVALID',
    'COMPARISON_REFUSED',
    'VERIFICATION_KEY_INVALID',
    'SIGNING_KEY_INVALID',
    'NO_CONTROL_PLANE',
    'DATA_DIRECTORY_UNUSABLE',
    'CLUSTER_NOT_USABLE',
    'CLUSTER_WAITS_FOR_AGENT',
  ] as const satisfies ErrorCode[]

  it.each(MISTAKES)('%s is a mistake in the command or the configuration', (code) => {
    expect(ERRORS[code].exitCode).toBe(2)
  })

  /** They say that something was checked and did not pass. */
  it.each([
    'EVIDENCE_CHANGED',
    'EVIDENCE_NOT_SIGNED',
    'EVIDENCE_SIGNED_BY_ANOTHER',
    'EVIDENCE_SIGNATURE_UNREADABLE',
    'BASELINE_CHANGED',
    'BASELINE_NOT_SIGNED',
  ] as const)('%s is a failed verification', (code) => {
    expect(ERRORS[code].exitCode).toBe(1)
  })

  it('has every title of the troubleshooting section', () => {
    const titles = Object.values(ERRORS).map(({ title }) => title)
    expect(titles).toContain('Cluster did not become active within timeout')
    expect(titles).toContain('Job did not complete within TTL')
    expect(titles).toContain('Instance termination failed')
  })
})

describe('RadixError', () => {
  const cause = new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED 127.0.0.1:1') })
  const error = new RadixError('API_UNREACHABLE', { api_base: 'http://127.0.0.1:1', reason: 'refused' }, { cause })

  it('fills its templates', () => {
    expect(error.why).toBe('No answer from http://127.0.0.1:1: refused.')
    expect(error.fix).toContain('curl http://127.0.0.1:1/healthz')
  })

  it('renders code, why, fix and the chain of causes', () => {
    expect(renderErrorText(error).split('\n')).toEqual([
      'error API_UNREACHABLE: The control plane cannot be reached',
      '  No answer from http://127.0.0.1:1: refused.',
      `  fix: ${error.fix}`,
      '  caused by: TypeError: fetch failed',
      '  caused by: Error: connect ECONNREFUSED 127.0.0.1:1',
    ])
  })

  it('becomes a problem document with its details', () => {
    const limited = new RadixError('RATE_LIMITED', { retry_after_seconds: 3 }, { details: { errors: [] } })
    expect(renderProblem(limited, '/v1/score')).toEqual({
      type: 'https://github.com/iangreen74/radix/blob/main/docs/errors.md#rate_limited',
      title: 'Too many requests',
      status: 429,
      detail: 'The rate limit of this route was reached. Try again in 3 s.',
      instance: '/v1/score',
      code: 'RATE_LIMITED',
      fix: limited.fix,
      errors: [],
    })
    expect(renderProblem(error)).not.toHaveProperty('instance')
  })

  it('keeps the words that another process chose', () => {
    const remote = new RadixError('NOT_FOUND', {} as never, { words: { why: 'there', fix: 'that' } })
    expect(renderErrorObject(remote)).toEqual({ code: 'NOT_FOUND', title: 'Not found', why: 'there', fix: 'that' })
  })

  it('is identified by its code', () => {
    expect(isRadixError(error)).toBe(true)
    expect(isRadixError(error, 'API_UNREACHABLE')).toBe(true)
    expect(isRadixError(error, 'NOT_FOUND')).toBe(false)
    expect(isRadixError(new Error('x'))).toBe(false)
  })

  it('shows a bug as such, with its message once', () => {
    const bug = asRadixError(new TypeError('x is undefined'))
    expect(bug.code).toBe('INTERNAL')
    expect(renderErrorText(bug).match(/x is undefined/g)).toHaveLength(1)
    expect(asRadixError('text').why).toContain('text')
  })

  it('is shown without control sequences, and no line of it can fake another error', () => {
    const error = new RadixError('API_UNREACHABLE', {} as never, {
      words: { why: '\x1b]52;c;eA==\x07a\nerror NOT_FOUND: b', fix: 'c\x9b2J' },
      cause: new Error('d\rerror INTERNAL: e'),
    })
    const shown = renderErrorText(error)
    expect(shown.match(/^error /gm)).toHaveLength(1)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(shown).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/)
  })

  it('knows its codes', () => {
    expect(isErrorCode('NOT_FOUND')).toBe(true)
    expect(isErrorCode('toString')).toBe(false)
    expect(isErrorCode(7)).toBe(false)
  })
})
