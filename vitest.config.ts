import { globSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { WAITING_THREADS } from './src/agent/job-environment.ts'
import { LongestFirst } from './tools/longest-first.ts'

/** How long `expect.poll` waits: Vitest's one second is too short on a busy machine. */
const patient = { expect: { poll: { timeout: 10_000 } } }

/** What sits beside the code. */
const UNIT = [
  'src/**/*.test.ts',
  'dashboard/src/**/*.test.ts',
  'tools/**/*.test.ts',
  'simulation/**/*.test.ts',
  'bench/**/*.test.ts',
]
/** They replace modules, and must not share them with other files. */
const MOCKING = globSync(UNIT).filter((path) => readFileSync(path, 'utf8').includes('vi.mock('))

const unit = {
  // It imports JSON in a way that Node does not take.
  server: { deps: { inline: [/@actions\/(languageservice|workflow-parser|expressions)/] } },
  ...patient,
  testTimeout: 30_000,
  hookTimeout: 60_000,
}

/** What sits beside the code, then whole-system tests. */
export default defineConfig({
  test: {
    // They wait, for programs and for each other's answers, a good part of their time.
    maxWorkers: Math.min(8, Math.ceil(availableParallelism() * 1.5)),
    sequence: { sequencer: LongestFirst },
    // Once for all projects.
    globalSetup: [
      'tools/provide-temporary-folder.ts',
      'src/control-plane/testing/provide-used-database.ts',
      'e2e/support/provide-program.ts',
    ],
    projects: [
      // A third of the time would go into loading the same modules for each file.
      { test: { ...unit, name: 'unit', include: UNIT, exclude: MOCKING, isolate: false } },
      { test: { ...unit, name: 'unit-mocking', include: MOCKING } },
      {
        test: {
          name: 'e2e',
          include: ['e2e/**/*.test.ts'],
          env: WAITING_THREADS,
          ...patient,
          testTimeout: 180_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
