/** The Docker engine, which only executor `docker` needs. */
import { readSocketPath } from '../../agent/config.ts'
import { connectEngine } from '../../agent/executors/docker/engine.ts'
import { asRadixError } from '../../errors/render.ts'
import { type Diagnosis, failed, found } from './diagnosis.ts'

const DOCKER = { check: 'Docker', isRequired: false }
/** No socket, or no engine behind it. */
const ABSENT = ['ENOENT', 'ECONNREFUSED']

export async function checkDocker(env: NodeJS.ProcessEnv): Promise<Diagnosis> {
  try {
    const socketPath = readSocketPath(env.DOCKER_HOST)
    const { version, apiVersion } = await connectEngine(socketPath).describe()
    return found(DOCKER, `engine ${version}, API ${apiVersion} (${socketPath})`)
  } catch (error) {
    const known = asRadixError(error)
    const { cause } = known
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
    if (known.code === 'CONTAINER_ENGINE_INCOMPATIBLE') return failed(DOCKER, 'unusable', known)
    return failed(DOCKER, ABSENT.includes(code) ? 'absent' : 'unknown', known)
  }
}
