/**
 * The parts of this page's program that come later: all of them are fetched once the first page stands, so that the next one
 * needs the server for its data alone. A part that fails to load belongs to another version, or the server is down.
 */
import { DASHBOARD_LIMITS } from '../../../src/core/limits/dashboard.ts'
import { RadixError } from '../../../src/errors/radix-error.ts'

const CHUNKS = import.meta.glob([
  '../pages/*.tsx',
  '!../pages/error.tsx',
  // It takes the code of a link out of the address as it is loaded.
  '!../pages/sign-in.tsx',
  './live/{gpu-charts,throughput-chart}.tsx',
  './trends/trend-chart.tsx',
])
const RELOADED_AT = 'radix.reloaded-at'

/** When the browser has nothing else to do. What fails is asked for again where it is shown. */
export function preloadChunks(): void {
  const preload = () => {
    for (const load of Object.values(CHUNKS)) void load().catch(() => {})
  }
  if ('requestIdleCallback' in window) window.requestIdleCallback(preload)
  else setTimeout(preload, 1000)
}

/**
 * Loads a part. Where it is gone because the server has another version by now, the page is loaded anew, once; where the
 * server does not answer, it is an error with a page of ours, instead of the browser's after a reload.
 */
export async function loadChunk<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (cause) {
    if (!(await answers())) {
      const params = { api_base: window.location.origin, reason: 'a part of this page could not be loaded' }
      throw new RadixError('API_UNREACHABLE', params, { cause })
    }
    if (!mayReload()) {
      // Not the browser's own error: the router would load the page anew for it once more.
      const request = { api_base: window.location.origin, method: 'GET', path: '/assets', status: 'unknown' }
      const reason = 'a part of this page is missing'
      throw new RadixError('API_UNEXPECTED_ANSWER', { ...request, reason }, { cause })
    }
    window.location.reload()
    // Nothing is shown until then.
    return new Promise(() => {})
  }
}

/** Whether the server that this page came from is there. */
export async function answers(): Promise<boolean> {
  const signal = AbortSignal.timeout(DASHBOARD_LIMITS.serverCheck.value)
  return fetch('/', { signal, cache: 'no-store', headers: { accept: 'text/html' } }).then(
    ({ ok }) => ok,
    () => false,
  )
}

/** Again and again would be no help. */
function mayReload(): boolean {
  try {
    const now = Date.now()
    if (now - Number(sessionStorage.getItem(RELOADED_AT)) < DASHBOARD_LIMITS.reloadPause.value) return false
    sessionStorage.setItem(RELOADED_AT, String(now))
    return true
  } catch {
    // Without a place to remember it, it might be done for ever.
    return false
  }
}
