/** The house (docs/ARCHITECTURE.md): imports point down the list of rooms, never up and never across. */

/** From each room, the rooms of `src/` that it may import. */
const MAY_IMPORT = {
  core: [],
  errors: ['core'],
  system: ['errors', 'core'],
  workloads: ['errors', 'core'],
  contract: ['workloads', 'errors', 'core'],
  relay: ['workloads', 'contract', 'system', 'errors', 'core'],
  agent: ['relay', 'workloads', 'contract', 'system', 'errors', 'core'],
  evidence: ['workloads', 'contract', 'system', 'errors', 'core'],
  'control-plane': ['evidence', 'workloads', 'contract', 'system', 'errors', 'core'],
  providers: ['relay', 'workloads', 'contract', 'system', 'errors', 'core'],
  harness: ['providers', 'evidence', 'workloads', 'contract', 'system', 'errors', 'core'],
  // Both put a run together and show it; the Action takes the command line's parts for that.
  action: ['cli', 'harness', 'providers', 'evidence', 'workloads', 'contract', 'system', 'errors', 'core'],
  cli: [
    'harness',
    'providers',
    'evidence',
    'control-plane',
    'agent',
    'relay',
    'workloads',
    'contract',
    'system',
    'errors',
    'core',
  ],
}

const IO_MODULES = '^(fs|net|http|https|child_process|dgram|tls|worker_threads|cluster)(/|$)'

export default {
  forbidden: [
    ...Object.entries(MAY_IMPORT).map(([room, allowed]) => ({
      name: `${room}-imports-down`,
      comment: `src/${room} may import only: ${allowed.join(', ') || 'nothing of src'}`,
      severity: 'error',
      from: { path: `^src/${room}/` },
      to: { path: '^src/', pathNot: `^src/(${[room, ...allowed].join('|')})/` },
    })),
    {
      name: 'dashboard-talks-to-the-contract-only',
      severity: 'error',
      from: { path: '^dashboard/src/' },
      to: { path: '^src/', pathNot: '^src/(workloads|contract|core|errors)/' },
    },
    {
      name: 'the-mock-builds-evidence-as-it-is-built',
      comment: 'It runs in Node, beside Vite: what a browser gets is not changed by it.',
      severity: 'error',
      from: { path: '^dashboard/mock/' },
      to: {
        path: '^(src|dashboard/src)/',
        pathNot: '^src/(evidence|workloads|contract|core|errors)/|^src/harness/step-names',
      },
    },
    {
      name: 'core-and-contract-do-no-io',
      severity: 'error',
      from: { path: '^src/(core|workloads|contract|errors)/', pathNot: '\\.test\\.ts$' },
      to: { path: IO_MODULES, dependencyTypes: ['core'] },
    },
    {
      name: 'no-cycles',
      comment: 'Not by types either: two files in a circle are one file.',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'program-does-not-need-development-tools',
      severity: 'error',
      // The Action is bundled: what it needs travels with it.
      from: { path: '^src/', pathNot: '(\\.test\\.ts|\\.testsuite\\.ts|/testing/|^src/action/)' },
      to: { dependencyTypes: ['npm-dev'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // TypeScript 7 has no API yet that this tool could use.
    parser: 'swc',
    enhancedResolveOptions: {
      extensions: ['.ts', '.mjs', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
    tsPreCompilationDeps: true,
  },
}
