import { createHmac, hash, pbkdf2, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

/** What a server keeps of a password for SCRAM-SHA-256 (RFC 5802 §3, RFC 7677): it proves the password and does not tell it. */
export interface ScramKeys {
  storedKey: Buffer
  serverKey: Buffer
}

/** Of every key, proof and signature. */
export const SCRAM_BYTES = 32

const derive = promisify(pbkdf2)

const hmac = (key: Uint8Array, message: Uint8Array | string): Buffer =>
  createHmac('sha256', key).update(message).digest()

/** RFC 5802 §3: StoredKey := H(HMAC(SaltedPassword, "Client Key")), ServerKey := HMAC(SaltedPassword, "Server Key"). */
export async function scramKeys(password: string, salt: Uint8Array, iterations: number): Promise<ScramKeys> {
  const salted = await derive(password, salt, iterations, SCRAM_BYTES, 'sha256')
  return {
    storedKey: hash('sha256', hmac(salted, 'Client Key'), 'buffer'),
    serverKey: hmac(salted, 'Server Key'),
  }
}

/**
 * Whether a ClientProof was made with the password. RFC 5802 §3: ClientProof := ClientKey XOR
 * HMAC(StoredKey, AuthMessage), and H(ClientKey) is what was stored.
 * @param proof  of SCRAM_BYTES
 */
export function fitsProof({ storedKey }: ScramKeys, proof: Uint8Array, authMessage: string): boolean {
  const clientKey = hmac(storedKey, authMessage).map((byte, i) => byte ^ (proof[i] as number))
  return timingSafeEqual(hash('sha256', clientKey, 'buffer'), storedKey)
}

/** By which the server shows that it knows the password too. RFC 5802 §3: HMAC(ServerKey, AuthMessage). */
export const serverSignature = ({ serverKey }: ScramKeys, authMessage: string): Buffer => hmac(serverKey, authMessage)
