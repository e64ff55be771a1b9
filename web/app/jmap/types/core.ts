/** What all methods share. RFC 8620. */

export type Id = string

export interface Session {
  username: string
  accounts: Record<
    Id,
    { name: string; isReadOnly: boolean; accountCapabilities?: Record<string, Record<string, unknown>> }
  >
  primaryAccounts: Record<string, Id>
  capabilities: Record<string, Record<string, unknown>>
  apiUrl: string
  downloadUrl: string
  uploadUrl: string
  eventSourceUrl: string
  state: string
}

/** A patch of one object: a property, or a JSON pointer into one, and its new value; null removes. RFC 8620 §5.3. */
export type Patch = Record<string, unknown>

export interface ResultReference {
  resultOf: string
  name: string
  path: string
}

export interface SetError {
  type: string
  description?: string | null
  properties?: string[]
  /** What EmailSubmission/set says of addresses and limits. RFC 8621 §7.5. */
  invalidRecipients?: string[]
  /** Why, by address (docs/jmap-extensions.md). */
  reasons?: Record<string, string>
  maxRecipients?: number
  maxSize?: number
  /** Which limit was reached, and why sending is stopped (docs/jmap-extensions.md). */
  limit?: string
  stopped?: string
  /** Which check a letter did not pass, or could not. */
  check?: 'infected' | 'dangerousAttachment' | 'scannerSilent'
}

export interface GetArgs {
  ids?: Id[] | null
  '#ids'?: ResultReference
  properties?: string[]
  '#properties'?: ResultReference
}

export interface GetResult<T> {
  state: string
  list: T[]
  notFound: Id[]
}

export interface Changes {
  oldState: string
  newState: string
  hasMoreChanges: boolean
  created: Id[]
  updated: Id[]
  destroyed: Id[]
}

export interface ChangesArgs {
  sinceState: string
  maxChanges?: number
}

export interface SetArgs {
  create?: Record<Id, object>
  update?: Record<Id, Patch>
  destroy?: Id[]
}

export interface SetResult<Created = { id: Id }> {
  oldState: string | null
  newState: string
  created: Record<Id, Created> | null
  updated: Record<Id, unknown> | null
  destroyed: Id[] | null
  notCreated: Record<Id, SetError> | null
  notUpdated: Record<Id, SetError> | null
  notDestroyed: Record<Id, SetError> | null
}
