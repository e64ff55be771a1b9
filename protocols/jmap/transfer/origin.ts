import { domainToASCII } from 'node:url'
import { isIP } from 'node:net'
import { z } from 'zod'
import { SECURITIES } from '#transfer'

/** What a person says of their account at another provider. */
export const givenOrigin = {
  host: z
    .string()
    .max(253)
    .regex(/^[\p{L}\p{M}\p{N}._:-]+$/u, 'not a host')
    .transform((host) => (isIP(host) === 0 ? domainToASCII(host) : host))
    .refine((host) => /^[a-z0-9_.:-]{1,253}$/.test(host), 'not a host'),
  port: z.int().min(1).max(65_535),
  security: z.enum(SECURITIES),
  user: said(255),
  password: said(1024),
}

/** What goes into a command of IMAP or POP3: one line, and something. */
function said(most: number): z.ZodString {
  return z
    .string()
    .min(1)
    .max(most)
    .regex(/^\P{Cc}+$/u, 'not one line')
}
