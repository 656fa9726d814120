import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { githubSubjects, githubTrustPolicy } from './policies.ts'
import { findLockedOut } from './shipped-workflows.ts'

const WORKFLOWS = join(import.meta.dirname, '../../../../.github/workflows')
const REPOSITORY = 'iangreen74/radix'
const BENCHMARK = `repo:${REPOSITORY}:environment:radix-benchmark`
const REAP = `repo:${REPOSITORY}:ref:refs/heads/main`
const read = (name: string) => parse(readFileSync(join(WORKFLOWS, name), 'utf8'))

describe('the trust of the role', () => {
  it.each([
    ['not narrowed', {}, true, true],
    ['for a ref', { refs: ['refs/heads/main'] }, false, true],
    ['for an environment', { environments: ['radix-benchmark'] }, true, false],
    ['for both', { refs: ['refs/heads/main'], environments: ['radix-benchmark'] }, true, true],
    ['for others', { refs: ['refs/heads/next'], environments: ['staging'] }, false, false],
  ])('%s admits the right workflows, and init names those that it excludes', (_, narrowing, benchmark, reap) => {
    const scope = { githubRepository: REPOSITORY, ...narrowing }
    const trust = githubTrustPolicy({ partition: 'aws', accountId: '123456789012' }, githubSubjects(scope))
    const subjects = [trust.Statement[0]?.Condition?.StringLike?.['token.actions.githubusercontent.com:sub'] ?? []]
    const letsIn = (subject: string) =>
      subjects.flat().some((pattern) => pattern === subject || pattern === `repo:${REPOSITORY}:*`)
    expect([letsIn(BENCHMARK), letsIn(REAP)]).toEqual([benchmark, reap])
    const expected = [...(benchmark ? [] : ['gpu-benchmark-ec2.yml']), ...(reap ? [] : ['reap.yml'])]
    expect(findLockedOut(scope).map(({ file }) => file)).toEqual(expected)
  })
})

it('has the subjects of the workflows', () => {
  const benchmark = read('gpu-benchmark-ec2.yml')
  expect(benchmark.on.workflow_call.inputs.environment.default).toBe('radix-benchmark')
  const jobs = Object.values<{ environment?: string }>(benchmark.jobs).map(({ environment }) => environment)
  // biome-ignore lint/suspicious/noTemplateCurlyInString: an expression of GitHub
  expect(jobs).toContain('${{ inputs.environment }}')
  expect(Object.values<object>(read('reap.yml').jobs).every((job) => !('environment' in job))).toBe(true)
})
