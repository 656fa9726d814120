/** Jobs in containers of a real Docker engine. */
import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createDockerExecutor, type DockerExecutorOptions } from '../src/agent/executors/docker/docker-executor.ts'
import { testExecutor } from '../src/agent/executors/executor.testsuite.ts'
import type { Execution } from '../src/agent/executors/executor.ts'
import { findOrStartEngine } from './support/docker-engine.ts'
import { importImage } from './support/docker-images.ts'

const REPOSITORY = `radix-test-${randomUUID().slice(0, 8)}`
const IMAGE = `${REPOSITORY}:busybox`
const MIB = 1024 ** 2

const engine = await findOrStartEngine()
if (engine) await importImage(engine, IMAGE)
afterAll(async () => {
  engine?.docker(['image', 'rm', '--force', IMAGE])
  await engine?.stop()
})

const createExecutor = (options: Partial<DockerExecutorOptions> = {}) =>
  createDockerExecutor({
    socketPath: engine?.socketPath ?? '',
    image: IMAGE,
    allowedRepositories: [REPOSITORY],
    hasGpu: false,
    limits: { memoryBytes: 64 * MIB, processes: 64 },
    labels: { 'radix.machine-id': 'mch_1', 'radix.run-id': 'run_1' },
    ...options,
  })

const shell = (script: string, ...args: string[]) => ['sh', '-c', script, 'sh', ...args] as const
const FOREVER = 'echo up; while :; do sleep 0.1; done'

