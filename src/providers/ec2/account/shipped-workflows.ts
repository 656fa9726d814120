/**
 * Finds which of Radix's shipped workflows a narrowed trust admits. GitHub identifies a job by its environment if it
 * has one, and by its ref only otherwise. https://docs.github.com/en/actions/reference/security/oidc
 */
import { githubSubjects, type TrustScope } from './policies.ts'

interface ShippedWorkflow {
  file: string
  /** The end of its subject, when it runs on the main branch. */
  subject: string
  /** The option of `radix aws init` that admits it. */
  option: string
}

const SHIPPED_WORKFLOWS: readonly ShippedWorkflow[] = [
  {
    file: 'gpu-benchmark-ec2.yml',
    subject: 'environment:radix-benchmark',
    option: '--environment radix-benchmark',
  },
  // No environment: one that requires a review would delay the hourly clean-up.
  { file: 'reap.yml', subject: 'ref:refs/heads/main', option: '--ref refs/heads/main' },
]

export function findLockedOut(scope: TrustScope): ShippedWorkflow[] {
  const subjects = githubSubjects(scope)
  if (subjects.some((subject) => subject.endsWith(':*'))) return []
  return SHIPPED_WORKFLOWS.filter(({ subject }) => !subjects.includes(`repo:${scope.githubRepository}:${subject}`))
}
