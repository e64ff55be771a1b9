/** What writing needs to know of the person: who letters can be from, templates, and whom one writes to. */
import { Collection } from './collection.svelte.ts'

export const identities = new Collection('Identity')
export const templates = new Collection('Template')
/** Written down by the server alone. */
export const correspondents = new Collection('Correspondent')
