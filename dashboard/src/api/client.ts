/** The control plane that this page came from, as the person who is signed in here. */
import { type ControlPlaneClient, createClient } from '../../../src/contract/client.ts'
import { CSRF_HEADER } from '../../../src/contract/route.ts'
import { cleanOutside } from './outside.ts'

/** The browser sends the session by itself; the header says that it is this page which asks. */
const plain = createClient({ baseUrl: window.location.origin, headers: { [CSRF_HEADER]: '1' } })

export const client: Pick<ControlPlaneClient, 'call'> = {
  async call(name, request, options) {
    const answer = await plain.call(name, request, options)
    // A report is saved as it is, and shown nowhere.
    return name === 'getReport' ? answer : cleanOutside(answer)
  },
}
