import { z } from 'zod'
import type { Statement } from './statement.ts'

/** A receipt as its owner gets it: the signed statement, and what ties it to the address. */
export interface ReceiptFile {
  about: string
  statement: Statement
  signature: { algorithm: 'Ed25519'; key: string; value: string }
  /** The account's, and the salt: with them the statement's subject is found again. Not kept by the server. */
  address: string
  salt: string
}

const Scalar = z.union([z.string().max(1000), z.int(), z.null()])

/** As it is read back: the statement with whatever members it came, for they are what was signed; no deeper than ours. */
export const ReadReceipt = z.object({
  statement: z.record(z.string(), z.union([Scalar, z.array(z.record(z.string(), Scalar)).max(100)])),
  signature: z.object({ algorithm: z.literal('Ed25519'), key: z.string(), value: z.string().max(100) }),
  address: z.string().max(320).optional(),
  salt: z.string().max(100).optional(),
})

/** Bytes of a file that is no receipt of ours. */
export const MOST_BYTES = 64 * 1024
