/** The control plane that this page came from, as the person who is signed in here. */
import { createClient } from '../../../src/contract/client.ts'
import { CSRF_HEADER } from '../../../src/contract/route.ts'

/** The browser sends the session by itself; the header says that it is this page which asks. */
export const client = createClient({ baseUrl: window.location.origin, headers: { [CSRF_HEADER]: '1' } })
