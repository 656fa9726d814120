/** A real `radix server` in a sandbox, and a client for it. */
import { type ControlPlaneClient, createClient } from '../../src/contract/client.ts'
import type { Running, Sandbox } from './sandbox.ts'
import { within } from './within.ts'

const STOP_TIMEOUT_MS = 60_000

export interface ControlPlane {
  server: Running
  url: string
  client: ControlPlaneClient
}

export async function startControlPlane(
  sandbox: Sandbox,
  port = 0,
  extra: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<ControlPlane> {
  const server = sandbox.radix(['server', '--port', String(port), ...extra], env)
  const [, url = ''] = await server.waitFor(/"url":"([^"]+)"/)
  const token = await sandbox.mintToken()
  return { server, url, client: createClient({ baseUrl: url, credential: () => token }) }
}

/** At the address that it had before it ended. */
export function restartControlPlane(sandbox: Sandbox, { url }: ControlPlane): Promise<ControlPlane> {
  return startControlPlane(sandbox, Number(new URL(url).port))
}

export async function stopControlPlane({ server }: ControlPlane): Promise<void> {
  server.kill('SIGTERM')
  await within(STOP_TIMEOUT_MS, server.finished, () => `the control plane to stop, which wrote:\n${server.output()}`)
}
