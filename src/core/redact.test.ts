import { describe, expect, it } from 'vitest'
import { REDACTED, redact, TOKEN_PREFIXES } from './redact.ts'

/** Of no key that anybody uses. */
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
    ['an AWS key id', 'id AKIAIOSFODNN7EXAMPLE end', `id ${REDACTED} end`],
    ['an AWS secret', 'AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG', `AWS_SECRET_ACCESS_KEY=${REDACTED}`],
    ['a password member', '{"password": "correct horse"}', `{"password": "${REDACTED} horse"}`],
    ['a private key', `key: ${PEM} end`, `key: ${REDACTED} end`],
    ['a private key on one line', `"${PEM.replaceAll('\n', '\\n')}"`, `"${REDACTED}"`],
    ['a private key that is cut off', PEM.slice(0, 60), REDACTED],
    ['the line of a private key that holds the secret', ` ${PEM.split('\n')[1]} `, ` ${REDACTED} `],
    ['the password in a URL', 'postgres://radix:hunter22@db/radix', `postgres://radix:${REDACTED}@db/radix`],
  ])('removes %s', (_, text, expected) => {
    expect(redact(text)).toBe(expected)
  })

  it('leaves ordinary text and ids alone', () => {
    const text = 'run_01jdqk4e8f3q8k2c9v5w7x6y1z step 12/200 343.2 images/s at http://127.0.0.1:8080/v1'
    expect(redact(text)).toBe(text)
  })
})
