import type { html } from 'hono/html'
import type { Settings } from '#accounts'
import type { Signed } from '#trust/desk'
import type { Reason } from '#system'

export type Markup = ReturnType<typeof html>

/** What became of an act that may be declined. */
export type Attempt<Told> =
  | { told: Told; refused?: undefined }
  | { refused: Reason; fields: readonly string[]; retryAfterSeconds: number | undefined }

/** A request for a page of the desk. */
export interface Visit {
  language: Settings['language']
  /** Of the path, such as `number` of `/cases/:number`. */
  param(name: string): string
  query(name: string): string
  /** What was sent in a field of the form; empty when it is missing, or too long for any field of ours. */
  field(name: string): string
  /** Of a field that may come several times. */
  fields(name: string): string[]
  /** A file that was sent, in base64url, which is how acts are given bytes; undefined without one. */
  file(name: string): Promise<string | undefined>
  /** Asks the app's part. What it declines is shown as a page of its own: who expects that uses `attempt`. */
  ask<Told>(act: string, given?: object): Promise<Told>
  /** Asks for what may be declined: the page shows what is wrong. Whoever is not signed in is still led to do so. */
  attempt<Told>(act: string, given: object): Promise<Attempt<Told>>
  /** Who is signed in, once the app's part has answered. */
  signed(): Signed | undefined
  /** Scheme, host and port of the page. */
  origin: string
  /** Of whoever asks, by networkOf: attempts are counted by it. */
  network: string
}

/** Where the browser goes on, within the desk: the path after the language. `session`: one that begins; null: it ends. */
export type Next = { to: string; session?: string | null } | { page: Markup; session: string }

/** One page of the desk: what it shows, and what it does with its form. */
export interface DeskPage {
  /** After the language, such as `/cases/:number`. */
  path: string
  show(visit: Visit): Promise<Markup | Next>
  take?(visit: Visit): Promise<Markup | Next>
}

/** What web/desk hands in. */
export interface DeskPages {
  pages: readonly DeskPage[]
  assets: readonly { path: string; type: string; bytes: Uint8Array<ArrayBuffer> }[]
  /** What cannot be shown, and why. @param signed  for the frame */
  trouble(
    language: Settings['language'],
    what: 'missing' | 'role' | 'unavailable' | 'failed',
    signed: Signed | undefined,
  ): Markup
  /** The language a browser asks for. */
  languageOf(acceptLanguage: string | undefined): Settings['language']
}
