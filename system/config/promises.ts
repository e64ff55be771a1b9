import { z } from 'zod'
import { count } from './fields.ts'

/** An origin that is asked through TLS, or on this machine. */
function isStoreUrl(text: string): boolean {
  const url = URL.parse(text)
  if (url === null || (text !== url.origin && text !== `${url.origin}/`)) return false
  return (
    url.protocol === 'https:' || (url.protocol === 'http:' && /^(?:127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname))
  )
}

/** Who runs the service, what it promises, and for how long it keeps what. */
export const promises = {
  /** Who runs the service, for its terms and its privacy policy. */
  operator: z
    .strictObject({
      name: z.string().min(1).max(200).optional(),
      /** How to reach them: a postal address, a mail address. */
      contact: z.string().min(1).max(500).optional(),
      /** Whose law applies: two letters, ISO 3166. */
      country: z
        .string()
        .regex(/^[A-Z]{2}$/, 'wanted are two capital letters')
        .default('BE'),
    })
    .prefault({}),
  policy: z
    .strictObject({
      /** A file of promises in place of those that are shipped (`policy/promises.toml`). */
      promises: z.string().optional(),
      /** Days between the announcement of new promises or texts and the day from which they are in force. */
      noticeDays: count.max(365).default(30),
    })
    .prefault({}),
  /** How long what is recorded about mail and sign-ins is kept, in days. */
  journal: z.strictObject({ days: count.max(3650).default(30) }).prefault({}),
  retention: z
    .strictObject({
      /** How long what was deleted can be brought back, in days. */
      deletedDays: count.max(3650).default(45),
      /** When more than this share of what is deleted, and more than 1,000 things, are due at once, nothing is erased until the operator has looked. */
      brakeShare: z.number().gt(0).max(1).default(0.5),
    })
    .prefault({}),
  /** Backups: made by themselves once a target is named. */
  backup: z
    .strictObject({
      /** A folder, such as a mounted disk, outside the data folder. */
      target: z.string().startsWith('/').max(4096).optional(),
      /** In place of it, a bucket of a store that speaks S3. */
      s3: z
        .strictObject({
          /** Without a path; in clear on this machine only. */
          endpoint: z.string().max(300).refine(isStoreUrl, 'wanted is https://host, or http://127.0.0.1:port'),
          region: z.string().regex(/^[a-z0-9-]{1,64}$/, 'wanted is the name of a region'),
          bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'wanted is the name of a bucket'),
          /** What names begin with there. */
          prefix: z
            .string()
            .regex(/^(?:[\w-][\w.-]{0,99}\/){0,8}$/, 'wanted is a path that ends with /')
            .default(''),
          accessKeyId: z.string().regex(/^[\w.-]{1,128}$/, 'wanted is the id of an access key'),
          /** A file that only its owner may read, with the secret key. */
          secretKeyFile: z.string().startsWith('/').max(4096),
        })
        .optional(),
      /** Between two of them. */
      hours: count.max(168).default(6),
      /** How long one lives. */
      days: count.max(3650).default(14),
    })
    .refine(({ hours, days }) => hours < days * 24, 'the next is made before one ends')
    .refine(({ target, s3 }) => target === undefined || s3 === undefined, 'target and s3 exclude each other')
    .prefault({}),
}
