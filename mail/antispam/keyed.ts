import { createCipheriv, createSecretKey, type KeyObject } from 'node:crypto'
import type { OpenAccount } from '#storage'

const BLOCK = 16

const keys = new WeakMap<OpenAccount, KeyObject>()

function keyOf(account: OpenAccount): KeyObject {
  let key = keys.get(account)
  if (key === undefined)
    keys.set(account, (key = createSecretKey(account.lookupKey('antispam', 'features').subarray(0, BLOCK))))
  return key
}

/**
 * Features as an account keeps them, in their order: each is one block under a cipher with the account's key, of which 32 bits are kept. The same
 * word is another number in every account. One pass over all (as in the index: a keyed hash of each would take a hundred times as long).
 */
export function keyedFeatures(account: OpenAccount, features: Uint32Array): Uint32Array {
  const blocks = Buffer.alloc(features.length * BLOCK)
  features.forEach((feature, at) => blocks.writeUInt32LE(feature, at * BLOCK))
  const sealed = createCipheriv('aes-128-ecb', keyOf(account), null).setAutoPadding(false).update(blocks)
  return Uint32Array.from(features, (_feature, at) => sealed.readUInt32LE(at * BLOCK))
}
