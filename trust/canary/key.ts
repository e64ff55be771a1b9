import {
  argon2,
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  generateKeyPairSync,
  randomBytes,
  type KeyObject,
} from 'node:crypto'
import { promisify } from 'node:util'
import { z } from 'zod'
import { Refusal } from '#system'
import { publicKeyFrom } from './signatures.ts'

const derive = promisify(argon2)

/** What RFC 9106 §4 recommends where memory is scarce: 64 MiB, 3 passes, 4 lanes. A key is opened once in two weeks. */
const COST = { memory: 64 * 1024, passes: 3, parallelism: 4 }

const base64url = z
  .string()
  .max(200)
  .regex(/^[A-Za-z0-9_-]+$/)

/** A keyholder's key as it lies in its file: the private half sealed by a passphrase (argon2id, AES-256-GCM). */
const KeyFile = z.strictObject({
  kind: z.literal("zegel keyholder's key"),
  version: z.literal(1),
  public: base64url.length(43),
  argon2id: z.strictObject({
    salt: base64url,
    memory: z
      .int()
      .min(8)
      .max(1024 * 1024),
    passes: z.int().min(1).max(20),
    parallelism: z.int().min(1).max(16),
  }),
  nonce: base64url,
  sealed: base64url,
})

export type KeyFile = z.output<typeof KeyFile>

export const LEAST_PASSPHRASE = 12

export interface KeyholdersKey {
  /** The public half, 32 bytes in base64url. */
  x: string
  privateKey: KeyObject
}

/** Makes a keyholder's key and seals its private half. @throws Refusal 'invalid' for a passphrase that is too short */
export async function makeKey(passphrase: string): Promise<KeyFile> {
  if (passphrase.length < LEAST_PASSPHRASE)
    throw new Refusal('invalid', { fields: [`The passphrase needs ${LEAST_PASSPHRASE} characters at least.`] })
  const { x, d } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }) as { x: string; d: string }
  const salt = randomBytes(16)
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', await sealingKey(passphrase, salt, COST), nonce).setAAD(Buffer.from(x))
  const sealed = Buffer.concat([cipher.update(Buffer.from(d, 'base64url')), cipher.final(), cipher.getAuthTag()])
  return {
    kind: "zegel keyholder's key",
    version: 1,
    public: x,
    argon2id: { salt: salt.toString('base64url'), ...COST },
    nonce: nonce.toString('base64url'),
    sealed: sealed.toString('base64url'),
  }
}

/** @throws Refusal 'invalid' for what is no such file */
export function readKeyFile(text: string): KeyFile {
  try {
    return KeyFile.parse(JSON.parse(text.slice(0, 4096)))
  } catch (error) {
    throw new Refusal('invalid', { cause: error, fields: ['This is no key as "zegel canary key" makes it.'] })
  }
}

/** @throws Refusal 'invalid' for another passphrase, or a file that was changed */
export async function openKey(file: KeyFile, passphrase: string): Promise<KeyholdersKey> {
  const { public: x, argon2id, nonce, sealed } = file
  const key = await sealingKey(passphrase, Buffer.from(argon2id.salt, 'base64url'), argon2id)
  const bytes = Buffer.from(sealed, 'base64url')
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(nonce, 'base64url'), { authTagLength: 16 })
    decipher.setAAD(Buffer.from(x)).setAuthTag(bytes.subarray(-16))
    const d = Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]).toString('base64url')
    publicKeyFrom(x)
    return { x, privateKey: createPrivateKey({ key: { kty: 'OKP', crv: 'Ed25519', x, d }, format: 'jwk' }) }
  } catch (error) {
    throw new Refusal('invalid', { cause: error, fields: ['The passphrase does not open this key.'] })
  }
}

const sealingKey = (passphrase: string, nonce: Buffer, { memory, passes, parallelism }: typeof COST): Promise<Buffer> =>
  derive('argon2id', {
    // The same words typed on another keyboard may come in another normal form (RFC 8265 §4.2.2).
    message: Buffer.from(passphrase.normalize('NFC')),
    nonce,
    tagLength: 32,
    memory,
    passes,
    parallelism,
  })
