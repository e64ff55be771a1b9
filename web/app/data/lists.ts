import { Collection } from './collection.svelte.ts'

/** Distribution lists of the account; they change when members or letters that wait do. */
export const lists = new Collection('MailList')
