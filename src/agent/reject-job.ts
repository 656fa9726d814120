/** Keeps the files of a job for a person, after the control plane refused its result for good. */
import type { Logger } from '../core/logger.ts'
import type { JobDirectory } from './job-directory.ts'
import type { Completion } from './job-kinds/job-kind.ts'

/** `completion`: a result that could not be written so far. One more try is made, and the log says whether it worked. */
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
  await directory.moveToRejected()
  logger.error(facts, `${message}; ${isKept ? 'the result is kept in rejected/' : 'the result could not be kept'}`)
}