describe.skipIf(!engine)('a Docker engine', () => {
  testExecutor('docker', createExecutor, {
    say: (text, exitCode) => shell(`echo "$1"; exit ${exitCode}`, text),
    runForever: () => shell(`trap 'exit 143' TERM; ${FOREVER}`),
    refuseToEnd: () => shell(`trap '' TERM; ${FOREVER}`),
    printEnvironment: () => ['env'],
    write: (file, content) => shell('echo -n "$2" >"$1"', file, content),
    missing: () => ['/nonexistent/program'],
  })

  let directory: string
  let files: { jobId: string; stdoutPath: string; stderrPath: string }
  const executions: Execution[] = []

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'radix-docker-executor-'))
    await mkdir(join(directory, 'work'))
    const jobId = `job_${randomUUID()}`
    files = { jobId, stdoutPath: join(directory, 'stdout'), stderrPath: join(directory, 'stderr') }
  })
  afterEach(async () => {
    for (const execution of executions.splice(0)) {
      execution.stop(0)
      await execution.ended
    }
    expect(engine?.docker(['ps', '--all', '--quiet', '--filter', 'label=radix.run-id=run_1'])).toBe('')
    await rm(directory, { recursive: true })
  })

  const start = async (argv: readonly [string, ...string[]], options: Partial<DockerExecutorOptions> = {}) => {
    const spec = { ...files, argv, env: {}, directory: join(directory, 'work') }
    const execution = await createExecutor(options).start(spec)
    executions.push(execution)
    return execution
  }
  const stdout = () => readFile(files.stdoutPath, 'utf8')
  const docker = (...args: string[]) => engine?.docker(args) ?? ''
  const containerOf = ({ record }: Execution) => (record.executor === 'docker' ? record.containerId : '')

  it('is confined: no root, no capabilities, read-only, no network, limited resources', async () => {
    const script = `id -u; cat /proc/self/status; ls /sys/class/net
      touch /bin/new 2>/dev/null || echo read-only; touch /tmp/new && echo tmp; touch new && echo work`
    await (await start(shell(script))).ended
    const output = await stdout()
    expect(output).not.toMatch(/^0$/m)
    expect(output).toMatch(/^CapEff:\s+0+$/m)
    expect(output).toMatch(/^CapBnd:\s+0+$/m)
    expect(output).toMatch(/^NoNewPrivs:\s+1$/m)
    expect(output.split('\n').slice(-5)).toEqual(['lo', 'read-only', 'tmp', 'work', ''])
  })

  it('carries the labels of machine, run and job, and its limits', async () => {
    const execution = await start(shell(FOREVER))
    const [container] = JSON.parse(docker('inspect', containerOf(execution)))
    expect(container.Name).toBe(`/radix-${files.jobId}`)
    expect(container.Config.Labels).toMatchObject({
      'radix.machine-id': 'mch_1',
      'radix.run-id': 'run_1',
      'radix.job-id': files.jobId,
    })
    expect(container.HostConfig).toMatchObject({ Memory: 64 * MIB, MemorySwap: 64 * MIB, PidsLimit: 64 })
  })

  it('reports the digest of its image', async () => {
    const { software } = await start(shell('exit 0'))
    const id = docker('image', 'inspect', '--format', '{{.Id}}', IMAGE).trim()
    expect(software).toEqual({ image: IMAGE, image_digest: id })
  })

  it('copies both streams completely, whatever their size', async () => {
    await (await start(shell('i=0; while [ $i -lt 3000 ]; do echo "out $i"; echo "err $i" >&2; i=$((i+1)); done')))
      .ended
    const expected = (stream: string) => Array.from({ length: 3000 }, (_, i) => `${stream} ${i}\n`).join('')
    expect(await stdout()).toBe(expected('out'))
    expect(await readFile(files.stderrPath, 'utf8')).toBe(expected('err'))
  })

  it('reports a container that exceeded its memory as out of memory', async () => {
    const execution = await start(shell('dd if=/dev/zero of=/dev/null bs=256M count=1'))
    expect((await execution.ended).failure?.code).toBe('WORKLOAD_OUT_OF_MEMORY')
  })

  it.each([
    ['kill', 'killed'],
    ['rm --force', 'removed'],
  ])('reports a container ended with `docker %s` as killed', async (command) => {
    const execution = await start(shell(FOREVER))
    await expect.poll(stdout).toContain('up')
    docker(...command.split(' '), containerOf(execution))
    expect((await execution.ended).failure?.code).toBe('WORKLOAD_KILLED')
  })

  it('refuses an image of a repository that is not allowed', async () => {
    for (const image of ['busybox', `${REPOSITORY}-evil:busybox`, `evil.example/${IMAGE}`, `../${IMAGE}`, '-v']) {
      await expect(start(shell('exit 0'), { image })).rejects.toMatchObject({ code: 'WORKLOAD_IMAGE_NOT_ALLOWED' })
    }
  })

  it('reports an image that no registry has', async () => {
    const image = '127.0.0.1:1/radix/nothing:1'
    const options = { image, allowedRepositories: ['127.0.0.1:1/radix/nothing'] }
    await expect(start(shell('exit 0'), options)).rejects.toMatchObject({ code: 'WORKLOAD_IMAGE_MISSING' })
  })

  it('reports an engine that cannot give a GPU to a container', async () => {
    await expect(start(shell('exit 0'), { hasGpu: true })).rejects.toMatchObject({
      code: 'CONTAINER_GPU_RUNTIME_MISSING',
    })
  })

  it('reports a program that is not in the image', async () => {
    await expect(start(['/nonexistent'])).rejects.toMatchObject({ code: 'CONTAINER_START_FAILED' })
  })

  it('reports a missing engine', async () => {
    const options = { socketPath: join(directory, 'none.sock') }
    await expect(start(shell('exit 0'), options)).rejects.toMatchObject({ code: 'CONTAINER_ENGINE_UNREACHABLE' })
  })

  it('finds a container by its job when the agent died before it wrote the record', async () => {
    const execution = await start(shell(FOREVER))
    const attached = await createExecutor().attach(null, files)
    expect(attached?.record).toEqual(execution.record)
    attached?.stop(0)
    await attached?.ended
  })

  it('replaces a container that was created for the job and never started', async () => {
    docker('create', '--name', `radix-${files.jobId}`, IMAGE, 'sh')
    expect((await (await start(shell('exit 0'))).ended).exitCode).toBe(0)
  })
})
