import { hash } from 'node:crypto'
import { z } from 'zod'
import { canonical } from '#trust/signing'

/**
 * What the keyholders sign, word for word, so that the signed file says it by itself; pages translate it by these names. Whoever
 * signs has read it, so it is changed only together with a reason that can be told to every keyholder.
 */
export const SAYINGS = {
  noSecretOrder:
    'The operator has received no secret order: none that may not be counted in the public report about requests of authorities.',
  noBackDoor:
    'Nobody has made the operator change the program, watch anybody, or copy or divert what anybody keeps here.',
  noKeyHandedOut: 'No key of the service has been handed out, and nobody else has been let into its machines.',
  noKeyholderForced: 'Nobody has forced a keyholder to sign, or kept one from signing.',
} as const

export type Saying = keyof typeof SAYINGS

/** How far a register of the service went: its own published and signed head, carried along so that it cannot be told otherwise later. */
export interface Head {
  day: string
  number: number
  hash: string
}

const time = z.iso.datetime({ precision: 3 })
const digest = z.string().regex(/^[A-Za-z0-9_-]{43}$/)

/** A fresh public value as somebody typed it: a line without control characters, which a terminal would obey. */
export const PublicValue = z
  .string()
  .trim()
  .min(8)
  .max(300)
  .regex(/^\P{C}+$/u)

export const MOST_VALUES = 5

export const Statement = z.strictObject({
  kind: z.literal('zegel canary'),
  version: z.literal(1),
  /** The service that it is about. */
  host: z.string().min(1).max(255),
  /** From 1, each with the hash of the one before, so that none can be left out or put in later. */
  number: z.int().min(1).max(1_000_000),
  /** SHA-256 of the statement before, base64url; null for the first. */
  previous: digest.nullable(),
  /** Up to when it says what it says. */
  date: time,
  /** When it turns stale by itself. */
  goodUntil: time,
  says: z.record(
    z.string().regex(/^[A-Za-z]{1,40}$/),
    z
      .string()
      .min(1)
      .max(500)
      .regex(/^\P{C}+$/u),
  ),
  /** What nobody could have known much earlier: a headline of the day, the hash of a block. */
  values: z.array(PublicValue).min(1).max(MOST_VALUES),
  /** `access`: of the access log; others as there are other registers. */
  heads: z.record(
    z.string().regex(/^[a-z]{1,20}$/),
    z.strictObject({ day: z.iso.date(), number: z.int().min(0), hash: digest }),
  ),
})

export type Statement = z.output<typeof Statement>

/** The bytes that are signed. */
export const signedBytes = (statement: Statement): Buffer => Buffer.from(canonical(statement))

/** By which the next one names this one. */
export const digestOf = (statement: Statement): string => hash('sha256', signedBytes(statement), 'base64url')

/** Whether it says what this program's canary says, no more and no less. */
export const saysAll = ({ says }: Statement): boolean => canonical(says) === canonical(SAYINGS)
