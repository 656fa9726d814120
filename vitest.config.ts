import { defineConfig } from 'vitest/config'

/** Three projects: what sits beside the code, the set-up (which runs on any Node), and whole-system tests. */
export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          // It imports JSON in a way that Node does not take.
          server: { deps: { inline: [/@actions\/(languageservice|workflow-parser|expressions)/] } },
          include: ['src/**/*.test.ts', 'tools/**/*.test.ts', 'simulation/**/*.test.ts', 'bench/**/*.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['e2e/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
})
