import { SvelteSet } from 'svelte/reactivity'
import { settings } from '../data/settings.svelte.ts'
import type { Id } from '../jmap/types.ts'

/** Letters whose remote pictures were asked for; until the page is left. */
export const remoteShown = new SvelteSet<Id>()

/** Whether a letter's remote pictures are loaded. What is taken for unwanted loads none unless they are asked for. */
export function mayLoadRemote(id: Id, isJunk: boolean): boolean {
  return remoteShown.has(id) || (settings.remotePictures === 'always' && !isJunk)
}
