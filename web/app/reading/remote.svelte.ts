import { SvelteSet } from 'svelte/reactivity'
import { settings } from '../data/settings.svelte.ts'
import { trusted } from '../data/senders.ts'
import type { Id } from '../jmap/types.ts'

/** Letters whose remote pictures were asked for; until the page is left. */
export const remoteShown = new SvelteSet<Id>()

/** Whether a letter's remote pictures are loaded. What is taken for unwanted loads none unless they are asked for. */
export function mayLoadRemote(id: Id, sender: string, isJunk: boolean): boolean {
  if (remoteShown.has(id)) return true
  const { remotePictures } = settings
  return !isJunk && (remotePictures === 'always' || (remotePictures === 'ask' && trusted.idOf(sender) !== undefined))
}
