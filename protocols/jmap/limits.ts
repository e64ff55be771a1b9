import type { Config } from '#system'

/** Limits of the core capability, RFC 8620 §2. All sizes in bytes. */
export const limits = {
  maxConcurrentUpload: 4,
  maxSizeRequest: 10_000_000,
  maxConcurrentRequests: 8,
  maxCallsInRequest: 32,
  maxObjectsInGet: 1000,
  maxObjectsInSet: 1000,
  collationAlgorithms: ['i;unicode-casemap'],
} as const

/** What is uploaded becomes at most a message. */
export const maxSizeUpload = (config: Config): number => config.smtp.maxMessageMegabytes * 1024 * 1024

/** Ids that one /query gives at most; a client is told when it gets fewer than it asked for (RFC 8620 §5.5). */
export const MAX_QUERY_RESULTS = 5000

/** Conditions in one filter, and how deep its operators may nest. */
export const MAX_FILTER_CONDITIONS = 200
export const MAX_FILTER_DEPTH = 16

/** Requests that wait for their turn beside those that run; more are refused. Per account. */
export const MAX_WAITING = 32

/** EventSource and WebSocket connections of one account. */
export const MAX_PUSH_CONNECTIONS = 32
