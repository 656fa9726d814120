/**
 * Which of the workflows that come with Radix a narrowed trust lets in. GitHub names a job by its environment where it has
 * one, and by its ref only where it has none. https://docs.github.com/en/actions/reference/security/oidc
 */
import { githubSubjects, type TrustScope } from './policies.ts'

interface ShippedWorkflow {
  file: string
  /** The end of its subject, when it runs on the main branch. */
  subject: string
  /** The option of `radix aws init` that lets it in. */
  option: string
}

const SHIPPED_WORKFLOWS: readonly ShippedWorkflow[] = [
  {
    file: 'gpu-benchmark-ec2.yml',
    subject: 'environment:radix-benchmark',
    option: '--environment radix-benchmark',
  },
  // Without an environment: one that asks for a review would hold up the hourly clean-up.
  { file: 'reap.yml', subject: 'ref:refs/heads/main', option: '--ref refs/heads/main' },
]

export function findLockedOut(scope: TrustScope): ShippedWorkflow[] {
  const subjects = githubSubjects(scope)
  if (subjects.some((subject) => subject.endsWith(':*'))) return []
  return SHIPPED_WORKFLOWS.filter(({ subject }) => !subjects.includes(`repo:${scope.githubRepository}:${subject}`))
}
