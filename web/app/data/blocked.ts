import type { Id } from '../jmap/types.ts'
import { Collection } from './collection.svelte.ts'

/** Senders whose letters go to the unwanted ones when they come. */
export const blocked = new Collection('BlockedSender')

/** Blocks an address, or all of a domain written as "@example.org". @throws Failure 'declined' */
export async function block(address: string): Promise<void> {
  await blocked.load()
  if (blockedId(address) === undefined) await blocked.create({ address })
}

/** @throws Failure 'declined' */
export async function unblock(address: string): Promise<void> {
  await blocked.load()
  const id = blockedId(address)
  if (id !== undefined) await blocked.destroy(id)
}

/** The entry of exactly this address. */
export function blockedId(address: string): Id | undefined {
  const wanted = address.toLowerCase()
  for (const one of blocked.all.values()) if (one.address.toLowerCase() === wanted) return one.id
  return undefined
}
