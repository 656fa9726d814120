/**
 * Bundles the agent's program as one file: the control plane hands it to machines. With a path, `node
 * tools/build-agent.ts PATH` writes it there.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { NODE_REQUIRE } from './build-action.ts'

/** The same input gives the same bytes. */
export async function buildAgent(): Promise<Uint8Array> {
  const { outputFiles } = await build({
    absWorkingDir: join(import.meta.dirname, '..'),
    entryPoints: ['src/cli/agent-program.ts'],
    bundle: true,
    minify: true,
    // Errors and logs name functions and classes.
    keepNames: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    banner: { js: NODE_REQUIRE },
    legalComments: 'none',
    write: false,
    logLevel: 'warning',
  })
  const [bundle] = outputFiles
  if (!bundle) throw new Error('esbuild made no file')
  return bundle.contents
}

if (import.meta.main) {
  const [path] = process.argv.slice(2)
  if (!path) throw new Error('name the file to write')
  writeFileSync(path, await buildAgent())
}
