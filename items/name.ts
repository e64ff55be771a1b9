import { Refusal } from '#system'

/** Octets of a folder's name in UTF-8, as RFC 8621 §2 asks servers to allow at least 255. */
export const NAME_BYTES = 255

/**
 * A name that somebody gives, as it is kept: NFC, so that it is found however it was typed.
 * @param mostBytes  octets in UTF-8
 * @throws Refusal 'invalid' for what is empty, too long or has control characters (RFC 5198 §2)
 */
export function checkName(name: string, mostBytes: number): string {
  const kept = name.normalize('NFC')
  const isBad =
    kept.trim() === '' ||
    Buffer.byteLength(kept) > mostBytes ||
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(kept) ||
    !kept.isWellFormed()
  if (isBad) throw new Refusal('invalid', { fields: ['name'] })
  return kept
}
