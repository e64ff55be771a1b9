import type { Id } from '../jmap/types.ts'
import { Collection } from './collection.svelte.ts'

type SenderType = 'BlockedSender' | 'AllowedSender' | 'TrustedSender'

/** Senders of whom the person has decided something, by address; "@example.org" stands for everybody there. */
class SenderList extends Collection<SenderType> {
  /** @throws Failure 'declined' */
  async add(address: string): Promise<void> {
    await this.load()
    if (this.idOf(address) === undefined) await this.create({ address })
  }

  /** @throws Failure 'declined' */
  async remove(address: string): Promise<void> {
    await this.load()
    const id = this.idOf(address)
    if (id !== undefined) await this.destroy(id)
  }

  /** The entry of exactly this address. */
  idOf(address: string): Id | undefined {
    const wanted = address.toLowerCase()
    for (const one of this.all.values()) if (one.address.toLowerCase() === wanted) return one.id
    return undefined
  }

  /** What stands on the list for an address: itself, or its domain. */
  entryFor(address: string): string | undefined {
    const domain = address.slice(address.lastIndexOf('@'))
    return [address, domain].find((one) => one.length > 1 && this.idOf(one) !== undefined)
  }
}

/** Whose letters are refused. */
export const blocked = new SenderList('BlockedSender')
/** Whose letters never go to the unwanted ones. */
export const allowed = new SenderList('AllowedSender')
/** Whose letters show their remote pictures without being asked. */
export const trusted = new SenderList('TrustedSender')

/** The lists of which a sender can be on one alone. */
export const listings = { blocked, allowed }
export type Listing = keyof typeof listings
const other: Record<Listing, Listing> = { blocked: 'allowed', allowed: 'blocked' }

/** Puts a sender on one list and takes them off the other. @returns what undoes it @throws Failure 'declined' */
export async function listSender(on: Listing, address: string): Promise<() => Promise<void>> {
  const [list, opposite] = [listings[on], listings[other[on]]]
  await opposite.load()
  const wasOpposite = opposite.idOf(address) !== undefined
  await list.add(address)
  if (wasOpposite) await opposite.remove(address)
  return async () => {
    if (wasOpposite) await opposite.add(address)
    await list.remove(address)
  }
}
