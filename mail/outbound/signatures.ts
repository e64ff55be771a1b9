import { openDkimKeys } from '#accounts'
import { openSigning, type FoundOnArrival } from '#mail/signing'
import { nowMs, type Config, type Log } from '#system'
import type { Storage } from '#storage'

/** A letter as it leaves: `sevenBit` for servers that take nothing else (`seven-bit.ts`), whose signatures are others. */
export type Form = 'asItIs' | 'sevenBit'

/** The signatures of letters that leave, each made once for all servers that are given it. */
export interface Signatures {
  /**
   * @param letter  the same for the same bytes
   * @returns fields for the top of the letter; '' where none of the domains' keys signs
   * @throws Refusal 'unavailable'
   */
  of(letter: string, by: SignedBy, form: Form, content: () => AsyncIterable<Buffer>): Promise<string>
  close(): Promise<void>
}

/** Domains whose keys sign a letter. */
export interface SignedBy {
  /** As its author's. */
  signedBy?: string | undefined
  /** As the one it was written to and that passes it on, vouching for what was found. */
  sealedBy?: string | undefined
  found?: FoundOnArrival | undefined
}

/** A letter to many places leaves to all of them within this time; what waits longer is signed anew, with a new time. */
const KEPT_MS = 60_000
const MOST_KEPT = 1000

export function openSignatures({ hostname }: Pick<Config, 'hostname'>, storage: Storage, log: Log): Signatures {
  const keys = openDkimKeys(storage)
  const signing = openSigning(log)
  const kept = new Map<string, { fields: Promise<string>; until: number }>()

  const make = async (
    { signedBy, sealedBy, found }: SignedBy,
    content: () => AsyncIterable<Buffer>,
  ): Promise<string> => {
    const using = signedBy === undefined ? [] : await keys.of(signedBy)
    const sealing = sealedBy === undefined || found === undefined ? [] : await keys.of(sealedBy)
    // Hardly anybody verifies a seal by Ed25519.
    const key = sealing.find(({ algorithm }) => algorithm === 'rsa') ?? sealing[0]
    const seal = key === undefined || found === undefined ? undefined : { ...found, key, hostname }
    return using.length === 0 && seal === undefined ? '' : signing.sign(content(), using, seal)
  }

  return {
    of(letter, by, form, content) {
      const name = `${letter}/${form}`
      const known = kept.get(name)
      if (known !== undefined && known.until > nowMs()) return known.fields
      const fields = make(by, content)
      kept.delete(name)
      kept.set(name, { fields, until: nowMs() + KEPT_MS })
      fields.catch(() => kept.delete(name))
      if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value as string)
      return fields
    },
    close: () => signing.close(),
  }
}
