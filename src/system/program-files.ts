/**
 * Where the files of this program are. A clone, an installed package and an unpacked executable have the same layout:
 * `workloads/`, `dist/dashboard/` and so on, below the folder of package.json.
 */
import { existsSync, globSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isSea } from 'node:sea'

/** On the npm registry, where `radix` is taken. */
export const PACKAGE_NAME = 'radix-gpu'

/** Each has an entry point in a clone, and is compiled to one file of a package. */
export const PROGRAMS = {
  radix: { source: 'src/cli/main.ts', compiled: 'dist/radix.mjs' },
  benchmarkThread: { source: 'src/cli/benchmark-worker/thread.ts', compiled: 'dist/benchmark-thread.mjs' },
} as const

/** The agent as one file. A package has it, and a clone builds it (tools/build-agent.ts). */
export const AGENT_BUNDLE = 'dist/agent/agent.mjs'

/** The major version that the compiled program needs. A clone needs a newer one (package.json). */
export const OLDEST_NODE_MAJOR = 22

export const PROGRAM_FOLDER = findProgramFolder(import.meta.dirname)

/** The folder of the nearest package.json: a bundle is not where its modules were. */
function findProgramFolder(start: string): string {
  for (let folder = start; folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder
  }
  return start
}

/** The path of a file that comes with the program; `path` is from the root of a clone. */
export function programFile(path: string): string {
  return join(PROGRAM_FOLDER, path)
}

/** The programs of the workloads and their data, without the tests, sorted; the paths are from the root of a clone. */
export function listWorkloadFiles(): string[] {
  return globSync('workloads/**/*.{py,json,md}', { cwd: PROGRAM_FOLDER })
    .filter((path) => !/(^|\/)test_[^/]*$|__pycache__/.test(path))
    .sort()
}

export function isClone(): boolean {
  return existsSync(programFile(PROGRAMS.radix.source))
}

export function programPath(name: keyof typeof PROGRAMS): string {
  const { source, compiled } = PROGRAMS[name]
  return programFile(isClone() ? source : compiled)
}

/** The beginning of the argv that starts this program again. */
export function commandOfProgram(): [command: string, ...args: string[]] {
  // An executable takes no program: it is one.
  return isSea() ? [process.execPath] : [process.execPath, programPath('radix')]
}
