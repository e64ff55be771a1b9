import { z } from 'zod'
import { AUTHORITIES, type RequestKind } from '#policy'

/** What can be asked for. Of the last two there is nothing that could be given: no code exists for it. */
export const ASKED = ['addresses', 'created', 'external', 'signIns', 'journal', 'content', 'interception'] as const
export type Asked = (typeof ASKED)[number]

/** Of those, what a release can have. */
export const RELEASABLE = ['addresses', 'created', 'external', 'signIns', 'journal'] as const satisfies readonly Asked[]
export type Releasable = (typeof RELEASABLE)[number]

/** What an order to preserve can name. */
export const PRESERVABLE = ['deleted', 'account', 'journal'] as const
export type Preservable = (typeof PRESERVABLE)[number]

export const CHANNELS = ['post', 'mail', 'portal', 'hand', 'telephone'] as const

/** Bytes of a scan. */
export const MOST_SCAN = 10 * 1024 * 1024

/** One line that can be printed. */
export const line = (most: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(most)
    .regex(/^\P{C}+$/u)

const date = z.iso.datetime()

/** A request as it came: what it says, never what it means. */
export const Intake = z
  .strictObject({
    authority: line(200),
    country: z.string().regex(/^[A-Z]{2}$/),
    kind: z.enum(AUTHORITIES),
    /** What it is based on: the id of a provision of the policy's table; null when it names none of them. */
    basis: line(40).nullable(),
    /** What it names, in its own words. */
    basisNamed: z.string().trim().max(500).default(''),
    reference: line(100),
    channel: z.enum(CHANNELS),
    receivedAt: date.optional(),
    answerBy: date,
    wants: z.enum(['data', 'preservation']),
    fields: z.array(z.enum(ASKED)).max(ASKED.length).default([]),
    accounts: z.array(line(320)).min(1).max(20),
    from: date.nullable().default(null),
    to: date.nullable().default(null),
    preserves: z.array(z.enum(PRESERVABLE)).max(PRESERVABLE.length).default([]),
    preserveUntil: date.nullable().default(null),
    /** Until then the order forbids that the person hears of it. */
    silentUntil: date.nullable().default(null),
    /** OpenPGP, armored. */
    key: z.string().max(100_000).nullable().default(null),
    replyTo: z.email().max(320).nullable().default(null),
    language: z.enum(['de', 'fr', 'nl', 'en']),
    scan: z
      .strictObject({
        name: line(100),
        type: z.string().regex(/^(?:application\/pdf|image\/(?:jpeg|png|tiff))$/),
        bytes: z.base64url().max(Math.ceil((MOST_SCAN * 4) / 3)),
      })
      .nullable()
      .default(null),
  })
  .refine(({ wants, fields }) => wants === 'preservation' || fields.length > 0, { path: ['fields'] })
  .refine(
    ({ wants, preserves, preserveUntil }) => wants === 'data' || (preserves.length > 0 && preserveUntil !== null),
    {
      path: ['preserves'],
    },
  )
  .refine(({ from, to }) => from === null || to === null || from <= to, { path: ['to'] })
export type Intake = z.output<typeof Intake>

/** What the register keeps of it, sealed: the scan is a file of its own. */
export type KeptIntake = Omit<Intake, 'scan'>

/** Of which kind a request is follows from what it asks for. */
export function requestKind({ wants, fields }: Pick<Intake, 'wants' | 'fields'>): RequestKind {
  if (wants === 'preservation') return 'preservation'
  const releasable = fields.filter(isReleasable)
  if (releasable.length === 0) return 'content'
  return releasable.some((field) => field === 'signIns' || field === 'journal') ? 'traffic' : 'identification'
}

export const isReleasable = (field: Asked): field is Releasable => (RELEASABLE as readonly Asked[]).includes(field)
