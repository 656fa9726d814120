import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { emptyFolder, removeTree } from './remove-tree.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'radix-tree-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

/** Deeper than the longest path. */
const nestDeeply = 'import os\nfor _ in range(500): os.mkdir("a" * 10); os.chdir("a" * 10)'

it('removes a tree that is deeper than the longest path', async () => {
  execFileSync('python3', ['-c', nestDeeply], { cwd: directory })
  await removeTree(directory)
  expect(existsSync(directory)).toBe(false)
  await removeTree(directory)
})

it('removes unreadable files of the same owner', async () => {
  const script = `
    import { mkdirSync, chmodSync } from 'node:fs'
    import { removeTree } from ${JSON.stringify(join(import.meta.dirname, 'remove-tree.ts'))}
    mkdirSync('${directory}/mine/locked/inside', { recursive: true })
    for (const path of ['locked/inside', 'locked', '']) chmodSync('${directory}/mine/' + path, 0)
    await removeTree('${directory}/mine')`
  execFileSync('chmod', ['777', directory])
  // Permissions do not apply to root.
  const user = process.getuid?.() === 0 ? ['setpriv', '--reuid=65532', '--regid=65532', '--clear-groups'] : []
  const [command = '', ...args] = [...user, process.execPath, '--input-type=module', '-e', script]
  execFileSync(command, args, { env: { ...process.env, NODE_COMPILE_CACHE: undefined } })
  expect(readdirSync(directory)).toEqual([])
})

it('empties a folder except for one name, and follows no link', async () => {
  mkdirSync(join(directory, 'work', 'sub', 'kept'), { recursive: true })
  mkdirSync(join(directory, 'elsewhere', 'full'), { recursive: true })
  for (const name of ['kept', 'a\nb', '-rf']) writeFileSync(join(directory, 'work', name), '')
  await emptyFolder(join(directory, 'work'), 'kept')
  expect(readdirSync(join(directory, 'work'))).toEqual(['kept'])
  execFileSync('ln', ['-s', join(directory, 'elsewhere'), join(directory, 'link')])
  await emptyFolder(join(directory, 'link'))
  expect(readdirSync(join(directory, 'elsewhere'))).toEqual(['full'])
})

it('reports what is left', async () => {
  await expect(removeTree(join(directory, 'x'.repeat(300)))).rejects.toMatchObject({ code: 'FILE_NOT_WRITABLE' })
})
