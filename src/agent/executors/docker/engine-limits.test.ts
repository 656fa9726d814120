/** An engine that hangs: a server on a socket that begins its answers and never ends them. */
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createDockerExecutor } from './docker-executor.ts'
import { connectEngine } from './engine.ts'
import { obtainImage } from './image.ts'

vi.mock(import('../../../core/limits/agent.ts'), async (importOriginal) => {
  const { AGENT_LIMITS } = await importOriginal()
  const soon = { containerWait: 100, containerLogSilence: 5000, lastContainerLogs: 300, imagePullSilence: 300 }
  const changes = { ...soon, imagePull: 1000, logFile: 10 }
  const changed = Object.entries(changes).map(([name, value]) => [
    name,
    { ...AGENT_LIMITS[name as keyof typeof changes], value },
  ])
  return { AGENT_LIMITS: { ...AGENT_LIMITS, ...Object.fromEntries(changed) } }
})

type Answer = (response: ServerResponse) => unknown
const json = (body: object) => (response: ServerResponse) => response.end(JSON.stringify(body))
const line = (response: ServerResponse) => response.write('{"status":"Downloading"}\n')
/** A piece of stdout in the frame of the engine. */
function frame(text: string): Buffer {
  const header = Buffer.alloc(8)
  header.writeUInt8(1, 0)
  header.writeUInt32BE(text.length, 4)
  return Buffer.concat([header, Buffer.from(text)])
}

/** Answers by the end of the path, with 404 for all others. */
async function startEngine(answers: Record<string, Answer>) {
  const directory = await mkdtemp(join(tmpdir(), 'radix-engine-'))
  const socketPath = join(directory, 'docker.sock')
  const server = createServer(({ url = '' }, response) => {
    const path = url.replace(/\?.*/, '')
    if (path === '/version') return json({ ApiVersion: '1.47' })(response)
    const [, answer] = Object.entries(answers).find(([end]) => path.endsWith(end)) ?? []
    if (answer) return answer(response)
    response.writeHead(404).end('{"message":"No such thing"}')
  })
  server.listen(socketPath)
  await once(server, 'listening')
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
    await rm(directory, { recursive: true })
  })
  return { directory, socketPath }
}

describe('a pull', () => {
  const pull = async (create: Answer) =>
    obtainImage(connectEngine((await startEngine({ '/images/create': create })).socketPath), 'example/image:1')

  it.each([
    ['that stops making progress', (response: ServerResponse) => line(response), 'sent nothing for 0.3 s'],
    ['that is never answered', () => {}, 'sent nothing for 0.3 s'],
    [
      'that goes on for ever',
      (response: ServerResponse) => {
        const timer = setInterval(() => line(response), 50)
        response.on('close', () => clearInterval(timer))
      },
      'did not end within 1 s',
    ],
  ])('%s fails with a code and its time', async (_, create, reason) => {
    await expect(pull(create)).rejects.toMatchObject({
      code: 'WORKLOAD_IMAGE_MISSING',
      why: expect.stringContaining(reason),
    })
  })

  it('that the engine breaks off is reported as an unreachable engine', async () => {
    const breakOff = (response: ServerResponse) => {
      response.write('{"status":"Downloading"}\n', () => response.destroy())
    }
    await expect(pull(breakOff)).rejects.toMatchObject({ code: 'CONTAINER_ENGINE_UNREACHABLE' })
  })
})

describe('a container', () => {
  const state = (Status: string) => ({
    Id: 'c1',
    Image: 'sha256:1',
    Config: { Image: 'image', Labels: { 'radix.job-id': 'job_1' } },
    State: { Status, ExitCode: 0, OOMKilled: false },
  })

  /** Follows a container that runs for the first `looks` looks, and has exited after that. */
  async function follow(logs: Answer, wait: Answer, looks = 2) {
    const inspect = (response: ServerResponse) => json(state(looks-- > 0 ? 'running' : 'exited'))(response)
    const answers = { '/wait': wait, '/logs': logs, '/c1/json': inspect, '/radix-job_1/json': inspect, '/c1': json({}) }
    const { directory, socketPath } = await startEngine(answers)
    const files = { jobId: 'job_1', stdoutPath: join(directory, 'out'), stderrPath: join(directory, 'err') }
    const options = { image: 'image', allowedRepositories: [], hasGpu: false, labels: {}, limits: {} as never }
    const execution = await createDockerExecutor({ ...options, socketPath }).attach(null, files)
    return { end: await execution?.ended, stdout: await readFile(files.stdoutPath, 'utf8') }
  }

  it('whose end the engine never reports is polled', async () => {
    const { end } = await follow(
      (response) => response.end(frame('hello')),
      () => {},
    )
    expect(end).toEqual({ exitCode: 0, signal: null })
  })

  it('that has ended does not wait for an endless log, and its log says so', async () => {
    const { end, stdout } = await follow((response) => response.write(frame('hello')), json({ StatusCode: 0 }))
    expect(end).toMatchObject({ exitCode: 0, note: expect.stringContaining('could not be read to its end') })
    expect(stdout).toBe('hello')
  })

  it('that writes more than the limit gets a line with the missing length', async () => {
    const { end, stdout } = await follow((response) => response.end(frame('hello, hello')), json({ StatusCode: 0 }))
    expect(end?.note).toContain('2 bytes of it are not kept')
    expect(stdout).toBe('hello, hel')
  })
})
