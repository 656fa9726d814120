import { defineConfig } from 'vitest/config'

/** Each of these needs the two cores for itself: it boots machines with a Docker engine, and trains on them. */
const ALONE = ['bootstrap', 'docker-executor', 'ec2-run', 'killers'].map((name) => `e2e/${name}.test.ts`)

/** Of a poll in a test: the machine may have much else to do. Vitest gives it one second. */
const patient = { expect: { poll: { timeout: 10_000 } } }

/** What sits beside the code, then whole-system tests, two files at once, then those that run alone. */
export default defineConfig({
  test: {
    maxWorkers: 2,
    // Once for all projects.
    globalSetup: 'src/control-plane/testing/provide-used-database.ts',
    projects: [
      {
        test: {
          name: 'unit',
          // It imports JSON in a way that Node does not take.
          server: { deps: { inline: [/@actions\/(languageservice|workflow-parser|expressions)/] } },
          include: ['src/**/*.test.ts', 'tools/**/*.test.ts', 'simulation/**/*.test.ts', 'bench/**/*.test.ts'],
          ...patient,
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['e2e/**/*.test.ts'],
          exclude: ALONE,
          ...patient,
          testTimeout: 180_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'e2e-alone',
          include: ALONE,
          ...patient,
          testTimeout: 180_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 2 },
          fileParallelism: false,
        },
      },
    ],
  },
})
