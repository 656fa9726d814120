/**
 * Run by Vitest before all test files: compiles the program as for the npm package, which starts in half the time of its
 * sources, and lays it out with links to the files that come with it. It is in the temporary folder of the tests.
 */
import { chmod, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { PROGRAMS } from '../../src/system/program-files.ts'
import { compilePackage, PACKAGE_DATA, writeManifest } from '../../tools/build-package.ts'

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
  await Promise.all([compilePackage(folder), writeManifest(folder), linkFiles(folder)])
  project.onTestsRerun(() => compilePackage(folder))
  project.provide('program', join(folder, PROGRAMS.radix.compiled))
  return () => rm(folder, { recursive: true })
}

async function linkFiles(folder: string): Promise<void> {
  for (const path of [...PACKAGE_DATA, ...OF_CLONE]) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await symlink(join(ROOT, path), join(folder, path))
  }
}
