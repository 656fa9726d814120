#!/usr/bin/env node
/** The `radix` program. */
import type { NOUNS } from '../core/as-typed.ts'
import type { RadixError } from '../errors/radix-error.ts'
import { endWith, type Noun, runCommandLine } from './command-line.ts'
import { printJson } from './shared/output.ts'

/** Documents are checked against them. */
export const COMMANDS: Record<(typeof NOUNS)[number], Noun> = {
  start: { description: 'Run a short benchmark on this machine, end to end', load: () => import('./start.ts') },
  server: { description: 'Serve the control plane', load: () => import('./server.ts') },
  agent: { description: 'Run the agent of a cluster on this machine', load: () => import('./agent.ts') },
  bench: { description: 'Run, compare and clean up benchmarks', load: () => import('./bench/index.ts') },
  evidence: {
    description: 'Verify evidence, and show the key that signs it',
    load: () => import('./evidence/index.ts'),
  },
  reap: { description: 'Remove what outlived its run, found by tags', load: () => import('./reap/index.ts') },
  cluster: { description: 'Create, list, onboard and archive clusters', load: () => import('./cluster/index.ts') },
  relay: { description: 'Connect agents that cannot reach the control plane', load: () => import('./relay/index.ts') },
  job: { description: 'List, show and cancel jobs', load: () => import('./job/index.ts') },
  budget: { description: 'Cap what machines may cost per day and month', load: () => import('./budget/index.ts') },
  'api-key': { description: 'Create, list and revoke telemetry API keys', load: () => import('./api-key/index.ts') },
  member: { description: 'List members, and set their roles', load: () => import('./member/index.ts') },
  audit: { description: 'Show who changed what', load: () => import('./audit/index.ts') },
  webhook: { description: 'Add, test and remove webhooks', load: () => import('./webhook/index.ts') },
  aws: { description: 'Prepare an AWS account, and check it', load: () => import('./aws/index.ts') },
  auth: { description: 'Get a user token', load: () => import('./auth/index.ts') },
  doctor: { description: 'Find what this machine lacks', load: () => import('./doctor/index.ts') },
  completion: {
    description: 'Print the completion for bash, zsh or fish',
    load: () => import('./completion/index.ts'),
  },
}

export function main(argv: readonly string[]): Promise<number> {
  const reportNotStarted = async (error: RadixError) => {
    if (argv[0] !== 'bench' || !argv.includes('--json')) return
    const { documentWithoutRun } = await import('./bench/document-without-run.ts')
    printJson(documentWithoutRun(error, argv[1] === 'run'))
  }
  return runCommandLine(argv, { nouns: COMMANDS, onUsageError: reportNotStarted })
}

if (import.meta.main) await endWith(main(process.argv.slice(2)))
