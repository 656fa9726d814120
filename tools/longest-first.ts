/** The order of test files: the longest first, so that no core waits for one of them at the end. A clean clone has no record of it. */
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const LONGEST = [
  'providers/ssh/ssh-provider',
  'control-plane/store/embedded-postgres',
  'control-plane/auth/auth-matrix',
  'cli/shared/connection',
  'harness/crash',
  'control-plane/store/migrate',
  'e2e/bare-machine',
  'e2e/bench.',
  'e2e/crash-safety',
  'e2e/dashboard-states',
  'e2e/ec2-run',
  'e2e/relay-run',
  'e2e/killers',
  'e2e/package',
  'e2e/dashboard.',
  'e2e/install-agent',
  'e2e/termination',
  'e2e/bad-input',
  'e2e/aws-init',
  'e2e/ec2-regions-run',
  'e2e/action.',
  'e2e/troubleshooting',
  'e2e/bootstrap',
  'e2e/compare',
  'e2e/second-repository',
  'e2e/relay.',
  'e2e/ssh-run',
  'e2e/agent.',
  'e2e/oidc-sign-in',
  'e2e/benchmark-button',
]

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = LONGEST.findIndex((name) => moduleId.includes(`/${name}`))
      return at < 0 ? LONGEST.length : at
    }
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b))
  }
}
