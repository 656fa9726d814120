/** Images for tests, made of files of this machine: there is no registry to pull from. */
import { execFileSync } from 'node:child_process'
import { chmod, copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DockerEngine } from './docker-engine.ts'

const BUSYBOX = '/bin/busybox'
const APPLETS = ['sh', 'sleep', 'env', 'echo', 'cat', 'ls', 'id', 'touch', 'dd', 'tail']

/** A static busybox, and whatever `files` adds: path in the image → text of a program. */
export async function importImage(
  engine: DockerEngine,
  reference: string,
  files: Readonly<Record<string, string>> = {},
): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'radix-image-'))
  try {
    for (const folder of ['bin', 'tmp', 'etc']) await mkdir(join(root, folder))
    await chmod(join(root, 'tmp'), 0o1777)
    await copyFile(BUSYBOX, join(root, 'bin', 'busybox'))
    for (const applet of APPLETS) await symlink('busybox', join(root, 'bin', applet))
    for (const [path, text] of Object.entries(files)) {
      await mkdir(join(root, path, '..'), { recursive: true })
      await writeFile(join(root, path), text)
      await chmod(join(root, path), 0o755)
    }
    await importTree(engine, reference, root)
  } finally {
    await rm(root, { recursive: true })
  }
}

export async function importTree(
  engine: DockerEngine,
  reference: string,
  root: string,
  changes: readonly string[] = ['ENV PATH=/bin'],
): Promise<void> {
  await chmod(root, 0o755)
  const tar = execFileSync('tar', ['--create', '--owner=0', '--group=0', '--directory', root, '.'], {
    maxBuffer: 1024 ** 3,
  })
  engine.docker(['import', ...changes.flatMap((change) => ['--change', change]), '-', reference], tar)
}
