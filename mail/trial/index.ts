/** What a script would have made of the letters that are here. Nothing is done by it, and nothing remembered. */
export { MOST_TRIED, tryScript, type TriedAction, type TriedFault, type TriedLetter, type Trial } from './try.ts'
