import type { HttpBindings } from '@hono/node-server'
import type { Context, Hono } from 'hono'
import type { ClientSignedIn } from '#accounts'
import type { SubmissionTools } from '#mail/submission'
import type { Log } from '#system'
import type { OpenAccount } from '#storage'
import type { Note } from '#trust/journal'

/** Whoever made a request, as `protocols/http` has found out. */
export interface Visitor extends Readonly<ClientSignedIn> {
  readonly account: OpenAccount
  /** Where the request came from, and what it calls itself: for the journal. */
  readonly ip: string
  readonly userAgent: string | undefined
  /** Scheme, host and port under which the request came: what a passkey is made for. */
  readonly origin: string
  /** Whether the credentials still hold. Long connections ask again and again. */
  isStillSignedIn(): Promise<boolean>
}

/** The session of a cookie or bearer token; HTTP Basic has none. */
export const sessionIdOf = ({ door }: Visitor): string | undefined => (door.by === 'session' ? door.id : undefined)

/** What JMAP needs from those who put it on the wire. */
export interface JmapContext extends Readonly<SubmissionTools> {
  readonly log: Log
  readonly note: Note
  /** Speaks once when what we stand on, the database or the disk, does not serve, and once when it does again. */
  readonly outage: { trouble(): void; over(): void }
  /** @throws Refusal 'badCredentials', 'tooManyAttempts', 'forbidden' */
  authenticate(c: WireContext): Promise<Visitor>
  /** Scheme, host and port under which the request came: what the URLs of the session resource begin with. */
  origin(c: WireContext): string
}

export type Wire = { Bindings: HttpBindings }
export type WireContext = Context<Wire>
export type WireApp = Hono<Wire>
