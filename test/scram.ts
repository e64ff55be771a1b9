import assert from 'node:assert/strict'
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto'

const base64 = (text: string | Buffer): string => Buffer.from(text).toString('base64')
const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

/** What a client says otherwise than it should. */
export interface ScramChanges {
  name?: string
  gs2?: string
  nonce?: (server: string) => string
  binding?: string
  proof?: Buffer
}

/** An exchange of SCRAM-SHA-256 as a client leads it (RFC 5802 §3), in base64 whatever protocol carries it. */
export interface ScramClient {
  first: string
  /** The answer to the server's first message. */
  final(serverFirst: string): string
  /** Whether the server's final message proves that it knows the password. */
  isProof(serverFinal: string): boolean
}

export function scramClient(address: string, password: string, changes: ScramChanges = {}): ScramClient {
  const { name = address, gs2 = 'n,,', nonce = (given) => given } = changes
  const bare = `n=${name},r=fyko+d2lbbFgONRv9qkxdawL`
  const decoded = (text: string): string => Buffer.from(text, 'base64').toString()
  let serverSignature = ''
  return {
    first: base64(`${gs2}${bare}`),
    final(serverFirst) {
      const first = decoded(serverFirst)
      const [, serverNonce = '', salt = '', rounds = ''] = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(first) ?? []
      assert.ok(serverNonce.startsWith('fyko+d2lbbFgONRv9qkxdawL') && serverNonce.length > 40)
      const salted = pbkdf2Sync(password, Buffer.from(salt, 'base64'), Number(rounds), 32, 'sha256')
      const clientKey = hmac(salted, 'Client Key')
      const final = `c=${changes.binding ?? base64(gs2)},r=${nonce(serverNonce)}`
      const message = `${bare},${first},${final}`
      const signature = hmac(createHash('sha256').update(clientKey).digest(), message)
      const proof = changes.proof ?? Buffer.from(clientKey.map((byte, i) => byte ^ (signature[i] as number)))
      serverSignature = hmac(hmac(salted, 'Server Key'), message).toString('base64')
      return base64(`${final},p=${proof.toString('base64')}`)
    },
    isProof: (serverFinal) => decoded(serverFinal) === `v=${serverSignature}`,
  }
}
