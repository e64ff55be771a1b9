import { createCipheriv, createSecretKey, hash, type KeyObject } from 'node:crypto'
import type { OpenAccount } from '#storage'

/** A word in one field of an item. Fields are numbers below 16, given by the kind. */
export interface FieldWord {
  field: number
  word: string
}

export const BLOCK = 16

const keys = new WeakMap<OpenAccount, KeyObject>()

function keyOf(account: OpenAccount): KeyObject {
  let key = keys.get(account)
  if (key === undefined) keys.set(account, (key = createSecretKey(account.lookupKey('index', 'words'))))
  return key
}

/**
 * Keyed hashes of words, the field within them. Each word is one block under a cipher with the account's key, so equal
 * words have equal hashes, which a search needs, and nothing else can be told: AES used as a pseudorandom function, in one
 * pass over all words. A word longer than a block goes in as its SHA-256.
 *
 * 32 bits of each are kept. Of an account that has 200,000 different words in its fields, the chance that a given one shares
 * its hash with another is 1 in 20,000: a search for it would then show some letter too many, and none too few. Longer
 * hashes would make the index larger than it may be (docs/performance.md).
 */
export function hashWords(account: OpenAccount, words: readonly FieldWord[]): number[] {
  const sealed = sealWords(account, words)
  return words.map((_word, index) => sealed.readInt32BE(index * BLOCK))
}

/** A block of the cipher's output for each word, each byte of which is as good as random. */
export function sealWords(account: OpenAccount, words: readonly FieldWord[]): Buffer {
  const blocks = Buffer.alloc(words.length * BLOCK)
  for (const [index, { field, word }] of words.entries()) {
    const at = index * BLOCK
    const length = blocks.write(word, at + 1, BLOCK - 1)
    // What was cut off does not fit: at a block's end, or before a character that would go beyond it.
    const isWhole = word.length < BLOCK && length === Buffer.byteLength(word)
    blocks[at] = isWhole ? field : field | 0x80
    if (!isWhole) hash('sha256', word, 'buffer').copy(blocks, at + 1, 0, BLOCK - 1)
  }
  return createCipheriv('aes-128-ecb', keyOf(account), null).setAutoPadding(false).update(blocks)
}
