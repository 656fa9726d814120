/** The content of a tenant's live stream: which kinds of resources changed, so that viewers reload them. */
import { z } from 'zod'

export const CHANGING_THINGS = ['clusters', 'jobs', 'runs', 'reapers'] as const
export type ChangingThing = (typeof CHANGING_THINGS)[number]

/** SSE events named `changed`; the first one says that the stream is open, and names nothing. */
export const Changes = z.object({ things: z.array(z.enum(CHANGING_THINGS)) })
export type Changes = z.infer<typeof Changes>
