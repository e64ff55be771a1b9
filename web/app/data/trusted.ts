import type { Id } from '../jmap/types.ts'
import { Collection } from './collection.svelte.ts'

/** Senders whose letters show their remote pictures without being asked. */
export const trusted = new Collection('TrustedSender')

/** @throws Failure 'declined' */
export async function trust(address: string): Promise<void> {
  await trusted.load()
  if (trustedId(address) === undefined) await trusted.create({ address })
}

/** @throws Failure 'declined' */
export async function distrust(address: string): Promise<void> {
  await trusted.load()
  const id = trustedId(address)
  if (id !== undefined) await trusted.destroy(id)
}

/** The entry of exactly this address. */
export function trustedId(address: string): Id | undefined {
  const wanted = address.toLowerCase()
  for (const one of trusted.all.values()) if (one.address.toLowerCase() === wanted) return one.id
  return undefined
}
