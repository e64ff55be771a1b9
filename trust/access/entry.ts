import { z } from 'zod'
import { PURPOSES, STAFF_ROLES } from '#policy'

/** What a look at a person's data was for, and for which ticket, case, payment or incident. */
export interface AccessReason {
  purpose: (typeof PURPOSES)[number]
  reference: string
}

/** What of a person's data somebody can look at. Their words are with the faces. */
export const FIELDS = [
  'addresses',
  'state',
  'created',
  'stops',
  'secondFactor',
  'suspension',
  'appeal',
  'complaints',
  'deliveries',
  'settings',
  'senders',
  'external',
  'signIns',
  'journal',
  'imported',
  'exported',
] as const
export type Field = (typeof FIELDS)[number]

/** Who looked: somebody at the machine, who is not told apart by name there, or one of the staff, by the role they had in it. */
export const BY = ['commandLine', ...STAFF_ROLES] as const

const MOST_REFERENCE = 100

export const Reason = z.object({
  purpose: z.enum(PURPOSES),
  // One line that can be printed.
  reference: z
    .string()
    .trim()
    .min(1)
    .max(MOST_REFERENCE)
    .regex(/^\P{C}+$/u),
})

/** One look, as the person concerned reads it. */
export const Entry = z.object({
  at: z.iso.datetime(),
  by: z.enum(BY),
  /** Which of the staff: a number, so that the service can tell who it was and the person can tell two looks apart. */
  staff: z.number().int().positive().optional(),
  purpose: z.enum(PURPOSES),
  reference: z.string(),
  fields: z.array(z.enum(FIELDS)),
})
export type Entry = z.infer<typeof Entry>
