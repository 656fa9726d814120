import { describe, expect, it } from 'vitest'
import { cutText } from './cut-text.ts'
import { SYSTEM_LIMITS } from './limits/system.ts'
import { REDACTED, redact, TOKEN_PREFIXES } from './redact.ts'
import { growthOf } from './testing/growth.ts'

/** An unused key. */
const PEM = [
  '-----BEGIN PRIVATE KEY-----',
  `MC4CAQAwBQYDK2VwBCIEI${'Q2c/'.repeat(10)}abc`,
  '-----END PRIVATE KEY-----',
].join('\n')
const BODY = 'Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYm-_'

describe('redact', () => {
  it.each(Object.values(TOKEN_PREFIXES))('removes a token that begins with %s', (prefix) => {
    expect(redact(`token=${prefix}${BODY}, next`)).toBe(`token=${REDACTED}, next`)
  })

  it.each([
    ['a JWT', 'Bearer eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl', `Bearer ${REDACTED}`],
    ['no permission that is named', 'permissions: `id-token: write`, or', 'permissions: `id-token: write`, or'],
    ['an AWS key id', 'id AKIAIOSFODNN7EXAMPLE end', `id ${REDACTED} end`],
    ['an AWS secret', 'AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG', `AWS_SECRET_ACCESS_KEY=${REDACTED}`],
    ['a password of several words', '{"password": "correct horse"}', `{"password": "${REDACTED}"}`],
    ['a password with a quote', '{"password": "correct\\"horse"}', `{"password": "${REDACTED}"}`],
    ['a member of JSON inside of JSON', '{\\"secret\\": \\"hunter22\\"}', `{\\"secret\\": \\"${REDACTED}\\"}`],
    ['the secret key of instance metadata', '"SecretAccessKey" : "wJalr/K7M"', `"SecretAccessKey" : "${REDACTED}"`],
    ['the token of instance metadata', '"Token" : "IQoJb3JpZ2lu"', `"Token" : "${REDACTED}"`],
    ['a session token', 'SessionToken=FwoGZXIvYXdz', `SessionToken=${REDACTED}`],
    ['a signed URL', 's3/?X-Amz-Security-Token=FwoGZX&a=b', `s3/?X-Amz-Security-Token=${REDACTED}`],
    ['a header', '> Authorization: Bearer abcdef', `> Authorization: Bearer ${REDACTED}`],
    ['a header as a member', '"authorization":"Basic dXNlcjpwYXNz"', `"authorization":"Basic ${REDACTED}"`],
    ['a header without a scheme', 'authorization: 0123456789abcdef', `authorization: ${REDACTED}`],
    ['a bearer token in a sentence', 'sent bearer 0123456789abcdef', `sent bearer ${REDACTED}`],
    ['cookies', 'set-cookie: session=abcdef; HttpOnly', `set-cookie: ${REDACTED}`],
    ['a variable with a token', 'HF_TOKEN=abcdef python train.py', `HF_TOKEN=${REDACTED} python train.py`],
    ['an API key', 'wandb_api_key: 0123456789abcdef', `wandb_api_key: ${REDACTED}`],
    ['a token of GitHub', `git clone https://ghp_${'a1'.repeat(18)}@host/x`, `git clone https://${REDACTED}@host/x`],
    ['a fine-grained token of GitHub', `github_pat_${'a1'.repeat(20)}`, REDACTED],
    ['a token of Hugging Face', `login hf_${'a1'.repeat(17)}`, `login ${REDACTED}`],
    ['a token of OpenAI', `key sk-proj-${'a1'.repeat(17)}.`, `key ${REDACTED}.`],
    ['a token of Slack', 'xoxb-1234567890-abc', REDACTED],
    [
      'a hook of Slack',
      'https://hooks.slack.com/services/T0/B0/abcdef',
      `https://hooks.slack.com/services/${REDACTED}`,
    ],
    ['a token as the user of a URL', 'https://0123456789abcdef@host/x', `https://${REDACTED}@host/x`],
    ['a password with an @ in a URL', 'https://a:p@ss@host/x', `https://a:${REDACTED}@host/x`],
    ['a JWT behind other letters', 'm%20eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln', `m%20${REDACTED}`],
    ['a private key', `key: ${PEM} end`, `key: ${REDACTED} end`],
    ['a private key on one line', `"${PEM.replaceAll('\n', '\\n')}"`, `"${REDACTED}"`],
    ['a private key that is cut off', PEM.slice(0, 60), REDACTED],
    ['the line of a private key that holds the secret', ` ${PEM.split('\n')[1]} `, ` ${REDACTED} `],
    ['the password in a URL', 'postgres://radix:hunter22@db/radix', `postgres://radix:${REDACTED}@db/radix`],
  ])('removes %s', (_, text, expected) => {
    expect(redact(text)).toBe(expected)
  })

  it.each([
    'run_01jdqk4e8f3q8k2c9v5w7x6y1z step 12/200 343.2 images/s at http://127.0.0.1:8080/v1',
    'The token: refused by the issuer',
    'a user token (Authorization: Bearer)',
    'RADIX_TOKEN=$(radix auth token) or RADIX_TOKEN=<token>',
    'DATABASE_URL=postgres://user:password@host:5432/database',
    'git clone ssh://git@github.com/a/b, disk-usage-of-the-whole-machine',
    'max_tokens: 100000, eyJ.eyJ.a.b',
  ])('keeps ordinary text, ids and placeholders: %s', (text) => {
    expect(redact(text)).toBe(text)
  })

  it('does not change redacted text', () => {
    const text = redact('password=hunter22 https://a:hunter22@host "Token": "hunter22"')
    expect(redact(text)).toBe(text)
  })

  it('cuts a text that is too long to search, and says so', () => {
    const { value } = SYSTEM_LIMITS.redactedText
    const cut = redact('x'.repeat(value + 5))
    expect(cut.slice(value)).toBe('… (5 more characters)')
  })

  it('never cuts a character in half', () => {
    expect(cutText('ab😀', 3)).toBe('ab… (2 more characters)')
  })
})

describe('the run time of redact', () => {
  const marks = [
    'eyJ',
    'eyJ.',
    'eyJaaaaaaaa.',
    '://',
    'a://b:',
    '@',
    'secret',
    'secret=',
    'token: ',
    'password":"',
    'authorization:',
  ]
  const fillers = [' ', '\n', '"', '\\', '=', ':', 'x', '-', '.', 'A ', '-----BEGIN ', '-----BEGIN PRIVATE KEY-----']
  const units = [...marks, ...fillers, ...marks.flatMap((mark) => fillers.map((filler) => mark + filler))]

  it.each(units)('grows no faster than the text: %j again and again', (unit) => {
    expect(growthOf(redact, unit)).toBeLessThan(8)
  })

  it.each(marks)('grows no faster than what follows %j', (mark) => {
    for (const filler of fillers) expect(growthOf((text) => redact(mark + text), filler)).toBeLessThan(8)
  })
})

it("keeps GitHub's token permission readable, and no token with the same prefix", () => {
  const fix = 'in a GitHub job, the permission `id-token: write` (docs/AUTH_CI_LOGIN.md)'
  expect(redact(fix)).toBe(fix)
  expect(redact('id-token: write-4f9c2b7a')).not.toContain('4f9c2b7a')
})
