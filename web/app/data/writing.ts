/** What writing needs to know of the person: who letters can be from, templates, and whom one writes to. */
import { connection } from '../jmap/client.svelte.ts'
import type { Identity, MaskedAddress } from '../jmap/types.ts'
import { Collection } from './collection.svelte.ts'

export const identities = new Collection('Identity')
export const templates = new Collection('Template')
/** Addresses that are made for one sender each, and can be switched off. */
class MaskedAddresses extends Collection<'MaskedAddress'> {
  /** Makes one, with its identity. @throws Failure 'declined' */
  async make(given: {
    name: string
    prefix: string | null
    domain: string | null
  }): Promise<MaskedAddress | undefined> {
    await Promise.all([this.load(), identities.load()])
    const id = await this.create(given)
    await identities.sync()
    return this.all.get(id)
  }

  /** The one that an address is, with or without a detail behind "+" (RFC 5233). */
  of(address: string | null | undefined): MaskedAddress | undefined {
    const wanted = address?.toLowerCase().replace(/\+[^@]*@/, '@')
    for (const one of this.all.values()) if (one.email === wanted) return one
    return undefined
  }
}
export const masked = new MaskedAddresses('MaskedAddress')

/** Under which letters are written where nothing says otherwise: the account's first address, and never a masked one before another. */
export function usualIdentity(): Identity | undefined {
  const all = [...identities.all.values()]
  const username = connection.session?.username.toLowerCase()
  return (
    all.find(({ email, mayDelete }) => email === username && !mayDelete) ??
    all.find(({ email }) => masked.of(email) === undefined) ??
    all[0]
  )
}

/** Written down by the server alone. */
export const correspondents = new Collection('Correspondent')
