import { fragment as f, type Fragment, type OpenAccount } from '#storage'
import { BLOCK, sealWords } from './hashes.ts'

/**
 * Which words follow one another in an item, as a Bloom filter: three bits for each pair, of five in the filter. A phrase
 * whose words all stand in an item, but apart, is thereby passed over without opening it, but for about one in ten.
 */
const BITS_PER_PAIR = 5

/** Bytes of the smallest filter: what is in a short item must not be told by its size. */
const FEWEST_BYTES = 8

/** Stands in the place of a field. */
const PAIR = 0x10

/** What each word gives to the pairs that it is in, two numbers: keyed, so that nobody else can make a pair's bits. */
function sharesOf(account: OpenAccount, words: readonly string[]): Uint32Array {
  const sealed = sealWords(
    account,
    words.map((word) => ({ field: PAIR, word })),
  )
  const shares = new Uint32Array(words.length * 2)
  for (let index = 0; index < words.length; index++) {
    shares[2 * index] = sealed.readUInt32BE(index * BLOCK)
    shares[2 * index + 1] = sealed.readUInt32BE(index * BLOCK + 4)
  }
  return shares
}

/** Numbers of a pair, in this order of its words, by their places in `shares`: each names a bit. */
const NUMBERS = 3
function numberOf(shares: Uint32Array, first: number, second: number, which: number): number {
  const begin = (shares[2 * first] as number) + (shares[2 * second + 1] as number)
  const step = (shares[2 * first + 1] as number) ^ (shares[2 * second] as number)
  return (begin + Math.imul(step, which)) >>> 0
}

/** @param sequence  the words of an item in all their forms, one after the other; nothing where one text ends */
export function pairFilter(account: OpenAccount, sequence: readonly (readonly string[])[]): Buffer {
  const places = new Map<string, number>()
  for (const forms of sequence) for (const form of forms) if (!places.has(form)) places.set(form, places.size)
  const shares = sharesOf(account, [...places.keys()])
  const filter = Buffer.alloc(Math.max(FEWEST_BYTES, Math.ceil((sequence.length * BITS_PER_PAIR) / 8)))
  const bits = filter.length * 8
  let before: number[] = []
  for (const forms of sequence) {
    const here = forms.map((form) => places.get(form) as number)
    for (const first of before)
      for (const second of here)
        for (let which = 0; which < NUMBERS; which++) {
          const bit = numberOf(shares, first, second, which) % bits
          filter[bit >> 3] = (filter[bit >> 3] as number) | (1 << (bit & 7))
        }
    before = here
  }
  return filter
}

/** The numbers of two words that follow one another. */
export function pairNumbers(account: OpenAccount, first: string, second: string): number[] {
  const shares = sharesOf(account, [first, second])
  return Array.from({ length: NUMBERS }, (_, which) => numberOf(shares, 0, 1, which))
}

/** The condition on a row `w` of item_words that a pair may be in its item. PostgreSQL counts the bits of a byte as we do. */
export const mayHavePair = (numbers: readonly number[]): Fragment =>
  numbers
    .map((number) => f`get_bit(w.pairs, ${number}::bigint % (octet_length(w.pairs) * 8)) = 1`)
    .reduce((all, one) => f`${all} and ${one}`)
