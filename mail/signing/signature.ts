import { createHash, sign, type KeyObject } from 'node:crypto'
import type { SigningKey } from '#accounts'
import { relaxedField, type HeaderField } from './header.ts'

/** For how long a signature is good: longer than any server tries to pass a letter on (RFC 5321 §4.5.4.1), and no longer, so that what
 * somebody was sent is not sent on in our name for years (RFC 6376 §8.6). */
export const GOOD_FOR_DAYS = 7

/** What is signed of a letter. */
export interface Signable {
  names: readonly string[]
  present: readonly HeaderField[]
  bodyHash: string
  /** Seconds since 1970. */
  time: number
}

/** A line of a header that every reader takes (RFC 5322 §2.1.1). */
const LINE = 76

/** DKIM-Signature with its line end. RFC 6376 §3.5, RFC 8463 §3. No `l=`: what is put behind the body would be covered by our name. */
export function signature(key: SigningKey, signable: Signable): string {
  const times = ` t=${signable.time}; x=${signable.time + GOOD_FOR_DAYS * 86_400};`
  return letterSignature('DKIM-Signature', key, signable, 'v=1', times)
}

/** A field that signs fields and body of a letter. @param first, times  its tags that are not the same in each */
export function letterSignature(
  name: string,
  key: SigningKey,
  { names, present, bodyHash }: Signable,
  first: string,
  times: string,
): string {
  const { domain, selector, algorithm } = key
  const unsigned = [
    ` ${first}; a=${algorithm}-sha256; c=relaxed/relaxed; d=${domain};`,
    ` s=${selector};${times}`,
    ...folded(names),
    ` bh=${bodyHash};`,
    ' b=',
  ].join('\r\n')
  return signedField(name, unsigned, present, key)
}

/**
 * A field that ends with what the key makes of others and of itself.
 * @param unsigned  its value up to and with `b=`
 * @returns it with its line end
 */
export function signedField(
  name: string,
  unsigned: string,
  present: readonly HeaderField[],
  { algorithm, key }: Pick<SigningKey, 'algorithm' | 'key'>,
): string {
  const signed = [...present, { name, value: unsigned }].map((field) => relaxedField(field.name, field.value))
  const value = SIGN[algorithm](Buffer.from(signed.join('\r\n'), 'latin1'), key).toString('base64')
  return `${name}:${unsigned}${(value.match(/.{1,70}/g) ?? []).join('\r\n  ')}\r\n`
}

const SIGN: Record<SigningKey['algorithm'], (bytes: Buffer, key: KeyObject) => Buffer> = {
  rsa: (bytes, key) => sign('sha256', bytes, key),
  // RFC 8463 §3: the hash is what is signed.
  ed25519: (bytes, key) => sign(null, createHash('sha256').update(bytes).digest(), key),
}

/** The names of fields, a line break where one is due. */
function folded(names: readonly string[]): string[] {
  const lines: string[] = []
  let line = ' h='
  for (const [i, name] of names.entries()) {
    const part = `${name}${i === names.length - 1 ? ';' : ':'}`
    if (line.length + part.length > LINE) {
      lines.push(line)
      line = '  '
    }
    line += part
  }
  return [...lines, line]
}
