import { defineConfig } from 'vitest/config'
import { LongestFirst } from './tools/longest-first.ts'

/** How long `expect.poll` waits: Vitest's one second is too short on a busy machine. */
const patient = { expect: { poll: { timeout: 10_000 } } }

/** What sits beside the code, then whole-system tests; two files at once. */
export default defineConfig({
  test: {
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    // Once for all projects.
    globalSetup: ['tools/provide-temporary-folder.ts', 'src/control-plane/testing/provide-used-database.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          // It imports JSON in a way that Node does not take.
          server: { deps: { inline: [/@actions\/(languageservice|workflow-parser|expressions)/] } },
          include: [
            'src/**/*.test.ts',
            'dashboard/src/**/*.test.ts',
            'tools/**/*.test.ts',
            'simulation/**/*.test.ts',
            'bench/**/*.test.ts',
          ],
          ...patient,
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['e2e/**/*.test.ts'],
          ...patient,
          testTimeout: 180_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
