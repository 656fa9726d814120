/** The control plane that commands would use: the given one, or the one of the data directory. */
import { createClient } from '../../contract/client.ts'
import { VERSION } from '../../core/version.ts'
import { isRadixError } from '../../errors/radix-error.ts'
import { asRadixError } from '../../errors/render.ts'
import { findApiBase, givenApiBase } from '../shared/connection.ts'
import type { ConnectionOptions } from '../shared/options.ts'
import { type Diagnosis, failed, found, missing } from './diagnosis.ts'

/** A run without an address starts a control plane of its own. One that was asked for must answer. */
export async function checkControlPlane(options: ConnectionOptions): Promise<Diagnosis> {
  const subject = { check: 'Control plane', isRequired: givenApiBase(options) !== undefined }
  try {
    const baseUrl = await findApiBase(options)
    const { version } = await createClient({ baseUrl, userAgent: `radix/${VERSION}` }).call('health', {})
    return found(subject, `${baseUrl}, version ${version}`)
  } catch (error) {
    if (!isRadixError(error, 'NO_CONTROL_PLANE')) return failed(subject, 'unknown', asRadixError(error))
    const fix = 'radix server   # or none: `radix bench run` starts its own'
    return missing(subject, 'absent', 'No server is running on the data directory.', fix)
  }
}
