import { fragment as f, type Fragment, type OpenAccount } from '#storage'
import { hashPairs } from './hashes.ts'

/**
 * Which words follow one another in an item, as a Bloom filter: three bits for each pair, of five in the filter. A phrase
 * whose words all stand in an item, but apart, is thereby passed over without opening it, but for about one in ten.
 */
const BITS_PER_PAIR = 5

/** Bytes of the smallest filter: what is in a short item must not be told by its size. */
const FEWEST_BYTES = 8

export function pairFilter(account: OpenAccount, pairs: ReadonlySet<string>): Buffer {
  const filter = Buffer.alloc(Math.max(FEWEST_BYTES, Math.ceil((pairs.size * BITS_PER_PAIR) / 8)))
  const bits = filter.length * 8
  for (const hashes of hashPairs(account, [...pairs]))
    for (const hash of hashes) {
      const bit = hash % bits
      filter[bit >> 3] = (filter[bit >> 3] as number) | (1 << (bit & 7))
    }
  return filter
}

/** The condition on a row `w` of item_words that a pair may be in its item. PostgreSQL counts the bits of a byte as we do. */
export const mayHavePair = (hashes: readonly number[]): Fragment =>
  hashes
    .map((hash) => f`get_bit(w.pairs, ${hash}::bigint % (octet_length(w.pairs) * 8)) = 1`)
    .reduce((all, one) => f`${all} and ${one}`)
