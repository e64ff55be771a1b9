import type { Scope } from '#accounts'
import type { Config } from '#system'
import type { OpenAccount } from '#storage'
import type { Method } from './calls/method.ts'

/** What one specification adds to the server: its methods, the types whose changes are pushed, its blobs. */
export interface Capability {
  uri: string
  /** What it takes of a visitor; left out by what anybody may use who has signed in. */
  needs?: Needs
  /** Its entry in the session's `capabilities`. RFC 8620 §2. */
  server(config: Config, origin: string): Record<string, unknown>
  /** Its entry in `accountCapabilities`; left out by what has no methods. */
  account?(config: Config): Record<string, unknown>
  methods: readonly Method[]
  types?: readonly DataType[]
  blobs?: readonly BlobResolver[]
}

/** A scope of an app password; or `owner`, whom no app password stands for. */
export type Needs = Scope | 'owner'

/** A type that StateChange tells of. RFC 8620 §7.1. */
export interface DataType {
  name: string
  /** The state that /get would give now. */
  state(account: OpenAccount): Promise<string>
}

/** Content that a blobId stands for. */
export interface BlobSource {
  /** The media type where it is known. */
  type: string | undefined
  /** Bytes. */
  size: number
  /** The bytes from `start` up to `end`, which is not among them. */
  stream(start?: number, end?: number): AsyncIterable<Uint8Array>
}

/** Finds the content of a blobId of its own kind; undefined when it is none or there is no such thing. */
export type BlobResolver = (account: OpenAccount, blobId: string) => Promise<BlobSource | undefined>
