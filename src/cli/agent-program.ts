/** The program that the control plane hands to machines: `radix` with the agent only. */
import { endWith, runCommandLine } from './command-line.ts'

const agent = { description: 'Run the agent of a cluster on this machine', load: () => import('./agent.ts') }

await endWith(runCommandLine(process.argv.slice(2), { nouns: { agent } }))
