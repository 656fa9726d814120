/** `serve-until-killed.ts` as a child process. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export interface ChildServer {
  pid: number
  url: string
  /** By SIGKILL, so that it cleans up nothing. */
  kill(): Promise<void>
}

export async function startChildServer(...args: string[]): Promise<ChildServer> {
  const program = fileURLToPath(new URL('serve-until-killed.ts', import.meta.url))
  // It ends with its standard input, and so with the tests, even if they crash.
  const child = spawn(process.execPath, [program, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
  const url = await readFirstLine(child)
  if (child.pid === undefined || !url) throw new Error(`the child ended with ${child.exitCode} before it served`)
  return {
    pid: child.pid,
    url,
    async kill() {
      const closed = once(child, 'close')
      child.kill('SIGKILL')
      await closed
    },
  }
}

async function readFirstLine(child: ChildProcess): Promise<string> {
  let text = ''
  for await (const chunk of child.stdout ?? []) {
    text += chunk
    if (text.includes('\n')) break
  }
  return text.trim()
}
