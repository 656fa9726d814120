/**
 * Proxies of the environment (HTTPS_PROXY, HTTP_PROXY, NO_PROXY), for everything in this process that speaks HTTP: `fetch`,
 * and the agents of `node:http`, with which the AWS SDK connects. This host is never reached through one.
 */
import type { Agent } from 'node:http'
import type { Agent as HttpsAgent } from 'node:https'
import { nodeHttp, nodeHttps } from './http-modules.ts'

type Environment = Record<string, string | undefined>

const THIS_HOST = ['localhost', '127.0.0.1', '[::1]', '::1', '127.0.0.0-127.255.255.255']

/** The metadata addresses of clouds, which answer only to their own machines. A proxy would answer for itself. */
const METADATA = ['169.254.169.254', '169.254.170.2', '169.254.170.23', '[fd00:ec2::254]', 'fd00:ec2::254']

/** The variables that Node reads, with this host excluded; undefined if no proxy is set. */
export function proxyEnvironment(env: Environment): Environment | undefined {
  const https = env.https_proxy || env.HTTPS_PROXY
  const http = env.http_proxy || env.HTTP_PROXY
  if (!https && !http) return undefined
  const exceptions = [env.no_proxy || env.NO_PROXY, ...THIS_HOST, ...METADATA].filter(Boolean).join(',')
  return {
    ...(https ? { https_proxy: https, HTTPS_PROXY: https } : {}),
    ...(http ? { http_proxy: http, HTTP_PROXY: http } : {}),
    no_proxy: exceptions,
    NO_PROXY: exceptions,
  }
}

/** For `fetch` and the global agents, once when the program starts. Child processes inherit NO_PROXY with this host in it. */
export function useProxyOf(env: Environment): void {
  const proxy = proxyEnvironment(env)
  if (proxy === undefined) return
  env.NO_PROXY = env.no_proxy = proxy.NO_PROXY
  const http = nodeHttp()
  if ('setGlobalProxyFromEnv' in http) http.setGlobalProxyFromEnv(proxy)
  else restartWithProxy(env)
}

/** Node 22 reads a proxy only when it starts. The same process starts again, with the same argv. */
function restartWithProxy(env: Environment): void {
  if (env.NODE_USE_ENV_PROXY === '1') return
  env.NODE_USE_ENV_PROXY = '1'
  // It warns that its proxies are experimental.
  const options = [...process.execArgv, '--disable-warning=UNDICI-EHPA']
  process.execve?.(process.execPath, [process.execPath, ...options, ...process.argv.slice(1)], process.env)
}

/** For clients with agents of their own: `requestHandler: { ...proxyAgents() }` of a client of the AWS SDK. */
export function proxyAgents(env: Environment = process.env): { httpAgent: Agent; httpsAgent: HttpsAgent } {
  const proxyEnv = proxyEnvironment(env)
  const options = { keepAlive: true, maxSockets: 50, ...(proxyEnv ? { proxyEnv } : {}) }
  return { httpAgent: new (nodeHttp().Agent)(options), httpsAgent: new (nodeHttps().Agent)(options) }
}
