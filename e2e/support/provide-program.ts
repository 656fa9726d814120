/**
 * Run by Vitest before all test files: compiles the program as for the npm package, which starts in half the time of its
 * sources. It is in the temporary folder of the tests, with what comes with it.
 */
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { PROGRAMS } from '../../src/system/program-files.ts'
import { compilePrograms, copyData, PACKAGE_DATA, writeManifest } from '../../tools/build-package.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    program: string
  }
}

const ROOT = join(import.meta.dirname, '..', '..')
/** PostgreSQL, and which Python the set-up found. */
const OF_CLONE = ['node_modules', '.radix']

export default async function provideProgram(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (!project.vitest.projects.some(({ name }) => name === 'e2e')) return undefined
  const folder = await mkdtemp(join(tmpdir(), 'radix-program-'))
  await chmod(folder, 0o755)
  // Most tests need no dashboard; where it is not built, those that do say so.
  const data = PACKAGE_DATA.filter((path) => existsSync(join(ROOT, path)))
  await Promise.all([compilePrograms(folder), writeManifest(folder), copyData(folder, data)])
  for (const path of OF_CLONE) await symlink(join(ROOT, path), join(folder, path))
  project.onTestsRerun(() => compilePrograms(folder))
  project.provide('program', join(folder, PROGRAMS.radix.compiled))
  return () => rm(folder, { recursive: true })
}
