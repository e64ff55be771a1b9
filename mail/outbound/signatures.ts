import { openDkimKeys } from '#accounts'
import { openSigning } from '#mail/signing'
import { nowMs, type Log } from '#system'
import type { Storage } from '#storage'

/** A letter as it leaves: `sevenBit` for servers that take nothing else (`seven-bit.ts`), whose signatures are others. */
export type Form = 'asItIs' | 'sevenBit'

/** The signatures of letters that leave, each made once for all servers that are given it. */
export interface Signatures {
  /**
   * @param domain  whose keys sign it
   * @returns fields for the top of the letter; '' where none of the domain's keys signs
   * @throws Refusal 'unavailable'
   */
  of(letterId: number, domain: string, form: Form, content: () => AsyncIterable<Buffer>): Promise<string>
  close(): Promise<void>
}

/** A letter to many places leaves to all of them within this time; what waits longer is signed anew, with a new time. */
const KEPT_MS = 60_000
const MOST_KEPT = 1000

export function openSignatures(storage: Storage, log: Log): Signatures {
  const keys = openDkimKeys(storage)
  const signing = openSigning(log)
  const kept = new Map<string, { fields: Promise<string>; until: number }>()

  const make = async (domain: string, content: () => AsyncIterable<Buffer>): Promise<string> => {
    const using = await keys.of(domain)
    return using.length === 0 ? '' : signing.sign(content(), using)
  }

  return {
    of(letterId, domain, form, content) {
      const name = `${letterId}/${form}`
      const known = kept.get(name)
      if (known !== undefined && known.until > nowMs()) return known.fields
      const fields = make(domain, content)
      kept.delete(name)
      kept.set(name, { fields, until: nowMs() + KEPT_MS })
      fields.catch(() => kept.delete(name))
      if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value as string)
      return fields
    },
    close: () => signing.close(),
  }
}
