import { describe, expect, it } from 'vitest'
import { describeContainerEnd } from './container-end.ts'

const ended = (ExitCode: number, OOMKilled = false) => ({
  Id: '1',
  Image: 'sha256:1',
  Config: { Image: 'image', Labels: {} },
  State: { Status: 'exited', ExitCode, OOMKilled },
})

describe('the end of a container', () => {
  it.each([0, 1, 11, 128])('is only exit code %i when the program ended by itself', (exitCode) => {
    expect(describeContainerEnd(ended(exitCode))).toEqual({ exitCode, signal: null })
  })

  it('is a success when the program survived the kernel killing one of its processes', () => {
    expect(describeContainerEnd(ended(0, true)).failure).toBeUndefined()
  })

  it.each([1, 137])('is out of memory when the kernel says so, with exit code %i', (exitCode) => {
    expect(describeContainerEnd(ended(exitCode, true)).failure?.code).toBe('WORKLOAD_OUT_OF_MEMORY')
  })

  it('is a kill when a signal ended it, or when it was removed', () => {
    expect(describeContainerEnd(ended(137)).failure).toMatchObject({ code: 'WORKLOAD_KILLED' })
    expect(describeContainerEnd(undefined)).toMatchObject({ exitCode: null, failure: { code: 'WORKLOAD_KILLED' } })
  })

  it('is unknown when the engine stays unreachable', () => {
    expect(describeContainerEnd('unreachable').failure?.code).toBe('CONTAINER_ENGINE_UNREACHABLE')
  })
})
