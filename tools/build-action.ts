/** Bundles the Action into dist/action/, as GitHub runs it: nothing is installed there. */
import { join } from 'node:path'
import { build } from 'esbuild'

export const ACTION_FOLDER = 'dist/action'
const ROOT = join(import.meta.dirname, '..')
/** CommonJS dependencies ask for Node's modules by `require`. A module of the bundle may import `createRequire`, too. */
export const NODE_REQUIRE =
  "import { createRequire as nodeRequire } from 'node:module'; const require = nodeRequire(import.meta.url);"

/** The files of the bundle, by their path from the root. The same input gives the same bytes. */
export async function buildAction(): Promise<Record<string, string>> {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: ['src/action/main.ts', 'src/action/post.ts'],
    outdir: ACTION_FOLDER,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    banner: { js: NODE_REQUIRE },
    legalComments: 'none',
    chunkNames: 'chunk-[hash]',
    write: false,
    logLevel: 'warning',
  })
  return Object.fromEntries(outputFiles.map(({ path, text }) => [path.slice(ROOT.length + 1), text]))
}
