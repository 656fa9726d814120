/** Beside each file that was built, the same compressed: the control plane serves it to browsers that take it. */
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, gzip } from 'node:zlib'
import type { Plugin } from 'vite'

const TEXT = /\.(js|css|html|svg)$/

export function compressFiles(): Plugin {
  let folder = ''
  return {
    name: 'radix-compress-files',
    apply: 'build',
    configResolved: ({ build }) => {
      folder = build.outDir
    },
    async closeBundle() {
      const names = await readdir(folder, { recursive: true })
      for (const path of names.filter((name) => TEXT.test(name)).map((name) => join(folder, name))) {
        const content = await readFile(path)
        await writeFile(`${path}.br`, await promisify(brotliCompress)(content))
        await writeFile(`${path}.gz`, await promisify(gzip)(content))
      }
    },
  }
}
