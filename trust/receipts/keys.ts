import type { Storage } from '#storage'
import { publicKeyOf, signingKey, type PublicKey } from '#trust/signing'

/** By which receipts of this server are verified, as a set (RFC 7517 §5). */
export async function publicKeys({ keys }: Storage): Promise<{ keys: PublicKey[] }> {
  return { keys: [publicKeyOf(signingKey(await keys.serviceKey('receipts')))] }
}
