/**
 * The desk's pages in German, French, Dutch and English, rendered by the server and usable without JavaScript (but for passkeys).
 * `protocols/desk` is handed them. They know nothing but what an act gives.
 */
export { deskPages } from './desk.ts'
