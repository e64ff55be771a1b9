/** Leaving a list, by what its letters say about it. */
export { unsubscribe, UNSUBSCRIBED, type Unsubscribed } from './unsubscribe.ts'
