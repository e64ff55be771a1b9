import { sha256 } from '@noble/hashes/sha2.js'

/** How far the chain went on a day, as the server has published it. */
export interface Head {
  day: string
  number: number
  hash: string
}

/** A look that the person was shown: salt (base64url) and the text of which the chain has the digest. */
export interface Shown {
  number: number
  salt: string
  text: string
}

/** How far this browser has seen the chain before. */
export interface Seen {
  number: number
  hash: string
}

/** `entry`: a look is not in it as it is shown. `head`: it is not what was published of a day. `seen`: not what this browser has seen. */
export type Verdict =
  | { holds: true; links: number; hash: string; since: string | undefined }
  | { holds: false; why: 'entry' | 'head' | 'seen'; number: number }

const HASH_BYTES = 32

/** All digests from the first link on. @param ask  gives those from a number on, as many as fit one answer; none after the last */
export async function readDigests(ask: (from: number) => Promise<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  let size = 0
  for (;;) {
    const piece = await ask(size / HASH_BYTES + 1)
    const whole = piece.length - (piece.length % HASH_BYTES)
    if (whole === 0) break
    pieces.push(piece.subarray(0, whole))
    size += whole
  }
  const all = new Uint8Array(size)
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.length
  }
  return all
}

/**
 * Computes the chain of looks at people's data anew, as docs/access-log.md describes it, and compares it with what is known of it.
 * @param digests  of all links from the first on, one after the other
 */
export function verifyChain(
  digests: Uint8Array,
  { heads, shown, seen }: { heads: readonly Head[]; shown: readonly Shown[]; seen: Seen | undefined },
): Verdict {
  const links = Math.floor(digests.length / HASH_BYTES)
  const digestAt = (number: number): Uint8Array => digests.subarray((number - 1) * HASH_BYTES, number * HASH_BYTES)
  for (const { number, salt, text } of shown) {
    const digest = sha256.create().update(fromBase64(salt)).update(new TextEncoder().encode(text)).digest()
    if (toBase64(digest) !== toBase64(digestAt(number))) return { holds: false, why: 'entry', number }
  }
  const wanted = new Map<number, { why: 'head' | 'seen'; hash: string }[]>()
  const want = (why: 'head' | 'seen', { number, hash }: Seen): void => {
    if (number > 0) wanted.set(number, [...(wanted.get(number) ?? []), { why, hash }])
  }
  for (const head of heads) want('head', head)
  if (seen !== undefined) want('seen', seen)

  // The hash before, the number in 8 bytes, the digest.
  const link = new Uint8Array(HASH_BYTES + 8 + HASH_BYTES)
  const view = new DataView(link.buffer)
  for (let number = 1; number <= links; number++) {
    view.setBigUint64(HASH_BYTES, BigInt(number))
    link.set(digestAt(number), HASH_BYTES + 8)
    const hash = sha256(link)
    link.set(hash)
    const expected = wanted.get(number)
    if (expected === undefined) continue
    const wrong = expected.find((one) => one.hash !== toBase64(hash))
    if (wrong !== undefined) return { holds: false, why: wrong.why, number }
    wanted.delete(number)
  }
  // What was known further on is no more there.
  for (const [number, [first]] of wanted) if (first !== undefined) return { holds: false, why: first.why, number }
  return { holds: true, links, hash: toBase64(link.subarray(0, HASH_BYTES)), since: heads.at(-1)?.day }
}

const toBase64 = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')

function fromBase64(text: string): Uint8Array {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(binary, (character) => character.charCodeAt(0))
}
