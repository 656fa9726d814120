/** Keeps the files of a job for a person to inspect, after the control plane permanently refused its result. */
import type { Logger } from '../core/logger.ts'
import type { JobDirectory } from './job-directory.ts'
import type { Completion } from './job-kinds/job-kind.ts'

/** `completion`: a result that could not be written so far. It is tried once more, and the log shows the outcome. */
export async function rejectJob(
  directory: JobDirectory,
  completion: Completion | undefined,
  logger: Logger,
  why: { message: string; job_id: string; reason?: string },
): Promise<void> {
  const { message, ...facts } = why
  let isKept = (await directory.readCompletion()) !== undefined
  if (!isKept && completion) {
    isKept = await directory.writeCompletion(completion).then(
      () => true,
      () => false,
    )
  }
  // A folder that cannot be moved stays: the agent is done with the job in any case.
  const isMoved = await directory.moveToRejected().then(
    () => true,
    (error: unknown) => {
      logger.warn({ err: error, job_id: why.job_id }, 'the folder of a job could not be moved')
      return false
    },
  )
  const place = isMoved ? 'the result is kept in rejected/' : 'the result is kept in the folder of the job'
  logger.error(facts, `${message}; ${isKept ? place : 'the result could not be kept'}`)
}
