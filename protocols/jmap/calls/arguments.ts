import { z } from 'zod'

/** The types of RFC 8620 §1.2 to §1.4 as arguments. Where null is allowed, a left-out argument is null (§3.5). */

/** 1 to 255 of A-Z, a-z, 0-9, "-" and "_". */
export const id = z.string().regex(/^[\w-]{1,255}$/, 'not an Id')

/** An id, or the creation id of something created earlier in the request, after a "#". */
export const idOrCreationId = z.string().regex(/^#?[\w-]{1,255}$/, 'not an Id')

export const unsignedInt = z.int('not an UnsignedInt').min(0, 'not an UnsignedInt')

export const int = z.int('not an Int')

/** RFC 3339 in UTC, upper-case letters; gives a Date. */
export const utcDate = z
  .string()
  .regex(/^\d{4}-(?:0\d|1[0-2])-[0-3]\dT[0-2]\d:[0-5]\d:[0-6]\d(?:\.\d+)?Z$/, 'not a UTCDate')
  .transform((text) => new Date(text))
  .refine((date) => !Number.isNaN(date.getTime()), 'not a UTCDate')

/** A value, or null, which also stands for nothing at all. */
export const orNull = <T extends z.ZodType>(type: T) => type.nullish().transform((value) => value ?? null)

/** An object of any properties, to be checked later. */
export const object = z.record(z.string(), z.unknown())

export const state = z.string().max(255)

/** Text that goes into a header or a list: no line ends, no other control characters. */
export const line = (most: number) =>
  z
    .string()
    .max(most)
    .regex(/^\P{Cc}*$/u, 'not one line')
