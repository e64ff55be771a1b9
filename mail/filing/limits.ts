/**
 * What one letter may cost, the scripts it includes together. What a script has beyond ends it with a fault that bears the name of
 * the limit; what a letter has beyond is not looked at.
 */
export const LIMITS = {
  /** That it holds up the process; what it waits for is not counted. */
  milliseconds: 500,
  /** RFC 5228 §2.10.4 leaves it to each server. */
  actions: 32,
  /** RFC 5228 §10: a letter must not become many. */
  redirects: 4,
  notifications: 4,
  /** RFC 5229 §6 wants 128 at least. */
  variables: 128,
  includes: 30,
  /** RFC 6609 §3.2: scripts within one another, the first one counted. */
  includeDepth: 10,
  /** UTF-16 units of one argument once variables stand in it. */
  stringLength: 262_144,
  /** UTF-16 units of a key of `:contains` and `:matches`: a look for it takes time by both lengths, at worst. */
  patternLength: 2048,
  /** Header fields that are added. */
  edits: 64,
  /** Tests that ask whether a letter was seen before. */
  duplicates: 16,
  flags: 64,
  /** Questions to mailboxes and lists. */
  lookups: 64,
} as const

export type Limits = Record<keyof typeof LIMITS, number>

/** RFC 5229 §6: what is longer is cut and no error. UTF-16 units. */
export const VARIABLE_LENGTH = 4000

/** UTF-16 units of one header field that are looked at. */
export const FIELD_LENGTH = 65_536

/** UTF-16 units of one value that wildcards and regular expressions look at. */
export const MATCHED_LENGTH = 65_536

/** Bytes of bodies, as they stand in the letter, that are decoded, all parts of a letter together. */
export const BODY_BYTES = 1_048_576

/** Steps of the trace. */
export const TRACE_STEPS = 2000
