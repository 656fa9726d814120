/** What a check says of what is there, of what is not there, and of what could not be looked at. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { checkControlPlane } from './check-control-plane.ts'
import { checkDataDirectory, checkDisk } from './check-data-directory.ts'
import { checkDocker } from './check-docker.ts'
import { checkPythonAndGpu } from './check-python-and-gpu.ts'

let folder: string
let server: Server | undefined
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'radix-doctor-'))
})
afterEach(() => {
  server?.close()
  server = undefined
  rmSync(folder, { recursive: true })
})

describe('the data directory', () => {
  it('is found where it can be made', async () => {
    const dataDir = join(folder, 'not', 'yet')
    expect(await checkDataDirectory(dataDir)).toMatchObject({ outcome: 'found', fix: null })
    expect(await checkDisk(dataDir)).toMatchObject({ message: expect.stringMatching(/^[\d.]+ GiB free for /) })
  })

  it('is not usable below a file', async () => {
    writeFileSync(join(folder, 'file'), '')
    const below = await checkDataDirectory(join(folder, 'file', 'data'))
    expect(below).toMatchObject({ outcome: 'unusable', isRequired: true, fix: expect.stringContaining('--data-dir') })
  })

  it('could not be looked at where its path is no path', async () => {
    const path = join(folder, 'x'.repeat(300))
    expect(await checkDataDirectory(path)).toMatchObject({ outcome: 'unknown' })
  })
})

describe('Python', () => {
  async function look(text: string | undefined) {
    const python = join(folder, 'python')
    if (text !== undefined) {
      writeFileSync(python, `#!/bin/sh\n${text}\n`)
      chmodSync(python, 0o755)
    }
    const [diagnosis] = await checkPythonAndGpu({ PATH: process.env.PATH, RADIX_PYTHON: python })
    return diagnosis
  }

  it('is found with its PyTorch, whatever else importing that prints', async () => {
    const described = '{"python":"3.12.1","torch":"2.9.0+cu128","cuda":"12.8","gpus":1}'
    expect(await look(`echo a warning; echo '${described}'`)).toMatchObject({
      outcome: 'found',
      message: expect.stringContaining('PyTorch 2.9.0+cu128, CUDA 12.8'),
    })
  })

  it('is not there, or not usable, and each says so', async () => {
    expect(await look(undefined)).toMatchObject({ outcome: 'absent', fix: expect.stringContaining('RADIX_PYTHON') })
    expect(await look('echo "ModuleNotFoundError: No module named torch" >&2; exit 1')).toMatchObject({
      outcome: 'unusable',
      message: expect.stringContaining('No module named torch'),
    })
  })
})

describe('Docker', () => {
  const look = () => checkDocker({ DOCKER_HOST: `unix://${join(folder, 'docker.sock')}` })

  it('is not there without a socket', async () => {
    expect(await look()).toMatchObject({
      outcome: 'absent',
      message: expect.stringContaining('There is no such socket.'),
    })
  })

  it('is found with the version of its engine', async () => {
    await listen((_, response) => response.end('{"Version":"28.1.0","ApiVersion":"1.49"}'))
    expect(await look()).toMatchObject({ outcome: 'found', message: expect.stringContaining('engine 28.1.0') })
  })

  it('could not be looked at where the engine answers with an error', async () => {
    await listen((_, response) => response.writeHead(500).end('{"message":"starting"}'))
    expect(await look()).toMatchObject({ outcome: 'unknown' })
  })

  async function listen(answer: Parameters<typeof createServer>[1]): Promise<void> {
    const listening = createServer(answer)
    server = listening
    await new Promise<void>((resolve) => listening.listen(join(folder, 'docker.sock'), resolve))
  }
})

describe('the control plane', () => {
  it('is not needed where none was asked for', async () => {
    expect(await checkControlPlane({ dataDir: folder })).toMatchObject({ outcome: 'absent', isRequired: false })
  })

  it('must answer where its address was given', async () => {
    const diagnosis = await checkControlPlane({ apiBase: 'http://127.0.0.1:9', dataDir: folder })
    expect(diagnosis).toMatchObject({ outcome: 'unknown', isRequired: true })
  })
})
