/**
 * The desk's listener: HTTPS on an address of its own, for this machine alone unless the settings say otherwise. It has a cookie, asks
 * the app's part for everything else, and knows nothing by itself. Its pages are those of web/desk.
 */
export { startDesk, type DeskOptions, type RunningDesk } from './start.ts'
export type { Attempt, DeskPage, DeskPages, Next, Visit } from './visit.ts'
