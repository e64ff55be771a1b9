import { z } from 'zod'
import { count } from './fields.ts'

/** Certificates. */
export const tls = {
  tls: z
    .strictObject({
      certificate: z.string().optional(),
      key: z.string().optional(),
      /** Whoever issues the certificates, as CAA names them (RFC 8659 §4.2), and the account there (RFC 8657 §3). */
      issuer: z.hostname().toLowerCase().optional(),
      issuerAccount: z.url().max(500).optional(),
      /** Certificates from an authority, which renew themselves (RFC 8555). */
      acme: z
        .strictObject({
          /** Where the authority begins. */
          directory: z
            .string()
            .max(500)
            .refine((text) => URL.parse(text)?.protocol === 'https:', 'wanted is https://…')
            .default('https://acme-v02.api.letsencrypt.org/directory'),
          /** Whether the operator agrees to the authority's terms. */
          termsAgreed: z.literal(true, 'read the terms of the authority, and agree to them with true'),
          /** Where the authority may write to. */
          contact: z.email().max(254).optional(),
          /** Of authorities that want to know whose customer one is (RFC 8555 §7.3.4): the key's id, and a file with the key in base64url. */
          binding: z
            .strictObject({ keyId: z.string().min(1).max(500), keyFile: z.string().startsWith('/').max(4096) })
            .optional(),
          /** PEM file of an authority to believe in place of the usual ones, when it is asked. */
          authority: z.string().startsWith('/').max(4096).optional(),
          /** After how many days of use a key makes way for the next, when the certificate is renewed. */
          keyDays: count.min(1).max(3650).default(180),
        })
        .optional(),
    })
    .refine((tls) => (tls.certificate === undefined) === (tls.key === undefined), 'certificate and key belong together')
    .refine((tls) => tls.certificate === undefined || tls.acme === undefined, 'certificate and acme exclude each other')
    .prefault({}),
}
