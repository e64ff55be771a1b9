/** IMAP: a face of the store for mail programs. */
export { startImap, type RunningImap } from './start.ts'
