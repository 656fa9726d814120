/** The type of a handler: typed by its route, independent of HTTP. */
import type { Readable } from 'node:stream'
import type { z } from 'zod'
import type { Credential, Route } from '../contract/route.ts'
import type { ROUTES, RouteName } from '../contract/routes.ts'
import type { App } from './app.ts'
import type { Origin } from './audit/audit-log.ts'
import type { ApiKeyIdentity, ClusterIdentity, OnboardingIdentity, UserIdentity } from './auth/identity.ts'
import type { FileAnswer } from './file-answer.ts'

type Routes = typeof ROUTES
type Parsed<R, K extends string> = R extends { [key in K]: infer S extends z.ZodType } ? z.output<S> : undefined

interface IdentityByCredential {
  none: { kind: 'none' }
  user: UserIdentity
  onboarding: OnboardingIdentity
  cluster: ClusterIdentity
  api_key: ApiKeyIdentity
}

export interface HandlerRequest<N extends RouteName> {
  params: Parsed<Routes[N], 'params'>
  query: Parsed<Routes[N], 'query'>
  body: Parsed<Routes[N], 'body'>
  /** The body as it was sent: for telling an absent member from its default. */
  rawBody: unknown
  identity: IdentityByCredential[Routes[N]['auth'] & Credential]
  headers: Record<string, string | string[] | undefined>
  idempotencyKey: string | undefined
  origin: Origin
  /** For the browser that asks. */
  setCookie(cookie: string): void
  /** Aborts when the caller hangs up before the answer is written. */
  hungUp: AbortSignal
  /** Called when the answer could not be delivered. */
  onUndelivered(undo: () => Promise<void>): void
}

/** Where the browser is sent. */
type Location = string

export type HandlerAnswer<N extends RouteName> = Routes[N] extends { answer: infer S extends z.ZodType }
  ? z.input<S>
  : Routes[N] extends { stream: true }
    ? Readable
    : Routes[N] extends { file: true }
      ? FileAnswer
      : Routes[N] extends { redirect: true }
        ? Location
        : undefined

export type Handler<N extends RouteName> = (request: HandlerRequest<N>, app: App) => Promise<HandlerAnswer<N>>

/** A handler for every route: one that is missing does not compile. */
export type Handlers = { [N in RouteName]: Handler<N> }

/** The handlers of the routes with a tag. */
export type HandlersOf<T extends Route['tag']> = Pick<
  Handlers,
  { [N in RouteName]: Routes[N]['tag'] extends T ? N : never }[RouteName]
>
