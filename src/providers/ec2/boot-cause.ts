/**
 * The most likely cause of a failed boot, from the bootstrap's console output: its last phase, and the message of the
 * program that failed. Pure.
 */
import type { BootCause } from '../provider.ts'
import type { BootPhase } from './diagnostics.ts'

/** How programs report that nothing answered: the AWS CLI and boto3, Docker, apt, curl, Node. */
const NO_NETWORK =
  /tim(ed? ?out|eout)|unreachable|refused|no route to host|could not connect|failed to connect|could not resolve|name resolution|no such host|dial tcp|cannot be reached|ECONN|ENET|EHOST|EAI_AGAIN|getaddrinfo/i

const OPEN_THE_WAY =
  '`radix aws doctor` checks the route of the subnet and port 443 of the security group; a subnet with an internet gateway must give public addresses.'
const TAKE_A_DLAMI =
  'Leave `--ami-id` (BENCH_AMI_ID) out to get the newest Deep Learning AMI, which has driver, AWS CLI, Docker and PyTorch.'

/** In order of precedence. `phase` is the last phase on the console. */
const CAUSES: readonly { phase: string; detail?: RegExp; cause: string; remedy: string }[] = [
  {
    phase: 'failed',
    detail: /^installing.*\bdocker\.io\b|docker: (command )?not found|Docker daemon|^docker run/,
    cause: 'The AMI has no working Docker, and the machine could not install it',
    remedy: TAKE_A_DLAMI,
  },
  {
    phase: 'failed',
    detail: /^installing/,
    cause: 'The AMI lacks programs that the machine needs, and it could not install them',
    remedy: TAKE_A_DLAMI,
  },
  {
    phase: 'failed',
    detail: NO_NETWORK,
    cause: 'The machine cannot reach the internet (subnet route, or a security group without 443)',
    remedy: OPEN_THE_WAY,
  },
  {
    phase: 'failed',
    detail: /^no secret from/,
    cause: 'The machine may not read its secrets from SSM',
    remedy:
      'Give the instance profile the permissions of docs/IAM_POLICIES.md (`ssm:GetParameter` below /radix/runs), or let `radix aws init` create it.',
  },
  {
    phase: 'failed',
    detail: /image cannot be pulled/,
    cause: 'The agent image cannot be pulled',
    remedy: 'Check `--agent-image` with `docker pull`: the machine is not signed in to a registry.',
  },
  {
    phase: 'failed',
    detail: /agent cannot be installed/,
    cause: 'The agent of the control plane cannot be installed',
    remedy:
      'The end of the message says why. If the control plane was upgraded meanwhile, run again. Or name an image with `--agent-image`.',
  },
  { phase: 'failed', detail: /no PyTorch/, cause: 'The AMI has no PyTorch', remedy: TAKE_A_DLAMI },
  { phase: 'failed', cause: 'The machine gave up during its boot', remedy: TAKE_A_DLAMI },
  {
    phase: 'ended',
    cause: 'The agent exited by itself',
    remedy: 'Its last messages are in the log. If its onboarding token was used or revoked, run again.',
  },
  {
    phase: 'installing',
    cause:
      'The AMI lacks these programs, and their installation takes too long: the machine may not reach the internet',
    remedy: `${TAKE_A_DLAMI} ${OPEN_THE_WAY}`,
  },
  {
    phase: 'agent-started',
    cause: 'The agent runs but does not reach the control plane (security group without 443, or a wrong address)',
    remedy: `Check \`--api-base\`. ${OPEN_THE_WAY}`,
  },
]

const STUCK = {
  cause: 'The machine waits for SSM, the control plane or an image registry: it may not reach the internet',
  remedy: OPEN_THE_WAY,
}
const SILENT = {
  cause: 'The machine wrote nothing to its console: its user data did not run, or the console is not available yet',
  remedy: `${TAKE_A_DLAMI} Other images need cloud-init and bash.`,
}

/** The message if the console could not be read. It never claims that the machine was silent. */
export function unreadableConsole(reason: string): BootCause {
  return {
    cause: `The progress of its boot is not known: its console could not be read (${reason})`,
    remedy: 'Let the role read it (`ec2:GetConsoleOutput`), or open it in the AWS console.',
    isCertain: false,
  }
}

export function findBootCause(phases: readonly BootPhase[]): BootCause {
  const last = phases.at(-1)
  if (!last) return { ...SILENT, isCertain: false }
  const { phase, detail = '' } = last
  const found = CAUSES.find((each) => each.phase === phase && (each.detail?.test(detail) ?? true)) ?? STUCK
  const words = [phase, detail].filter(Boolean).join(': ')
  const isCertain = phase === 'failed' || phase === 'ended'
  return { cause: `${found.cause} (its last phase: ${words})`, remedy: found.remedy, isCertain }
}
