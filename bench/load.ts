/** A lean HTTP client for making load: what the client costs is not what is measured. */
import { Agent, request } from 'node:http'
import { z } from 'zod'

/** What is needed of the answer to a poll. */
export const PolledJobs = z.object({
  jobs: z.array(z.object({ job_id: z.string(), lease: z.object({ token: z.string() }) })),
})

export interface LoadClient {
  /** POSTs JSON; answers with the parsed body. Throws for any status but 2xx. */
  post(url: string, headers: Record<string, string>, body: unknown): Promise<unknown>
  close(): void
}

export function createLoadClient(connections: number): LoadClient {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  return {
    post: (url, headers, body) => post(agent, url, headers, JSON.stringify(body)),
    close: () => agent.destroy(),
  }
}

function post(agent: Agent, url: string, headers: Record<string, string>, body: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const length = String(Buffer.byteLength(body))
    const options = {
      method: 'POST',
      agent,
      headers: { ...headers, 'content-type': 'application/json', 'content-length': length },
    }
    const sent = request(url, options, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        const { statusCode = 0 } = response
        if (statusCode < 200 || statusCode > 299) return reject(new Error(`${url}: ${statusCode} ${text}`))
        resolve(JSON.parse(text))
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

/** So many workers at once call `work` until it answers false; answers with the seconds that they took together. */
export async function runWorkers(count: number, work: (worker: number) => Promise<boolean>): Promise<number> {
  const startedMs = performance.now()
  const run = async (worker: number) => {
    while (await work(worker));
  }
  await Promise.all(Array.from({ length: count }, (_, worker) => run(worker)))
  return (performance.now() - startedMs) / 1000
}
